SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --warn-undefined-variables --no-builtin-rules
.DEFAULT_GOAL := help

GO ?= go
ARGS ?=
FUZZTIME ?= 5000x

.PHONY: help
help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | \
	  awk -F ':.*## ' '{ printf "  %-18s %s\n", $$1, $$2 }'

.PHONY: check
check: ## Everything that CI runs (.ci/run)
	@.ci/run

.PHONY: test
test: ## The whole test suite, the run against the reference included
	$(GO) test ./...

.PHONY: race
race: ## The whole test suite under the race detector, in random order
	@.ci/run race

.PHONY: lint
lint: ## Formatting, go vet and staticcheck
	@.ci/run fmt vet lint

.PHONY: fmt
fmt: ## Format every Go file
	$(GO) tool -modfile=tools/go.mod gofumpt -l -w .

.PHONY: generate
generate: ## Write every generated file anew
	$(GO) generate ./...

.PHONY: check-generated
check-generated: ## Fail if a generated file is out of date
	@.ci/run generated

.PHONY: cover
cover: ## Test coverage over all packages, in cover.out
	$(GO) test -coverpkg=./... -coverprofile=cover.out ./...
	$(GO) tool cover -func=cover.out | tail -n 1

.PHONY: trace
trace: ## What stands behind each requirement: cases, vectors, code and tests (ARGS=--json names them)
	$(GO) run ./cmd/vstp-conform list --requirements $(ARGS)

.PHONY: fuzz
fuzz: ## Fuzz each target in turn (FUZZTIME=30s for each; without it 5,000 executions)
	@FUZZTIME=$(FUZZTIME) .ci/run fuzz

.PHONY: crosscheck
crosscheck: ## Decode the vectors with Kaitai Struct and tshark, where these are installed
	tools/js/crosscheck.sh

.PHONY: captures
captures: ## Hold tshark and our own dissector against each other over the captures of a run (ARGS='--run GLOB' for fewer)
	tools/js/captures.sh $(ARGS)

.PHONY: report
report: ## Make the reports of a broken peer and have Chromium look at them, where it is installed
	tools/js/page.sh

.PHONY: conform
conform: ## Judge the built-in reference server (ARGS='--run GLOB' for more)
	$(GO) run ./cmd/vstp-conform server $(ARGS)

.PHONY: selftest-null
selftest-null: ## Judge the judge: peers that do nothing useful must not pass
	$(GO) run ./cmd/vstp-conform selftest --null $(ARGS)

.PHONY: mutants
mutants: ## Judge the judge: every planted fault must be caught
	$(GO) run ./cmd/vstp-conform selftest --mutants $(ARGS)

.PHONY: contrarians
contrarians: ## Judge the judge: every other permitted choice must pass
	$(GO) run ./cmd/vstp-conform selftest --contrarians $(ARGS)

.PHONY: stability
stability: ## Judge the judge: no verdict may change over 50 runs with 1, 2 and 4 processors each
	$(GO) run ./cmd/vstp-conform selftest --stability 50

.PHONY: soak
soak: ## Measure how the reference peer bears a bad day (ARGS='--only idle'); about five minutes
	$(GO) run ./cmd/vstp-conform soak $(ARGS)

.PHONY: bench
bench: ## What the codec and the transports take, as multiples of what cannot be done without and of others
	$(GO) test -run '^$$' -bench . -benchtime 50ms -cpu 1 ./ref/wire ./ref/frag ./ref/compress
	cd tools/bench && $(GO) run ./codec && $(GO) run ./transport

.PHONY: adapters
adapters: ## Judge the implementations in other languages whose toolchain is there
	conformance/adapters/run.sh

.PHONY: virtual
virtual: ## A million transfers in the event loop, and every ordered trace, in virtual time
	VSTP_NIGHTLY=1 $(GO) test ./ref/udp -run 'EventLoop|OrderedTrace'

.PHONY: nightly
nightly: FUZZTIME = 10m
nightly: mutants contrarians stability adapters virtual crosscheck captures report fuzz ## What takes long: the judge judged, other languages, virtual time, tshark, browser, 10 minutes of each fuzz target
