package peer

import (
	"bytes"
	"context"
	"sync"
	"time"

	"github.com/vstp-project/vstp/ref/session"
	"github.com/vstp-project/vstp/ref/wire"
)

// The headers by which a message says how it wants to be answered. Their values
// are decimal; anything else is as if the header were not there. Of several with
// one key the first counts.
const (
	keyDelay     = "x-delay-ms"   // milliseconds to wait before the answer
	keyReplySize = "x-reply-size" // octets of the answer's payload, all of them filler
)

// maxDelay is the longest that an answer is put off; a longer x-delay-ms is cut to
// it.
const maxDelay = 10 * time.Minute

// filler is the octet that a payload of a given size consists of.
const filler = 'x'

// echo is the application: it answers a message with its own payload and its own
// headers in their order, without flags and without the protocol's headers. An
// answer that is refused, for its size above all, is dropped.
//
// limit is the octets that the transport can send in one answer, at most
// wire.DefaultMaxFrame; a payload above that is not even made.
func echo(ctx context.Context, m wire.Frame, limit int, answer func(wire.Frame) error) error {
	if !wait(ctx, delayOf(m)) {
		return ctx.Err()
	}
	payload, err := payloadOf(m, limit)
	if err != nil {
		return err
	}
	b := wire.NewBuilder(wire.TypeData).Payload(payload)
	for key, value := range m.Headers.All() {
		if !session.IsProtocolKey(key) {
			b.Binary(key, value)
		}
	}
	f, err := b.Build()
	if err != nil {
		return err
	}
	return answer(f)
}

// delayOf returns how long the answer to m is to be put off.
func delayOf(m wire.Frame) time.Duration {
	ms, ok := number(m, keyDelay)
	if !ok {
		return 0
	}
	if ms > uint64(maxDelay/time.Millisecond) {
		return maxDelay
	}
	return time.Duration(ms) * time.Millisecond
}

// payloadOf returns the payload of the answer to m.
func payloadOf(m wire.Frame, limit int) ([]byte, error) {
	size, ok := number(m, keyReplySize)
	if !ok {
		return m.Payload, nil
	}
	if size > uint64(limit) {
		return nil, &session.LocalError{Reason: wire.FrameTooLarge, Detail: "x-reply-size asks for more than can be sent in one answer"}
	}
	return fillers()[:size:size], nil
}

// fillers are as many fillers as any answer can take. All answers share them, so
// that a large one costs nothing but what it takes to send it.
var fillers = sync.OnceValue(func() []byte { return bytes.Repeat([]byte{filler}, wire.DefaultMaxFrame) })

// number returns the decimal value of the first header with the given key.
func number(m wire.Frame, key string) (uint64, bool) {
	value, _ := m.Headers.Get(key)
	return wire.ParseDecimal(value)
}

// wait returns true after d, or false as soon as ctx is done.
func wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
