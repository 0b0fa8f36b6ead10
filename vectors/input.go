package vectors

import (
	"maps"
	"slices"
)

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
	"frag_id": func(in *Input, n *node) (ok bool) { in.FragID, ok = n.fragID(); return ok },
}

var inputKinds = slices.Sorted(maps.Keys(inputForms))

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
