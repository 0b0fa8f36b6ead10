package probe

import (
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/vstp-project/vstp/conformance/dissect"
	"github.com/vstp-project/vstp/spec"
)

// The kinds of events.
const (
	EventOpen  = "open"  // a connection or socket was opened
	EventSend  = "send"  // octets went to the target
	EventRecv  = "recv"  // octets came from the target
	EventClose = "close" // an end of stream, a reset, or our own close
	EventNote  = "note"  // a remark of the case

	// What a link between judge and target swallowed: octets that were sent and did
	// not arrive.
	EventDropSend = "drop-send" // on their way to the target
	EventDropRecv = "drop-recv" // on their way to the judge
)

// An Event is one line of evidence: what went over the wire, when, and where.
type Event struct {
	At      time.Duration // since the case began
	Channel string        // which connection or socket, for instance "tcp A"
	Kind    string        // one of the Event constants
	Octets  []byte        // as much of the octets as is kept, at most maxEvidence
	Length  int           // how many octets there were
	Text    string        // decoded frames, or a remark
	Link    *Passage      // what a link did to a datagram; nil for none

	registry *spec.Registry // what the frames are decoded by; nil for the shipped one
}

// eventJSON is the form of an Event in result files.
type eventJSON struct {
	AtMS    float64  `json:"at_ms"`
	Channel string   `json:"channel,omitempty"`
	Kind    string   `json:"kind"`
	Text    string   `json:"text,omitempty"`
	Length  int      `json:"length,omitempty"`
	Hex     string   `json:"hex,omitempty"`
	Link    *Passage `json:"link,omitempty"`
}

// MarshalJSON writes the event with times in milliseconds and octets in hex.
func (e Event) MarshalJSON() ([]byte, error) {
	return json.Marshal(eventJSON{
		AtMS:    inMS(e.At),
		Channel: e.Channel, Kind: e.Kind, Text: e.Text, Length: e.Length,
		Hex: hex.EncodeToString(e.Octets), Link: e.Link,
	})
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (e *Event) UnmarshalJSON(b []byte) error {
	var j eventJSON
	if err := json.Unmarshal(b, &j); err != nil {
		return err
	}
	octets, err := hex.DecodeString(j.Hex)
	if err != nil {
		return err
	}
	*e = Event{
		At:      fromMS(j.AtMS),
		Channel: j.Channel, Kind: j.Kind, Text: j.Text, Length: j.Length, Octets: octets, Link: j.Link,
	}
	return nil
}

// Datagram says whether the octets of the event are those of one datagram.
func (e Event) Datagram() bool { return strings.HasPrefix(e.Channel, "udp ") }

// Frames decodes the octets of an event again, for reports that show them field
// by field: those of a datagram by the rules for datagrams. A frame whose end was
// cut for the record is shorter than it says; that is no violation of its own.
func (e Event) Frames() []dissect.Frame {
	o := dissect.Options{Registry: e.registry}
	if e.Datagram() && e.Length == len(e.Octets) && e.Length > 0 {
		return []dissect.Frame{dissect.DecodeDatagram(e.Octets, o)}
	}
	frames, rest := dissect.Split(e.Octets, o)
	if len(rest) > 0 {
		last := dissect.Decode(rest, o)
		if len(e.Octets) < e.Length {
			last.Violations = slices.DeleteFunc(last.Violations, func(v dissect.Violation) bool { return v.Class == "Incomplete" })
		}
		frames = append(frames, last)
	}
	return frames
}
