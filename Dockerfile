# vstp-conform as a static program in an image that holds nothing else:
#
#   docker build -t vstp-conform .
#   docker run --rm --network host vstp-conform server --tcp 127.0.0.1:9000
#
# The image has no shell and no interpreter: a target that is to be started (--exec)
# belongs into an image of its own, into which the program is copied
# (COPY --from=vstp-conform /vstp-conform /usr/local/bin/).
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o /vstp-conform ./cmd/vstp-conform

FROM scratch
COPY --from=build /vstp-conform /vstp-conform
USER 65534:65534
ENTRYPOINT ["/vstp-conform"]
