package wire

// Builder puts a frame together. Its methods return the Builder itself, so that
// calls can be chained; the first refusal is kept and reported by Build.
//
//	f, err := wire.NewBuilder(wire.TypeData).
//		Text("content-type", "application/json").
//		Payload(body).
//		Flags(wire.FlagReqAck).
//		Build()
//
// "A frame builder MUST yield the type, the headers in the order of their
// addition, the payload and the union of the flags that it was given." [LIB-5]
type Builder struct {
	typ     Type
	flags   Flags
	section []byte
	payload []byte
	err     error
}

// NewBuilder starts a frame of type t without headers, payload and flags.
func NewBuilder(t Type) *Builder { return &Builder{typ: t} }

// Text adds a header of text. Key and value are at most 255 octets each [HDR-2].
func (b *Builder) Text(key, value string) *Builder { return addHeader(b, key, value) }

// Binary adds a header of any octets, which are copied. Key and value are at most
// 255 octets each [HDR-2].
func (b *Builder) Binary(key, value []byte) *Builder { return addHeader(b, key, value) }

func addHeader[T []byte | string](b *Builder, key, value T) *Builder {
	section, err := appendHeader(b.section, key, value)
	if err != nil && b.err == nil {
		b.err = err
	}
	b.section = section
	return b
}

// Payload sets the payload, in place of one set before. It is not copied: the
// frame refers to it.
func (b *Builder) Payload(p []byte) *Builder {
	b.payload = p
	return b
}

// Flags adds flags to those set before.
func (b *Builder) Flags(f Flags) *Builder {
	b.flags |= f
	return b
}

// Build returns the frame. It fails with the *EncodeError of the first header that
// was refused, or with the one that Frame.AppendBinary would give. The Builder
// may be used further; frames built earlier stay as they are.
func (b *Builder) Build() (Frame, error) {
	if b.err != nil {
		return Frame{}, b.err
	}
	if err := checkSendable(b.typ, b.flags, len(b.payload)); err != nil {
		return Frame{}, err
	}
	return Frame{Type: b.typ, Flags: b.flags, Headers: headersOf(b.section), Payload: b.payload}, nil
}
