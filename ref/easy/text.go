package easy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/vstp-project/vstp/ref/session"
	"github.com/vstp-project/vstp/ref/wire"
)

// The header by which messages are labelled [EASY-2].
const (
	keyContentType  = "content-type"
	contentTypeJSON = "application/json"
)

// label is the header section of every message.
var label = func() wire.Headers {
	h, err := wire.Headers{}.AppendText(keyContentType, contentTypeJSON)
	if err != nil {
		panic(err) // of two constants
	}
	return h
}()

// message returns the DATA message that carries v.
//
// "An Easy endpoint MUST carry each message as one DATA message whose payload is one
// JSON text in UTF-8." [EASY-1]
//
// "An Easy endpoint SHOULD label its DATA messages with a header content-type of value
// application/json." [EASY-2]
func message[T any](v T, cfg Config) (wire.Frame, error) {
	text, err := marshal(v)
	if err != nil {
		return wire.Frame{}, fmt.Errorf("%w (%w)", &session.LocalError{
			Reason: wire.SerializationError,
			Detail: fmt.Sprintf("a value of type %T cannot be written as JSON", v),
		}, err)
	}
	f := wire.Frame{Type: wire.TypeData, Headers: label, Payload: text}
	if cfg.Compress {
		f.Flags |= wire.FlagComp
	}
	return f, nil
}

// marshal returns v as JSON text, without the escapes that only HTML needs.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	text := bytes.TrimSuffix(b.Bytes(), []byte{'\n'})
	if !utf8.Valid(text) { // a json.RawMessage may be anything
		return nil, errNotUTF8
	}
	return text, nil
}

// value reads what a message carries. Its error is of kind DeserializationError.
func value[T any](f wire.Frame) (v T, err error) {
	if err = errNotUTF8; utf8.Valid(f.Payload) {
		err = json.Unmarshal(f.Payload, &v)
	}
	if err != nil {
		return v, fmt.Errorf("%w (%w)", &session.LocalError{
			Reason: wire.DeserializationError,
			Detail: fmt.Sprintf("a payload of %d octets cannot be read as JSON for a value of type %T", len(f.Payload), v),
		}, err)
	}
	return v, nil
}

var errNotUTF8 = errors.New("the text is not UTF-8")
