package vectors

import (
	"maps"
	"slices"
)

// outputForm is what an output of one kind consists of, as inputForm says it of an
// input.
type outputForm struct {
	read      func(out *Output, n *node) bool
	must, may []string
	machines  []string
	// sent and delivered outputs have, on UDP, the field "to" and "from" besides.
	sent, delivered bool
}

// outputForms by kind.
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

var outputKinds = slices.Sorted(maps.Keys(outputForms))

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
