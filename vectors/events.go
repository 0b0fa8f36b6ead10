package vectors

import (
	"maps"
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

// inputForm is what an input of one kind consists of: the field that is named
// after the kind, those that go with it, and the machines that it can happen to.
type inputForm struct {
	read      func(in *Input, n *node) bool
	must, may []string
	machines  []string
}

// inputForms by kind. On UDP, what is sent has the field "to" besides.
var inputForms = map[string]inputForm{
	InConnected:   {read: inTrue, machines: onTCP},
	InOctets:      {read: inOctets, machines: onTCP},
	InEnd:         {read: inTrue, machines: onTCP},
	InReset:       {read: inTrue, machines: onTCP},
	InDatagram:    {read: inOctets, must: []string{"from"}, machines: onUDP},
	InUnreachable: {read: inLabel, machines: onUDP},
	InAnswer:      {read: inMessage, must: []string{"of"}, machines: servers},
	InReturn:      {read: inJSON, must: []string{"of"}, machines: easy},
	InFail:        {read: inNumber, machines: easy},
	InSend:        {read: inMessage, may: []string{"msg_id", "frag_id"}, machines: clients},
	InSendAck:     {read: inMessage, must: []string{"msg_id"}, may: []string{"frag_id"}, machines: clients},
	InReceive:     {read: inTrue, machines: clients},
	InClose:       {read: inTrue, machines: notEasy},
}

func inTrue(_ *Input, n *node) bool         { return n.onlyTrue() }
func inOctets(in *Input, n *node) (ok bool) { in.Octets, ok = n.octets(); return ok }
func inLabel(in *Input, n *node) (ok bool)  { in.To, ok = n.label(); return ok }
func inMessage(in *Input, n *node) bool     { in.Frame = readMessage(n); return in.Frame != nil }
func inJSON(in *Input, n *node) bool        { in.JSON = n.value(); return true }
func inNumber(in *Input, n *node) (ok bool) { in.Of, ok = n.number(); return ok }

// inputFields are the fields that go with those of inputForms.
var inputFields = map[string]func(in *Input, n *node) bool{
	"from":    func(in *Input, n *node) (ok bool) { in.From, ok = n.label(); return ok },
	"to":      func(in *Input, n *node) (ok bool) { in.To, ok = n.label(); return ok },
	"of":      func(in *Input, n *node) (ok bool) { in.Of, ok = n.number(); return ok },
	"msg_id":  func(in *Input, n *node) (ok bool) { in.MsgID, ok = n.id(); return ok },
	"frag_id": func(in *Input, n *node) (ok bool) { in.FragID, ok = n.id(); return ok },
}

// outputForm is the same for an output.
type outputForm struct {
	read      func(out *Output, n *node) bool
	must, may []string
	machines  []string
	// sent and delivered outputs have, on UDP, the field "to" and "from" besides.
	sent, delivered bool
}

var outputForms = map[string]outputForm{
	OutDeliver:  {read: outMessage, machines: notEasy, delivered: true},
	OutHandle:   {read: outJSON, machines: easy, delivered: true},
	OutHello:    {read: outTrue, machines: clients, sent: true},
	OutWelcome:  {read: outLabel, machines: greeters, sent: true},
	OutAck:      {read: outMsgID, machines: machines, sent: true},
	OutPong:     {read: outOctets, machines: machines, sent: true},
	OutData:     {read: outMessage, machines: notEasy, sent: true},
	OutResponse: {read: outJSON, machines: easy, sent: true},
	OutErr:      {read: outCode, may: []string{"msg_id"}, machines: machines, sent: true},
	OutBye:      {read: outTrue, machines: notEasy, sent: true},
	OutDatagram: {read: outOctets, machines: []string{MachineUDPClient}, sent: true},
	OutEnd:      {read: outTrue, machines: onTCP},
	OutClose:    {read: outTrue, machines: onTCP},
	OutSuccess:  {read: outSend, machines: clients},
	OutFailure:  {read: outSend, must: []string{"error"}, may: []string{"remote"}, machines: clients},
	OutReport:   {read: outError, may: []string{"remote", "from"}, machines: clients},
}

// outputFields are the fields that go with those of outputForms.
var outputFields = map[string]func(out *Output, n *node) bool{
	"from":   func(out *Output, n *node) (ok bool) { out.From, ok = n.label(); return ok },
	"to":     func(out *Output, n *node) (ok bool) { out.To, ok = n.label(); return ok },
	"msg_id": func(out *Output, n *node) (ok bool) { out.MsgID, ok = n.id(); return ok },
	"error":  func(out *Output, n *node) (ok bool) { out.Error, ok = n.errorName(); return ok },
	"remote": func(out *Output, n *node) bool { out.Remote = true; return n.onlyTrue() },
	"free":   func(out *Output, n *node) bool { out.Free = n.sentence(); return out.Free != "" },
}

func outTrue(_ *Output, n *node) bool          { return n.onlyTrue() }
func outOctets(out *Output, n *node) (ok bool) { out.Octets, ok = n.octets(); return ok }
func outLabel(out *Output, n *node) (ok bool)  { out.Label, ok = n.label(); return ok }
func outMessage(out *Output, n *node) bool     { out.Frame = readMessage(n); return out.Frame != nil }
func outJSON(out *Output, n *node) bool        { out.JSON = n.value(); return true }
func outSend(out *Output, n *node) (ok bool)   { out.MsgID, ok = n.id(); return ok }
func outError(out *Output, n *node) (ok bool)  { out.Error, ok = n.errorName(); return ok }

// outMsgID reads the msg-id of an ACK, which may have none.
func outMsgID(out *Output, n *node) (ok bool) {
	if s, isText := n.text(); isText && s == "" {
		return true
	}
	out.MsgID, ok = n.id()
	return ok
}

func outCode(out *Output, n *node) bool {
	code, ok := n.octet()
	out.Code = int(code)
	return ok
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

var (
	inputKinds  = slices.Sorted(maps.Keys(inputForms))
	outputKinds = slices.Sorted(maps.Keys(outputForms))
)

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

func (v *Vector) readInput(n *node, t *timeline, first bool) (*Input, bool) {
	kinds := inputKinds
	if v.Family == FamilyReassembly {
		kinds = []string{InDatagram}
	}
	kind, ok := n.kindOf(kinds)
	if !ok {
		return nil, false
	}
	in := &Input{Kind: kind.key}
	form := inputForms[in.Kind]
	if !slices.Contains(form.machines, v.Machine) {
		kind.fail("does not happen to a %s", v.Machine)
		return nil, false
	}
	if first != (in.Kind == InConnected) && !t.udp {
		kind.fail("a connection begins with %s, and only once", InConnected)
		return nil, false
	}
	must := form.must
	if t.udp && (in.Kind == InSend || in.Kind == InSendAck) {
		must = append(slices.Clone(must), "to")
	}
	fields, ok := n.members(in.Kind, must, form.may)
	if !ok || !form.read(in, kind) {
		return nil, false
	}
	for _, field := range n.nodes {
		if field != kind && !inputFields[field.key](in, field) {
			return nil, false
		}
	}
	return in, t.input(in, fields, kind)
}

// input notes an input, and checks it against those before.
func (t *timeline) input(in *Input, fields map[string]*node, kind *node) bool {
	switch in.Kind {
	case InAnswer, InReturn, InFail:
		of := fields["of"]
		if in.Kind == InFail {
			of = kind
		}
		if in.Of > t.delivered {
			of.fail("is %d, and %d messages have been delivered", in.Of, t.delivered)
			return false
		}
		if t.answered[in.Of] {
			of.fail("message %d has its answer already", in.Of)
			return false
		}
		t.answered[in.Of] = true
	case InSendAck:
		t.open[in.MsgID] = true
	}
	return true
}

func (v *Vector) readOutput(n *node, t *timeline) (out Output, ok bool) {
	kinds := outputKinds
	if v.Family == FamilyReassembly {
		kinds = []string{OutAck, OutDeliver}
	}
	kind, ok := n.kindOf(kinds)
	if !ok {
		return out, false
	}
	out.Kind = kind.key
	form := outputForms[out.Kind]
	if !slices.Contains(form.machines, v.Machine) {
		kind.fail("is not what a %s does", v.Machine)
		return out, false
	}
	must := slices.Clone(form.must)
	if t.udp && form.sent {
		must = append(must, "to")
	}
	if t.udp && form.delivered {
		must = append(must, "from")
	}
	if _, ok := n.members(out.Kind, must, slices.Concat(form.may, []string{"free"})); !ok || !form.read(&out, kind) {
		return out, false
	}
	for _, field := range n.nodes {
		if field != kind && !outputFields[field.key](&out, field) {
			return out, false
		}
	}
	switch out.Kind {
	case OutDeliver, OutHandle:
		t.delivered++
	case OutSuccess, OutFailure:
		if !t.open[out.MsgID] {
			kind.fail("no acknowledged send with the msg-id %s is under way", out.MsgID)
			return out, false
		}
		delete(t.open, out.MsgID)
	}
	return out, true
}
