package forge

// Frame is a frame as the specification draws it: the lengths, MAGIC, VERSION
// and the checksum follow from the rest.
//
// Nothing is checked. A TYPE that does not exist, reserved flag bits, a header
// key of 300 octets: all are written as they stand, with the lengths cut down
// to the width of their fields.
type Frame struct {
	Type, Flags byte
	Headers     []Header
	Payload     []byte
}

// Bytes returns the frame's octets, trailer included.
func (f Frame) Bytes() []byte {
	return Raw{
		Type:          f.Type,
		Flags:         f.Flags,
		HeaderSection: Section(f.Headers),
		Payload:       f.Payload,
	}.Bytes()
}
