package fuzz

import (
	"fmt"

	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance/forge"
	"github.com/vstp-project/vstp/ref/wire"
)

// requireRoundTrip fails unless a frame that is given by its parts has the same
// octets by the reference and by the forge, and these give both decoders the
// parts back. The reference does not encode reserved flag bits. [FRM-1] [FLG-2]
func requireRoundTrip(t require.TestingT, f forge.Frame) {
	e := endpoint{extended: true}
	octets := f.Bytes()
	encoded, err := encode(f)
	if f.Flags&^definedFlags != 0 {
		require.ErrorIs(t, err, wire.Protocol)
	} else {
		require.NoError(t, err)
		requireOctets(t, octets, encoded, "the reference")
	}

	o, _ := requireAgreement(t, octets, e)
	if text := differentParts(f, o, len(octets)); text != "" {
		require.Fail(t, "a frame has changed on its way", "%s\n%x", text, octets)
	}
	requireCanonical(t, octets, o.frame)
}

// encode gives the octets of a frame by the reference codec.
func encode(f forge.Frame) ([]byte, error) {
	frame := wire.Frame{Type: wire.Type(f.Type), Flags: wire.Flags(f.Flags), Payload: f.Payload}
	b := wire.NewBuilder(frame.Type)
	for _, h := range f.Headers {
		b.Binary(h.Key, h.Value)
	}
	built, err := b.Build()
	if err != nil {
		return nil, err
	}
	frame.Headers = built.Headers
	return frame.AppendBinary(nil)
}

func differentParts(f forge.Frame, o outcome, total int) string {
	i := 0
	for key, value := range o.frame.Headers.All() {
		if i < len(f.Headers) && (string(key) != string(f.Headers[i].Key) || string(value) != string(f.Headers[i].Value)) {
			return fmt.Sprintf("header %d", i)
		}
		i++
	}
	for _, text := range []string{
		unequal("class", o.class, accepted),
		unequal("octets consumed", o.n, total),
		unequal("TYPE", byte(o.frame.Type), f.Type),
		unequal("FLAGS", byte(o.frame.Flags), f.Flags),
		unequal("headers", i, len(f.Headers)),
		unequal("payload", string(o.frame.Payload), string(f.Payload)),
	} {
		if text != "" {
			return text
		}
	}
	return ""
}
