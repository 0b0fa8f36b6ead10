package report

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/conformance/probe"
)

// A cause is one observation that several cases have in common: one fault of a target
// makes many cases fail, and keeps many more from coming to their point.
type cause struct {
	lead    conformance.Result   // the simplest that shows it
	results []conformance.Result // all, the lead included
}

var (
	// leadUp is what the message of a case says before it says what went wrong.
	leadUp = regexp.MustCompile(`^the exchange before it failed(, at "[^"]*")?: `)
	// quoted are payloads and the like, which each case has its own of.
	quoted = regexp.MustCompile(`'[^']*'|"[^"]*"|\([^()]* octets?\)`)
)

// observed is what went wrong in a case, without what led up to it.
func observed(res conformance.Result) string {
	return leadUp.ReplaceAllString(oneLine(res.Message), "")
}

// delivered is how a message begins that says of bad octets that they were taken for
// good ones. What is bad about them is in the requirement.
var delivered = regexp.MustCompile(`^expected (that it is not delivered|that the datagram is discarded|no DATA\b)`)

// observation is the same for two results that show the same.
func observation(res conformance.Result) string {
	if delivered.MatchString(res.Message) {
		return violated(res) + " is not checked"
	}
	return drawn.ReplaceAllString(quoted.ReplaceAllString(observed(res), "…"), "#")
}

// counts says whether a result is one of those that a fault of the target explains.
func counts(res conformance.Result) bool {
	switch res.Verdict {
	case conformance.Fail, conformance.Warn, conformance.Crash, conformance.Hang:
		return true
	}
	return res.Verdict == conformance.NotExercised && res.Cause == probe.CauseTarget
}

// gather puts the results of a run together that have one key, in the order in which the
// keys occur; those for which keyOf is not ok are left out.
func gather(rep *conformance.Report, keyOf func(conformance.Result) (key string, ok bool)) []cause {
	var all []cause
	index := map[string]int{}
	for _, res := range rep.Results {
		key, ok := keyOf(res)
		if !ok {
			continue
		}
		i, seen := index[key]
		if !seen {
			i = len(all)
			index[key] = i
			all = append(all, cause{})
		}
		all[i].results = append(all[i].results, res)
	}
	for i := range all {
		all[i].lead = slices.MinFunc(all[i].results, simpler)
	}
	return all
}

// causes puts the results of a run together that show the same, or of which the same
// can be said, those first on which the most cases hang. A crash and a hang are always
// something of their own.
func causes(rep *conformance.Report) []cause {
	all := gather(rep, func(res conformance.Result) (key string, ok bool) {
		switch {
		case !counts(res):
			return "", false
		case res.Verdict == conformance.Crash || res.Verdict == conformance.Hang:
			return res.ID, true
		}
		return cmp.Or(hint(res), observation(res)), true
	})
	slices.SortStableFunc(all, func(a, b cause) int {
		if x, y := a.rank(), b.rank(); x != y {
			return x - y
		}
		return len(b.results) - len(a.results)
	})
	return all
}

// rank puts what ends a target before everything else, and what only should not be
// behind it.
func (c cause) rank() int {
	switch c.lead.Verdict {
	case conformance.Crash, conformance.Hang:
		return 0
	case conformance.Warn:
		return 2
	}
	return 1
}

// simpler says which of two results shows the same by less: a failure before what could
// not be exercised, then the one with the shorter exchange.
func simpler(a, b conformance.Result) int {
	return cmp.Or(weight(a.Verdict)-weight(b.Verdict), len(a.Exchange)-len(b.Exchange), octets(a)-octets(b))
}

// octets is how many went over the wire.
func octets(res conformance.Result) int {
	n := 0
	for _, e := range res.Exchange {
		n += e.Length
	}
	return n
}

func weight(v conformance.Verdict) int {
	switch v {
	case conformance.NotExercised:
		return 2
	case conformance.Warn:
		return 1
	}
	return 0
}

// tally counts the results by verdict: "3 fail, 178 not-exercised".
func (c cause) tally() string { return tally(c.results) }

// A clue is what an observation usually means.
type clue struct {
	seen *regexp.Regexp // in what was observed
	// about is a prefix of the IDs of requirements that the case is about; empty for any.
	about string
	text  string
}

// clues are tried in their order.
var clues = []clue{
	{
		regexp.MustCompile(`CRC32 is`), "",
		"CRC32 is the checksum of gzip and zip, over all octets of the frame before it, and is written with its most significant octet first.",
	},
	{
		regexp.MustCompile(`HDR_LEN is little-endian|PAY_LEN is big-endian`), "",
		"The two lengths differ in their order of octets: HDR_LEN has its least significant octet first, PAY_LEN its most significant one.",
	},
	{
		regexp.MustCompile(`^expected the echo of DATA .*got WELCOME .*and no more`), "",
		"HELLO and DATA were sent together, and only HELLO is answered. One read from a TCP connection can yield several frames, or part of one: what is left after a frame has to be kept, and decoded further.",
	},
	{
		regexp.MustCompile(`(ACK and echo of the sentinel .*no ACK|expected \S* ?ACK msg-id=\S+ .*got|ACKs? of .*got (none|#))`), "",
		"The ACK is what is missing here, and perhaps nothing else is wrong: over UDP each message with the flag REQ_ACK is acknowledged by an ACK with its msg-id, beside the answer of the application.",
	},
	{
		regexp.MustCompile(`two fragments|frag-index=`), "",
		"A message in fragments is put together before it is given to the application, which sends one answer for all of them.",
	},
	{
		regexp.MustCompile(`^expected the echo of DATA .*got nothing`), "",
		"The server has to run the echo application of the test contract (spec/test-contract.md): for each DATA one DATA with the same payload and headers. If it does, look whether it waits for more octets than the frame has.",
	},
	{
		regexp.MustCompile(``), "CMP-",
		"A server that offers no compression is judged as such with --capabilities ''.",
	},
}

// hint is what a result usually means; empty where there is nothing to say in general.
func hint(res conformance.Result) string {
	if res.Verdict == conformance.Crash || res.Verdict == conformance.Hang {
		return ""
	}
	for _, c := range clues {
		if c.seen.MatchString(observed(res)) && strings.HasPrefix(violated(res), c.about) {
			return c.text
		}
	}
	return ""
}

// advice is what there is to say of a cause: what it usually means, or else what the
// specification demands.
func (c cause) advice() string {
	h := hint(c.lead)
	if died := c.rank() == 0; h != "" || died || c.lead.Violation == nil {
		return h
	}
	return oneLine(sentenceOf(violated(c.lead)))
}

// maxBegin is how many places to begin at are named.
const maxBegin = 3

// places are the causes to begin with, none where a report is so short that it says by
// itself where. more is how many results have other causes.
func places(rep *conformance.Report) (begin []cause, more int) {
	all := causes(rep)
	total := 0
	for _, c := range all {
		total += len(c.results)
	}
	if total <= maxBegin {
		return nil, 0
	}
	begin = all[:min(maxBegin, len(all))]
	for _, c := range all[len(begin):] {
		more += len(c.results)
	}
	return begin, more
}

// others names the cases of a cause beside the lead.
func (c cause) others() string {
	const most = 3
	var ids []string
	for _, res := range c.results {
		if res.ID != c.lead.ID {
			ids = append(ids, oneLine(res.ID))
		}
	}
	if len(ids) == 0 {
		return ""
	}
	text := strings.Join(ids[:min(most, len(ids))], ", ")
	if more := len(ids) - most; more > 0 {
		text += fmt.Sprintf(" and %s more", count(more))
	}
	return text
}

// explanations are the results that are worth one, the gravest first, those together
// that show the same, and the largest such groups first.
func explanations(rep *conformance.Report) []cause {
	groups := gather(rep, func(res conformance.Result) (key string, ok bool) {
		_, ok = explained(res.Verdict)
		if res.Verdict == conformance.Fail || res.Verdict == conformance.Warn {
			return string(res.Verdict) + observation(res), ok
		}
		return res.ID, ok
	})
	slices.SortStableFunc(groups, func(a, b cause) int {
		x, _ := explained(a.lead.Verdict)
		y, _ := explained(b.lead.Verdict)
		return cmp.Or(x-y, len(b.results)-len(a.results))
	})
	return groups
}

// singly takes groups apart.
func singly(groups []cause) []cause {
	var all []cause
	for _, g := range groups {
		for _, res := range g.results {
			all = append(all, cause{lead: res, results: []conformance.Result{res}})
		}
	}
	return all
}
