package vectors

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

var (
	labelRE = regexp.MustCompile(`^[A-Z][0-9]*$`)

	machines = []string{MachineTCPServer, MachineTCPClient, MachineUDPServer, MachineUDPClient, MachineEasyTCPServer, MachineEasyUDPServer}
	onTCP    = []string{MachineTCPServer, MachineTCPClient, MachineEasyTCPServer}
	onUDP    = []string{MachineUDPServer, MachineUDPClient, MachineEasyUDPServer}
	clients  = []string{MachineTCPClient, MachineUDPClient}
	servers  = []string{MachineTCPServer, MachineUDPServer}
	easy     = []string{MachineEasyTCPServer, MachineEasyUDPServer}
	notEasy  = slices.Concat(servers, clients)
	greeters = slices.Concat(servers, easy)

	eventFields = []string{"at_ms", "early_ms", "late_ms", "in", "out"}
)

// maxTime bounds the times of events: an hour.
const maxTime = int64(time.Hour / time.Millisecond)

// timeline is what has to be known of earlier events to judge a later one.
type timeline struct {
	udp       bool
	at        time.Duration
	delivered int
	answered  map[int]bool
	open      map[string]bool // acknowledged sends, by msg-id
}

// readEvents reads the time line of a reassembly or a trace.
func (v *Vector) readEvents(fields map[string]*node) bool {
	v.Machine = MachineUDPServer
	if given, ok := fields["machine"]; ok {
		if v.Machine, ok = given.oneOf(machines...); !ok {
			return false
		}
	}
	elements, ok := fields["events"].array()
	if !ok {
		return false
	}
	if len(elements) == 0 {
		fields["events"].fail("are none")
		return false
	}
	t := timeline{udp: slices.Contains(onUDP, v.Machine), answered: map[int]bool{}, open: map[string]bool{}}
	for i, element := range elements {
		e, ok := v.readEvent(element, &t, i == 0)
		if !ok {
			return false
		}
		v.Events = append(v.Events, e)
	}
	return true
}

func (v *Vector) readEvent(n *node, t *timeline, first bool) (e Event, ok bool) {
	fields, ok := n.object(eventFields...)
	if !ok || !n.has(fields, "at_ms", "out") {
		return e, false
	}
	times := map[string]time.Duration{}
	for _, name := range []string{"at_ms", "early_ms", "late_ms"} {
		given, has := fields[name]
		if !has {
			continue
		}
		ms, ok := given.integer(0, maxTime)
		if !ok {
			return e, false
		}
		if name != "at_ms" && fields["in"] != nil {
			given.fail("is for what a timer does, not for what follows from an input")
			return e, false
		}
		times[name] = time.Duration(ms) * time.Millisecond
	}
	e.At, e.Early, e.Late = times["at_ms"], times["early_ms"], times["late_ms"]
	switch {
	case first && e.At != 0:
		fields["at_ms"].fail("is %d, and the first event is at 0", e.At.Milliseconds())
		return e, false
	case e.At < t.at:
		fields["at_ms"].fail("is %d, before the event that it follows, at %d", e.At.Milliseconds(), t.at.Milliseconds())
		return e, false
	}
	t.at = e.At
	if in, has := fields["in"]; has {
		if e.In, ok = v.readInput(in, t, first); !ok {
			return e, false
		}
	} else if first {
		n.fail("the first event has an input")
		return e, false
	}
	outs, ok := fields["out"].array()
	if !ok {
		return e, false
	}
	for _, element := range outs {
		out, ok := v.readOutput(element, t)
		if !ok {
			return e, false
		}
		e.Out = append(e.Out, out)
	}
	return e, true
}

// kindOf returns the one member that names a kind.
func (n *node) kindOf(known []string) (*node, bool) {
	if !n.is("an object") {
		return nil, false
	}
	var found []*node
	for _, member := range n.nodes {
		if slices.Contains(known, member.key) {
			found = append(found, member)
		}
	}
	if len(found) != 1 {
		n.fail("has one of the fields %s, not %d", strings.Join(known, ", "), len(found))
		return nil, false
	}
	return found[0], true
}

// members returns the fields of an input or output whose kind is known.
func (n *node) members(kind string, must, may []string) (map[string]*node, bool) {
	fields, ok := n.object(slices.Concat([]string{kind}, must, may)...)
	if len(fields) != len(n.nodes) {
		return nil, false // something unknown or given twice, which has been reported
	}
	return fields, ok && n.has(fields, must...)
}

// onlyTrue reads a field whose presence says everything.
func (n *node) onlyTrue() bool {
	value, ok := n.truth()
	if ok && !value {
		n.fail("is true or left out")
	}
	return ok && value
}

func (n *node) label() (string, bool) {
	return n.matching(labelRE, "a capital letter, and digits behind it if need be")
}

// id reads an identifier in decimal.
func (n *node) id() (string, bool) {
	value, ok := n.decimal()
	return strconv.FormatUint(value, 10), ok
}

// fragID reads an identifier of one octet in decimal.
func (n *node) fragID() (string, bool) {
	value, ok := n.decimal()
	if ok && value > 255 {
		n.fail("is %d, and a frag-id is at most 255", value)
		ok = false
	}
	return strconv.FormatUint(value, 10), ok
}

// number reads the number of a message.
func (n *node) number() (int, bool) {
	value, ok := n.integer(1, 1<<20)
	return int(value), ok
}

// errorNames are the names of the errors, by code.
var errorNames = []string{
	"Io", "Protocol", "InvalidVersion", "InvalidFrameType", "InvalidMagic", "CrcMismatch", "Incomplete", "FrameTooLarge",
	"Timeout", "InvalidAddress", "SerializationError", "DeserializationError", "UnexpectedFrameType", "ConnectionClosed",
	"ServerError", "RateLimited", "BadFragment", "BadCompression", "Unsupported",
}

func (n *node) errorName() (string, bool) { return n.oneOf(errorNames...) }
