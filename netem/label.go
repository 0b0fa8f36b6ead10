package netem

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// Label names what a datagram carries.
type Label struct {
	// Text is what fates are drawn from and what rules match. It ought to be the
	// same in every run and for every implementation.
	Text string
	// Group is the same for all parts of one message; empty stands for Text, a
	// message of one part. Bursts run along the parts of a message.
	Group string
	// Part is the place of the datagram in its group, from 0.
	Part int
}

func (l Label) group() string {
	if l.Group == "" {
		return l.Text
	}
	return l.Group
}

// A Labeler names datagrams. It serves one link, which calls it for one datagram
// at a time and once for each in the order of sending, so that it can remember what
// an acknowledgement refers to.
//
// path is the number that the driver gave to the client whose datagram it is. A
// labeler may keep the memories of several clients apart by it, and must not let it
// get into the label. The datagram is lent for the time of the call.
type Labeler interface {
	// Name says how labels are made, as in "vstp/1". A record can be replayed only
	// with a labeler of the name that it was made with.
	Name() string
	Label(d Direction, path int, datagram []byte) Label
}

// Content labels a datagram by its octets: "1f2e3d4c5b6a7988 41", the first eight
// octets of their SHA-256 in hexadecimal and their number. It suits any protocol
// whose datagrams are the same in every run.
type Content struct{}

// Name returns "content/1".
func (Content) Name() string { return "content/1" }

// Label names a datagram by its octets.
func (Content) Label(_ Direction, _ int, datagram []byte) Label {
	sum := sha256.Sum256(datagram)
	return Label{Text: fmt.Sprintf("%s %d", hex.EncodeToString(sum[:8]), len(datagram))}
}
