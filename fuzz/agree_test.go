package fuzz

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance/dissect"
	"github.com/vstp-project/vstp/conformance/forge"
	"github.com/vstp-project/vstp/ref/wire"
)

const (
	accepted   = ""
	incomplete = "Incomplete"
)

// An outcome is what the reference codec makes of octets.
type outcome struct {
	class  string // accepted, incomplete or the name of the error
	n      int    // as Parse returns it
	offset int    // of the fault
	frame  wire.Frame
}

func parse(b []byte, e endpoint) outcome {
	f, n, err := wire.Parse(b, e.limits())
	fault, refused := errors.AsType[*wire.DecodeError](err)
	switch {
	case err == nil:
		return outcome{class: accepted, n: n, frame: f}
	case err == wire.ErrShort:
		return outcome{class: incomplete, n: n, frame: f}
	case refused:
		return outcome{class: fault.Reason.String(), n: n, offset: fault.Offset, frame: f}
	}
	return outcome{class: fmt.Sprintf("an error of the type %T", err)}
}

// requireAgreement reads b with both decoders, fails unless they agree in
// everything, and returns what they say.
func requireAgreement(t require.TestingT, b []byte, e endpoint) (outcome, dissect.Frame) {
	r, d := parse(b, e), dissect.Decode(b, e.options())
	if text := disagreement(b, r, d); text != "" {
		require.Fail(t, text, "endpoint %+v\nreference: class %q, n %d, offset %d, %v\ndissect:   class %q, needed %d\n%s",
			e, r.class, r.n, r.offset, r.frame, d.Class(), d.Needed(), d.Dump())
	}
	return r, d
}

// disagreement tells the first difference between the two readings of b, or
// returns an empty text.
func disagreement(b []byte, r outcome, d dissect.Frame) string {
	if r.class != d.Class() {
		return "the classes differ"
	}
	if r.class != accepted && (r.frame.Type != 0 || r.frame.Flags != 0 || r.frame.Payload != nil || r.frame.Headers.Size() != 0) {
		return "Parse returns parts of a frame that it does not accept"
	}
	switch r.class {
	case accepted:
		return differentContent(b, r, d)
	case incomplete:
		return unequal("octets needed", r.n, d.Needed())
	}
	if text := unequal("offsets of the fault", r.offset, d.Violations[0].Offset); text != "" {
		return text
	}
	if r.class == "InvalidFrameType" || r.class == "Protocol" {
		return unequal("octets to go on behind", int64(r.n), d.Total)
	}
	return unequal("octets to go on behind", r.n, 0)
}

func differentContent(b []byte, r outcome, d dissect.Frame) string {
	f := r.frame
	body := b[:r.n-wire.TrailerLen]
	for _, text := range []string{
		unequal("octets consumed", int64(r.n), d.Total),
		unequal("EncodedLen and octets consumed", f.EncodedLen(), r.n),
		unequal("octets of the frame", string(d.Raw), string(b[:r.n])),
		unequal("VERSION", d.Version, wire.Version),
		unequal("TYPE", byte(f.Type), d.Type),
		unequal("FLAGS", byte(f.Flags), d.Flags),
		unequal("HDR_LEN", f.Headers.Size(), d.HeaderLen),
		unequal("PAY_LEN", int64(len(f.Payload)), d.PayloadLen),
		unequal("payload", string(f.Payload), string(d.Payload)),
		unequal("room behind the payload", cap(f.Payload), len(f.Payload)),
		unequal("CRC32 received and computed", d.CRC, d.WantCRC),
		unequal("CRC32 of the reference", wire.Checksum(body), d.WantCRC),
		unequal("CRC32 of the forge", forge.CRC(body), d.WantCRC),
		differentHeaders(f.Headers, d),
	} {
		if text != "" {
			return text
		}
	}
	return ""
}

func differentHeaders(h wire.Headers, d dissect.Frame) string {
	i, at := 0, wire.FixedLen
	for key, value := range h.All() {
		if i == len(d.Headers) {
			return "the reference has more headers"
		}
		if !bytes.Equal(key, d.Headers[i].Key) || !bytes.Equal(value, d.Headers[i].Value) || at != d.Headers[i].Offset {
			return fmt.Sprintf("header %d differs", i)
		}
		if cap(key) != len(key) || cap(value) != len(value) {
			return fmt.Sprintf("header %d of the reference has room behind it", i)
		}
		i, at = i+1, at+2+len(key)+len(value)
	}
	return unequal("number of headers", i, len(d.Headers))
}

func unequal[T comparable](what string, a, b T) string {
	if a == b {
		return ""
	}
	return fmt.Sprintf("%s: %v and %v", what, a, b)
}
