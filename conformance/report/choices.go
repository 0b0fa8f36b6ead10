package report

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/conformance/probe"
)

// A choice is something that the specification leaves to an implementation, and
// what each implementation was seen to do.
type choice struct {
	name string
	made []string // by implementation
}

// unseen stands where a run says nothing about a choice.
const unseen = "not seen"

// choicesOf finds the choices that some implementation was seen to make: each MAY
// that was seen, each SHOULD that was followed or not, what is offered, and from
// the recorded exchanges how connections are closed and which error codes are
// sent.
func choicesOf(all []Named) []choice {
	var list []choice
	add := func(name string, of func(*conformance.Report) string) {
		c := choice{name: name}
		seen := false
		for _, n := range all {
			made := of(n.Report)
			seen = seen || made != ""
			if made == "" {
				made = unseen
			}
			c.made = append(c.made, made)
		}
		if seen {
			list = append(list, c)
		}
	}
	var ids []string
	levels := map[string]string{}
	for _, n := range all {
		for _, s := range standings(n.Report) {
			if strings.HasPrefix(s.Level, "SHOULD") || s.Level == "MAY" {
				if levels[s.ID] == "" {
					ids = append(ids, s.ID)
				}
				levels[s.ID] = s.Level
			}
		}
	}
	slices.Sort(ids)
	for _, id := range ids {
		add(fmt.Sprintf("[%s] %s", id, levels[id]), func(rep *conformance.Report) string { return choiceOf(rep, id) })
	}
	add("listeners", listeners)
	add("what it does not offer", notOffered)
	add("error codes that it sends", errorCodes)
	add("how it closes TCP connections", closings)
	return list
}

func choiceOf(rep *conformance.Report, id string) string {
	for _, s := range standings(rep) {
		if s.ID != id {
			continue
		}
		switch s.Verdict {
		case conformance.Pass:
			return "followed"
		case conformance.Warn, conformance.Fail, conformance.ExpectedFail:
			return "not followed"
		case conformance.Info:
			return "made use of"
		}
		return string(s.Verdict)
	}
	return ""
}

func listeners(rep *conformance.Report) string {
	var names []string
	for _, l := range []struct{ name, addr string }{
		{"tcp", rep.Addrs.TCP},
		{"udp", rep.Addrs.UDP},
		{"tls", rep.Addrs.TLS},
		{"easy-tcp", rep.Addrs.EasyTCP},
		{"easy-udp", rep.Addrs.EasyUDP},
	} {
		if l.addr != "" {
			names = append(names, l.name)
		}
	}
	return strings.Join(names, ", ")
}

func notOffered(rep *conformance.Report) string {
	reasons := map[string]bool{}
	for _, res := range rep.Results {
		if rest, ok := strings.CutPrefix(res.Message, "the target does not offer "); ok && res.Verdict == conformance.NotApplicable {
			reasons[oneLine(rest)] = true
		}
	}
	return strings.Join(slices.Sorted(maps.Keys(reasons)), ", ")
}

func errorCodes(rep *conformance.Report) string {
	codes := map[string]bool{}
	received(rep, func(e probe.Event) {
		for _, f := range e.Frames() {
			if code, ok := f.Header("err-code"); ok && f.TypeName() == "ERR" && f.Class() == "" {
				codes[oneLine(string(code))] = true
			}
		}
	})
	return strings.Join(slices.SortedFunc(maps.Keys(codes), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b)) // in the order of numbers
	}), ", ")
}

func closings(rep *conformance.Report) string {
	ways := map[string]bool{}
	received(rep, func(e probe.Event) {
		if e.Kind != probe.EventClose || fromJudge(e) {
			return
		}
		if strings.Contains(e.Text, "reset") {
			ways["RST"] = true
		} else {
			ways["FIN"] = true
		}
	})
	return strings.Join(slices.Sorted(maps.Keys(ways)), ", ")
}

// received hands over what came from the target, as far as the report holds it.
func received(rep *conformance.Report, each func(probe.Event)) {
	for _, res := range rep.Results {
		for _, e := range res.Exchange {
			if e.Kind == probe.EventRecv || e.Kind == probe.EventClose {
				each(e)
			}
		}
	}
}

// WriteChoices writes what each implementation was seen to choose where the
// specification leaves a choice, one choice in a line, a star before those in
// which the implementations differ.
func WriteChoices(w io.Writer, all []Named) error {
	var b strings.Builder
	tab := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	head := "  choice"
	for _, n := range all {
		head += "\t" + oneLine(n.Name)
	}
	fmt.Fprintln(tab, head)
	for _, c := range choicesOf(all) {
		mark := "  "
		if slices.ContainsFunc(c.made, func(made string) bool { return made != c.made[0] }) {
			mark = "* "
		}
		fmt.Fprintln(tab, mark+c.name+"\t"+strings.Join(c.made, "\t"))
	}
	if err := tab.Flush(); err != nil {
		return err
	}
	_, err := io.WriteString(w, b.String())
	return err
}
