package fuzz

import (
	gofuzz "github.com/google/gofuzz"
	"pgregory.net/rapid"

	"github.com/vstp-project/vstp/conformance/forge"
)

// A dice returns a number from 0 to n-1. Generators are written against it once
// and thrown by rapid, which makes failures small, and by gofuzz, which lets the
// octets of a fuzz input decide.
type dice func(n int) int

func rapidDice(t *rapid.T) dice {
	return func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "dice") }
}

func gofuzzDice(c gofuzz.Continue) dice { return c.Intn }

// oneIn is true once in n times.
func (d dice) oneIn(n int) bool { return d(n) == n-1 }

func pick[T any](d dice, from []T) T { return from[d(len(from))] }

// Lengths at which something changes: of a field, of a datagram, of a fragment, of
// a buffer. Left to themselves neither rapid nor gofuzz ever gets to them.
var (
	edgeLengths    = []int{0, 1, 2, 254, 255}
	edgeSections   = []int{65534, 65535}
	edgePayloads   = []int{0, 1, 1023, 1024, 1185, 1186, 1200, 1201, 65535, 65536}
	protocolKeys   = []string{"msg-id", "frag-id", "frag-index", "frag-total", "session-id", "err-code", "Msg-Id", ""}
	protocolValues = []string{"0", "1", "255", "256", "007", "18446744073709551615", "18446744073709551616", "-1", ""}
)

// drawOctets draws n octets, the first sixteen of them one by one.
func drawOctets(d dice, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		if i < 16 {
			b[i] = byte(d(256))
		} else {
			b[i] = b[i-16] + byte(i>>4)
		}
	}
	return b
}

// drawHeader draws a header that the protocol might use, or any.
func drawHeader(d dice) forge.Header {
	if d.oneIn(2) {
		return forge.Header{Key: drawOctets(d, drawLength(d)), Value: drawOctets(d, drawLength(d))}
	}
	return forge.Header{Key: []byte(pick(d, protocolKeys)), Value: []byte(pick(d, protocolValues))}
}

func drawLength(d dice) int {
	if d.oneIn(2) {
		return pick(d, edgeLengths)
	}
	return d(256)
}

// drawHeaders draws a header section: mostly a few headers, now and then as many
// as fit.
func drawHeaders(d dice) []forge.Header {
	if d.oneIn(16) {
		return fillSection(pick(d, edgeSections))
	}
	headers := make([]forge.Header, d(6))
	for i := range headers {
		headers[i] = drawHeader(d)
	}
	return headers
}

// fillSection returns headers of exactly size octets in all.
func fillSection(size int) []forge.Header {
	var headers []forge.Header
	for size > 0 {
		n := min(size, 2+255+255)
		if size-n == 1 {
			n-- // no header is of one octet
		}
		size -= n
		value := min(n-2, 255)
		headers = append(headers, forge.Header{
			Key:   make([]byte, n-2-value),
			Value: make([]byte, value),
		})
	}
	return headers
}

func drawPayload(d dice) []byte {
	if d.oneIn(2) {
		return drawOctets(d, pick(d, edgePayloads))
	}
	return drawOctets(d, d(40))
}

// drawFrame draws a frame that an extended endpoint accepts. Its flags have a
// reserved bit now and then, which only a sender may not set. [FLG-2] [FLG-3]
func drawFrame(d dice) forge.Frame {
	f := forge.Frame{
		Type:    pick(d, []byte{1, 2, 3, 4, 5, 6, 7, 8, extensions[0], extensions[1]}),
		Flags:   byte(d(256)) & definedFlags,
		Headers: drawHeaders(d),
		Payload: drawPayload(d),
	}
	if d.oneIn(8) {
		f.Flags = byte(d(256))
	}
	return f
}

// drawSection draws a well-formed header section.
func drawSection(d dice) []byte { return forge.Section(drawHeaders(d)) }
