// Package wire turns octets into VSTP frames and frames into octets.
//
// It is the reference codec: pure functions over byte slices and a thin
// [Reader] and [Writer] over io streams. It knows nothing of sockets, time,
// sessions, fragments or acknowledgements; those are built on top of it. It
// imports the standard library only.
//
// # The frame
//
// Every frame has this layout, in this order, without padding [FRM-1]:
//
//	offset  octets   field    encoding
//	0       2        MAGIC    0x56 0x54, "VT"
//	2       1        VERSION  0x01
//	3       1        TYPE     see Type
//	4       1        FLAGS    see Flags
//	5       2        HDR_LEN  unsigned, little-endian: octets in HEADERS
//	7       4        PAY_LEN  unsigned, big-endian: octets in PAYLOAD
//	11      HDR_LEN  HEADERS  see Headers
//	        PAY_LEN  PAYLOAD  opaque
//	        4        CRC32    big-endian: CRC-32/ISO-HDLC of all octets before it
//
// The two length fields have different byte orders. That is how the format
// is, not a slip of this package [FRM-3] [FRM-4]. Lengths alone say where the
// next frame starts; MAGIC is never searched for [FRM-6].
//
// # Decoding
//
// [Parse] decodes the first frame of a byte slice, [ParseInto] does so into a frame
// that is used again, [Reader] decodes the frames of a stream. All check in one fixed order, and only the first check that fails
// is reported [FRM-9]:
//
//  1. MAGIC, as soon as 2 octets are there
//  2. VERSION, as soon as 3 octets are there
//  3. the declared size against the limit, as soon as 11 octets are there
//  4. completeness
//  5. CRC32
//  6. TYPE
//  7. the header section
//
// Flag semantics and decompression, which follow in that order, belong to the
// layers above: this package hands over FLAGS and PAYLOAD as transmitted.
//
// # Memory
//
// A decoded frame aliases what it was decoded from, in slices that are capped, and
// [Frame.Clone] keeps it for longer; the transports hand over frames that own their
// memory. So a frame from [Parse] is valid for as long as its input is left alone,
// and one from [Reader.ReadFrame] until the next call of ReadFrame; appending to a
// slice never overwrites its neighbour.
//
// Encoding into a buffer with room, parsing, walking the headers and looking one up
// do not allocate. What they take is measured in ../PERFORMANCE.md.
//
// # Errors
//
// [ErrShort] says that more octets are needed, which is no fault. Every other
// decoding error is a [*DecodeError], every refusal to encode an
// [*EncodeError]; both unwrap to a [Reason], the specification's name for what
// is wrong. Errors of an underlying io.Reader or io.Writer are passed on as they
// are.
package wire
