package udp_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"strconv"

	"github.com/vstp-project/vstp/netem"
	"github.com/vstp-project/vstp/ref/frag"
	"github.com/vstp-project/vstp/ref/wire"
)

// labels names datagrams for a link by what the application has sent:
//
//	DATA m12         a message, by its name
//	DATA m12 frag 3  a fragment, by the name of its message
//	ACK of DATA m12  an ACK, by the message that it names
//
// What a Conn is free to choose, and chooses in the order in which goroutines come
// to it (msg-id and frag-id), is not in a label, so that the fate of a datagram does
// not depend on it. The memory holds the messages of one run.
type labels struct {
	messages map[labelKey]string
}

// labelKey is by what an ACK, and a fragment but the first, refers to its message.
type labelKey struct {
	dir  netem.Direction
	path int
	id   uint64 // msg-id
}

func newLabels() *labels { return &labels{messages: map[labelKey]string{}} }

func (*labels) Name() string { return "udp-test/1" }

func (l *labels) Label(d netem.Direction, path int, datagram []byte) netem.Label {
	f, ok := glance(datagram)
	if !ok {
		return netem.Label{Text: "invalid " + checksum(datagram)}
	}
	id, named := frag.MsgID(f.Headers)
	key := labelKey{d, path, id}
	switch {
	case f.Type == wire.TypeAck && named:
		key.dir = 1 - d
		if message, known := l.messages[key]; known {
			return netem.Label{Text: "ACK of " + message}
		}
		return netem.Label{Text: "ACK of unknown"}
	case !f.Flags.Has(wire.FlagFrag):
		text := f.Type.String() + " " + nameOf(f.Payload)
		if named {
			l.messages[key] = text
		}
		return netem.Label{Text: text}
	}
	value, _ := f.Headers.Get(wire.KeyFragIndex)
	index, _ := wire.ParseDecimal(value)
	message, known := l.messages[key]
	if !known || !named {
		message = f.Type.String() + " " + nameOf(f.Payload)
		l.messages[key] = message
	}
	return netem.Label{Text: message + " frag " + string(value), Group: message, Part: int(index)}
}

// glance reads a datagram that has the shape of a frame, and takes its octets for
// granted: whether they are right is for its receiver to say.
func glance(b []byte) (f wire.Frame, ok bool) {
	if len(b) < wire.Overhead {
		return wire.Frame{}, false
	}
	headers := wire.FixedLen + int(binary.LittleEndian.Uint16(b[5:]))
	if headers+int(binary.BigEndian.Uint32(b[7:]))+wire.TrailerLen != len(b) {
		return wire.Frame{}, false
	}
	h, err := wire.ParseHeaders(b[wire.FixedLen:headers])
	return wire.Frame{Type: wire.Type(b[3]), Flags: wire.Flags(b[4]), Headers: h, Payload: b[headers : len(b)-wire.TrailerLen]}, err == nil
}

// forget prepares for another run.
func (l *labels) forget() { clear(l.messages) }

// nameOf returns the name of a message: the first word of its payload, or a checksum
// of one that does not begin with a word.
func nameOf(payload []byte) string {
	if end := bytes.IndexByte(payload[:min(len(payload), 16)], ' '); end > 0 {
		return string(payload[:end])
	}
	return checksum(payload)
}

func checksum(b []byte) string { return strconv.FormatUint(uint64(crc32.ChecksumIEEE(b)), 16) }
