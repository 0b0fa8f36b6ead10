package report

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/conformance/capture"
	"github.com/vstp-project/vstp/conformance/probe"
)

// Pcapng returns the exchange of a case as a pcapng file, nil where nothing of it
// can be shown as packets. The packets are made from the record: addresses, times
// and octets are what they were, the segments of TCP are one for each event and
// its handshakes are made up. Each packet says which case and requirement it
// belongs to. The times are those since the case began, counted from the beginning
// of the run.
func Pcapng(rep *conformance.Report, res conformance.Result) []byte {
	p := packets{rep: rep, res: res, conns: map[string]*conn{}}
	p.w = capture.NewWriter("vstp-conform "+rep.Suite, p.about())
	p.last = lastDecisive(res)
	for _, i := range packetOrder(res.Exchange) {
		p.event(i, res.Exchange[i])
	}
	if p.written == 0 {
		return nil
	}
	return p.w.Bytes()
}

// packetOrder is the order of events in a capture. A case can learn that the target has
// closed before it has looked at all that came before that: on the wire the end is last.
func packetOrder(events []probe.Event) []int {
	last := map[string]int{} // the last that came, by channel
	for i, e := range events {
		if e.Kind == probe.EventRecv {
			last[e.Channel] = i
		}
	}
	var order []int
	held := map[string][]int{}
	for i, e := range events {
		if end, ok := last[e.Channel]; ok && e.Kind == probe.EventClose && !fromJudge(e) && i < end {
			held[e.Channel] = append(held[e.Channel], i)
			continue
		}
		order = append(order, i)
		if i == last[e.Channel] {
			order = append(order, held[e.Channel]...)
			delete(held, e.Channel)
		}
	}
	return order
}

type packets struct {
	rep     *conformance.Report
	res     conformance.Result
	w       *capture.Writer
	conns   map[string]*conn // by channel
	written int
	at      time.Time // of the last packet
	last    int       // index of the event at which the verdict became clear; -1 for none
}

// A conn is what is known of a connection or socket.
type conn struct {
	out        capture.Flow // from judge to target
	sent, came uint32       // the next sequence numbers of TCP
}

func (p *packets) about() string {
	return fmt.Sprintf("Case %s: %s. %s Made by vstp-conform %s from the record of the exchange; target: %s; profile %s, seed %d.",
		oneLine(p.res.ID), reason(p.res), oneLine(sentenceOf(violated(p.res))), p.rep.Suite, oneLine(p.rep.Target), p.rep.Profile, p.rep.Seed)
}

func (p *packets) event(i int, e probe.Event) {
	at := p.rep.Started.Add(e.At)
	if at.Before(p.at) { // the end of a stream, which comes after what came before it
		at = p.at
	}
	p.at = at
	if e.Kind == probe.EventOpen {
		p.open(at, e)
		return
	}
	c := p.conns[e.Channel]
	if c == nil {
		return // remarks, and whatever does not go over a network
	}
	octets := e.Kind == probe.EventSend || e.Kind == probe.EventRecv || e.Kind == probe.EventDropSend || e.Kind == probe.EventDropRecv
	switch {
	case octets && e.Datagram():
		p.datagram(at, c, i, e)
	case octets:
		p.segments(at, c, i, e)
	case e.Kind == probe.EventClose && !e.Datagram():
		p.end(at, c, i, e)
	}
}

func (p *packets) open(at time.Time, e probe.Event) {
	local, remote, ok := strings.Cut(e.Text, " → ")
	if !ok {
		return
	}
	from, err := netip.ParseAddrPort(local)
	if err != nil {
		return
	}
	to, err := netip.ParseAddrPort(remote)
	if err != nil {
		return
	}
	if e.Datagram() {
		p.conns[e.Channel] = &conn{out: capture.Ends(capture.UDP, from, to)}
		return
	}
	c := &conn{out: capture.Ends(capture.TCP, from, to), sent: 1, came: 1}
	p.conns[e.Channel] = c
	comment := p.comment(e, "the connection is opened (handshake made up)", nil)
	p.segment(at, c.out, capture.Syn, 0, 0, nil, 0, comment)
	p.segment(at, c.out.Reverse(), capture.Syn|capture.Ack, 0, 1, nil, 0, "")
	p.segment(at, c.out, capture.Ack, 1, 1, nil, 0, "")
}

func (p *packets) segment(at time.Time, f capture.Flow, flags byte, sequence, acknowledged uint32, payload []byte, length int, comment string) {
	p.written++
	p.w.Segment(at, f, flags, sequence, acknowledged, payload, length, comment)
}

func (p *packets) datagram(at time.Time, c *conn, i int, e probe.Event) {
	f := c.out
	if !fromJudge(e) {
		f = c.out.Reverse()
		// A reply may come from another address than it was sent to.
		if from, ok := sourceOf(e); ok {
			f = capture.Ends(capture.UDP, from, c.out.From)
		}
	}
	p.written++
	p.w.Datagram(at, f, e.Octets, e.Length, p.eventComment(i, e))
}

// sourceOf is the address that a datagram came from, which its text begins with.
func sourceOf(e probe.Event) (netip.AddrPort, bool) {
	rest, ok := strings.CutPrefix(e.Text, "from ")
	if !ok {
		return netip.AddrPort{}, false
	}
	text, _, ok := strings.Cut(rest, ": ")
	if !ok {
		return netip.AddrPort{}, false
	}
	from, err := netip.ParseAddrPort(text)
	return from, err == nil
}

// maxEventOctets is more than a probe ever reads or sends at once; a result that
// claims more is not believed.
const maxEventOctets = 64 << 20

// segments writes the octets of an event on a connection. Those that were not kept
// are missing at the end of their segments, as in a capture with a limit.
func (p *packets) segments(at time.Time, c *conn, i int, e probe.Event) {
	f, mine, other := c.out, &c.sent, &c.came
	if !fromJudge(e) {
		f, mine, other = c.out.Reverse(), &c.came, &c.sent
	}
	kept, comment := e.Octets, p.eventComment(i, e)
	for left := min(max(e.Length, len(kept)), maxEventOctets); left > 0; {
		n := min(left, capture.MaxSegment)
		payload := kept[:min(n, len(kept))]
		p.segment(at, f, capture.Psh|capture.Ack, *mine, *other, payload, n, comment)
		kept, left, comment = kept[len(payload):], left-n, ""
		*mine += uint32(n)
	}
}

func (p *packets) end(at time.Time, c *conn, i int, e probe.Event) {
	f, mine, other := c.out.Reverse(), &c.came, &c.sent
	if fromJudge(e) {
		f, mine, other = c.out, &c.sent, &c.came
	}
	flags := byte(capture.Fin | capture.Ack)
	if strings.Contains(e.Text, "reset") {
		flags = capture.Rst | capture.Ack
	}
	p.segment(at, f, flags, *mine, *other, nil, 0, p.eventComment(i, e))
	*mine++
}

// fromJudge says whether the judge did it, and not the target. What ends a
// connection says so in words.
func fromJudge(e probe.Event) bool {
	if e.Kind == probe.EventClose {
		return strings.HasPrefix(e.Text, "we ")
	}
	return e.Kind == probe.EventSend || e.Kind == probe.EventDropSend
}

// eventComment is the comment of a packet: case, requirement, what it is, what is
// wrong with it, and at the last packet what the verdict is.
func (p *packets) eventComment(i int, e probe.Event) string {
	var faults []string
	for _, f := range e.Frames() {
		for _, v := range f.Violations {
			faults = append(faults, fmt.Sprintf("[%s] %s", v.Requirement, v.Text))
		}
	}
	what := e.Text
	if isDrop(e) {
		what = "lost on the link: " + what
	}
	c := p.comment(e, what, faults)
	if did := linkDid(e); did != "" {
		c += "\nThe link between judge and target: " + did
	}
	if i == p.last {
		c += "\nVerdict: " + reason(p.res)
	}
	return c
}

func (p *packets) comment(e probe.Event, what string, faults []string) string {
	lines := []string{
		fmt.Sprintf("Case %s, requirement %s", oneLine(p.res.ID), violated(p.res)),
		oneLine(e.Channel + ": " + what),
	}
	if len(faults) > 0 && fromJudge(e) {
		lines = append(lines, "Broken on purpose by the judge:")
	}
	const most = 10
	for _, fault := range faults[:min(len(faults), most)] {
		lines = append(lines, oneLine(fault))
	}
	return strings.Join(lines, "\n")
}

func isDrop(e probe.Event) bool {
	return e.Kind == probe.EventDropSend || e.Kind == probe.EventDropRecv
}

// absent says what did not come where the verdict is about silence: then no event shows
// it. It is empty where one does.
func absent(res conformance.Result) string {
	v := res.Violation
	if _, ok := explained(res.Verdict); !ok || v == nil || res.Verdict == conformance.Crash || res.Verdict == conformance.Hang {
		return ""
	}
	if v.Got == "nothing" || strings.HasPrefix(v.Got, "no ") && !strings.HasPrefix(v.Got, "no whole frame") {
		return "expected " + oneLine(v.Want) + ", got " + oneLine(v.Got)
	}
	return ""
}

// shownDecisive is the index of the event that shows what is wrong; -1 for none.
func shownDecisive(res conformance.Result) int {
	if absent(res) != "" {
		return -1
	}
	return lastDecisive(res)
}

// lastDecisive is the index of the event at which a verdict that is not good became
// clear: the last that came from the target, or, where nothing came, the last that
// was sent. It is -1 where there is none.
func lastDecisive(res conformance.Result) int {
	if _, ok := explained(res.Verdict); !ok {
		return -1
	}
	sent := -1
	for i := len(res.Exchange) - 1; i >= 0; i-- {
		switch e := res.Exchange[i]; {
		case e.Kind == probe.EventRecv, e.Kind == probe.EventClose && !fromJudge(e):
			return i
		case e.Kind == probe.EventSend && sent < 0:
			sent = i
		}
	}
	return sent
}
