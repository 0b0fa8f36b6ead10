package steps

import (
	"context"
	"fmt"
	"strings"

	"github.com/vstp-project/vstp/conformance/dissect"
	"github.com/vstp-project/vstp/conformance/forge"
	"github.com/vstp-project/vstp/conformance/probe"
	"github.com/vstp-project/vstp/vectors"
)

// liveEasy says whether a vector is the payload of a message that an Easy endpoint can
// be sent over a transport, "easy-tcp" or "easy-udp": over UDP in one datagram, and so
// that the value fits one on its way back.
func liveEasy(v vectors.Vector, transport string) bool {
	return v.Family == vectors.FamilyEasy && (transport == "easy-tcp" || len(v.Octets) <= maxAnswer/2)
}

// sendPayload sends a DATA with the octets of a vector as its payload.
func (w *world) sendPayload(v vectors.Vector) error {
	f := forge.Frame{Type: typeData, Headers: forge.KV("content-type", "application/json"), Payload: v.Octets}
	text := fmt.Sprintf("DATA content-type=application/json, the payload being vector %s", v.ID())
	if w.stream != nil {
		return w.stream.Send(f.Bytes(), text)
	}
	return w.socket.Send(f.Bytes(), text)
}

// easyVector judges an Easy server by one payload: its value comes back, or ERR 12,
// and the next request is answered as if nothing had been.
func (w *world) easyVector(ctx context.Context, v vectors.Vector, transport string) error {
	begin := w.dialEasy
	if transport == "easy-udp" {
		begin = w.listenEasy
	}
	if err := given(begin(ctx, "A")); err != nil {
		return err
	}
	if err := w.sendPayload(v); err != nil {
		return err
	}
	if v.Expect.Result == vectors.ResultAccept {
		if err := w.wantValue(ctx, v.Expect.JSON, w.reply()); err != nil {
			return err
		}
		return w.wantOnlyValueSentinel(ctx)
	}
	frames, err := w.valueSentinel(ctx)
	if err != nil {
		return err
	}
	refused := 0
	for _, f := range frames {
		if !refuses(f) {
			return &probe.Violation{Want: "ERR err-code=12 and nothing else", Got: f.String()}
		}
		refused++
	}
	if refused != 1 {
		return &probe.Violation{Want: "one ERR err-code=12", Got: fmt.Sprintf("%d of them", refused), Timing: refused == 0}
	}
	return nil
}

// refuses says whether a frame is an ERR of the code DeserializationError.
func refuses(f dissect.Frame) bool {
	code, _ := f.Header("err-code")
	return f.Type == typeErr && string(code) == "12"
}

// easyClientVector judges an Easy client by one payload of a response: it hands out
// its value.
func (w *world) easyClientVector(ctx context.Context, v vectors.Vector, transport string) error {
	begin := w.easyClientTCP
	if transport == "easy-udp" {
		begin = w.easyClientUDP
	}
	if err := given(begin(ctx)); err != nil {
		return err
	}
	request := jsonString(w.t.Unique("request"))
	if err := w.clientSendsValue(ctx, request); err != nil {
		return err
	}
	if err := w.wantValue(ctx, request, w.reply()); err != nil {
		return err
	}
	if err := w.sendPayload(v); err != nil {
		return err
	}
	return w.clientReceivesValue(ctx, v.Expect.JSON, w.reply())
}

// isEasy says whether a transport leads to an Easy endpoint.
func isEasy(transport string) bool { return strings.HasPrefix(transport, "easy-") }
