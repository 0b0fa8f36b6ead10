package probe

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"

	"github.com/vstp-project/vstp/conformance/dissect"
	"github.com/vstp-project/vstp/netem"
	"github.com/vstp-project/vstp/spec"
)

// Labels names VSTP datagrams for a link. What an implementation is free to choose
// (addresses, msg-id, frag-id, session-id, the order of headers) is not in a label,
// so that the same exchange gets the same labels from every implementation:
//
//	DATA 2cf24dba          a message, by the digest of its payload
//	DATA 8254c329 frag 3   a fragment, by the digest of its own payload
//	HELLO                  a frame without payload
//	ACK of DATA 2cf24dba   an acknowledgement, by the message that it names
//	ACK of unknown         an acknowledgement of a message that was not sent here
//	invalid 5b7f2a90       a datagram that is not one frame, by all its octets
//
// A digest is the first eight digits of the SHA-256 in hexadecimal; that of a message
// in fragments takes in the digests of all fragments that have been sent. The
// fragments of a message are a group, named by the first of them.
//
// The memory is bounded: an ACK of a message more than 16,384 messages ago may be one
// of unknown.
type Labels struct {
	options dissect.Options
	// messages are those that were sent, the younger and the older half.
	young, old map[messageKey]*labeled
}

// messageKey is what an acknowledgement names a message by.
type messageKey struct {
	dir  netem.Direction
	path int
	id   uint64 // msg-id
}

// labeled is what is known of a message that was sent.
type labeled struct {
	text  string             // of a message in one frame
	group string             // of one in fragments: the label of the first that was sent
	parts map[int]partDigest // of its fragments, by index
}

type partDigest [4]byte

// rememberedMessages is the size of one half of the memory.
const rememberedMessages = 1 << 14

// NewLabels returns labels for one link. registry names the frame types; nil is the
// shipped one.
func NewLabels(registry *spec.Registry) *Labels {
	return &Labels{options: dissect.Options{Registry: registry}}
}

var _ netem.Labeler = (*Labels)(nil)

// Name is the name and version of this way to label. A change of any label is a new
// version: seeds and records rest on them.
func (l *Labels) Name() string { return "vstp/1" }

// Label names a datagram.
func (l *Labels) Label(d netem.Direction, path int, datagram []byte) netem.Label {
	f := dissect.DecodeDatagram(datagram, l.options)
	if class := f.Class(); class != "" && class != "InvalidFrameType" {
		digest := digestOf(datagram)
		return netem.Label{Text: "invalid " + hex.EncodeToString(digest[:])}
	}
	id, identified := decimalHeader(f, "msg-id")
	switch f.TypeName() {
	case "ACK":
		return netem.Label{Text: "ACK of " + l.acknowledged(messageKey{d.Opposite(), path, id}, identified)}
	case "PONG", "WELCOME", "ERR": // are never acknowledged [ACK-7]
		return netem.Label{Text: frameText(f)}
	}
	key := messageKey{d, path, id}
	index, fragment := decimalHeader(f, "frag-index")
	switch {
	case fragment && f.Flags&flagFrag != 0 && index < maxFragments:
		return l.fragment(f, key, identified, int(index))
	case identified:
		l.remember(key, &labeled{text: frameText(f)})
	}
	return netem.Label{Text: frameText(f)}
}

const (
	flagFrag     = 0x10
	maxFragments = 255
)

// fragment labels a fragment and adds it to what is known of its message.
func (l *Labels) fragment(f dissect.Frame, key messageKey, identified bool, index int) netem.Label {
	text := fmt.Sprintf("%s frag %d", frameText(f), index)
	if !identified {
		return netem.Label{Text: text, Part: index}
	}
	digest := digestOf(f.Payload)
	m := l.find(key)
	if m == nil || m.parts == nil || m.contradicts(index, digest) {
		m = &labeled{group: text, parts: map[int]partDigest{}}
		l.remember(key, m)
	}
	m.parts[index] = digest
	return netem.Label{Text: text, Group: m.group, Part: index}
}

// contradicts says whether a message has other octets at an index, and so must be
// another message under the same msg-id.
func (m *labeled) contradicts(index int, digest partDigest) bool {
	known, has := m.parts[index]
	return has && known != digest
}

// acknowledged is the label of the message that an acknowledgement names.
func (l *Labels) acknowledged(key messageKey, identified bool) string {
	if !identified {
		return "unknown"
	}
	m := l.find(key)
	switch {
	case m == nil:
		return "unknown"
	case m.parts == nil:
		return m.text
	}
	h := sha256.New()
	for index := range maxFragments {
		if digest, has := m.parts[index]; has {
			h.Write(binary.BigEndian.AppendUint32(digest[:], uint32(index)))
		}
	}
	return "DATA " + hex.EncodeToString(h.Sum(nil)[:4])
}

func (l *Labels) find(key messageKey) *labeled {
	if m := l.young[key]; m != nil {
		return m
	}
	return l.old[key]
}

func (l *Labels) remember(key messageKey, m *labeled) {
	if len(l.young) >= rememberedMessages {
		l.young, l.old = nil, l.young
	}
	if l.young == nil {
		l.young = map[messageKey]*labeled{}
	}
	l.young[key] = m
}

// frameText is the type of a frame and the digest of its payload, if it has one.
func frameText(f dissect.Frame) string {
	if len(f.Payload) == 0 {
		return f.TypeName()
	}
	digest := digestOf(f.Payload)
	return f.TypeName() + " " + hex.EncodeToString(digest[:])
}

func digestOf(b []byte) partDigest {
	sum := sha256.Sum256(b)
	return partDigest(sum[:4])
}

// decimalHeader is the number in the first header with the given key, if it is one
// in the canonical form. [HDR-9]
func decimalHeader(f dissect.Frame, key string) (uint64, bool) {
	value, ok := f.Header(key)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseUint(string(value), 10, 64)
	return n, err == nil && strconv.FormatUint(n, 10) == string(value)
}
