package probe

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/vstp-project/vstp/conformance/dissect"
	"github.com/vstp-project/vstp/conformance/forge"
)

const (
	typeHello = 1
	typeData  = 3
)

// Serves makes one good exchange with the target over a transport, "tcp", "udp",
// "tls" or "tls-verify": a DATA whose echo has to come, without the msg-id that it was
// sent with. Over "easy-tcp" and "easy-udp" it is a value that has to come back, without
// that msg-id as well: octets that are sent back as they came are no answer.
// It is how the runner tells a target that failed a case from one that no longer
// serves anybody.
func (t *T) Serves(ctx context.Context, transport string) error {
	if t.cfg.Adapter != nil {
		// It may still be busy with what it was asked before.
		ctx, cancel := context.WithTimeout(ctx, 3*t.Bound("reply"))
		defer cancel()
		hello := forge.Frame{Type: typeHello}.Bytes()
		_, err := t.cfg.Adapter.Call(ctx, "decode", map[string]any{"hex": hex.EncodeToString(hello)})
		return err
	}
	payload := t.Unique("alive")
	data := forge.Frame{Type: typeData, Headers: forge.KV("msg-id", "1"), Payload: payload}.Bytes()
	echo := func(f dissect.Frame) bool {
		return f.Type == typeData && string(f.Payload) == string(payload) && len(f.Headers) == 0
	}
	if strings.HasPrefix(transport, "easy-") {
		text := fmt.Sprintf("%q", payload)
		number := fmt.Sprint(1 + t.Draw()>>1)
		data = forge.Frame{
			Type: typeData, Headers: forge.KV("content-type", "application/json", "msg-id", number), Payload: []byte(text),
		}.Bytes()
		echo = func(f dissect.Frame) bool {
			var s string
			id, _ := f.Header("msg-id") // an answer may have one, of its own
			return f.Type == typeData && json.Unmarshal(f.Payload, &s) == nil && s == string(payload) && string(id) != number
		}
	}
	deadline := time.Now().Add(t.Bound("reply"))
	missing := fmt.Errorf("no echo within %v", t.Bound("reply"))
	if transport == "udp" || transport == "easy-udp" {
		s, err := t.listenOver(ctx, transport)
		if err != nil {
			return err
		}
		if err := s.Send(data, "DATA"); err != nil {
			return err
		}
		for {
			d, err := s.Next(ctx, time.Until(deadline))
			if errors.Is(err, ErrNothing) {
				return missing
			}
			if err != nil {
				return err
			}
			if echo(d.Frame) {
				return nil
			}
		}
	}
	s, err := t.DialOver(ctx, "alive", transport)
	if err != nil {
		return err
	}
	if err := s.Send(append(forge.Frame{Type: typeHello}.Bytes(), data...), "HELLO · DATA"); err != nil {
		return err
	}
	for {
		a, err := s.Next(ctx, time.Until(deadline))
		if errors.Is(err, ErrNothing) {
			return missing
		}
		if err != nil {
			return err
		}
		if echo(a.Frame) {
			return nil
		}
	}
}

func (t *T) listenOver(ctx context.Context, transport string) (*Socket, error) {
	if transport == "easy-udp" {
		return t.ListenEasy("alive", nil)
	}
	return t.Listen(ctx, "alive", nil)
}
