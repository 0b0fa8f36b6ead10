package report

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/conformance/probe"
	"github.com/vstp-project/vstp/spec"
)

var (
	//go:embed page/report.css
	pageCSS string
	//go:embed page/report.js
	pageJS string
	//go:embed page/report.html.tmpl
	pageText string
	//go:embed page/case.html.tmpl
	caseText string

	pageTemplate = template.Must(template.New("page").Parse(pageText))
	caseTemplate = template.Must(template.New("case").Parse(caseText))
)

// maxBodies is how many octets the details of all cases may take together, so that
// a browser opens the page at once. Beyond it the details are shortened, those of
// the cases that went well first.
const maxBodies = 8 << 20

// leastBody is how many octets the diagram of a case takes, if it is short.
const leastBody = 4 << 10

// A size says how much of a case is shown.
type size struct{ events, frames int }

var (
	sizeFull  = size{events: 60, frames: 24}
	sizeGood  = size{events: 16, frames: 3}
	sizeShort = size{events: 8, frames: 1}
)

type page struct {
	Policy, Title, Tone, Word, Rest, Suite string

	CSS          template.CSS
	JS           template.JS
	Facts        [][2]string
	Counts       []pageCount
	Levels       []string
	Begin        []pageBegin
	BeginMore    string
	Cases        []pageCase
	Requirements []pageRequirement
	Unjudged     []spec.Requirement
}

// A pageBegin is a place to begin at.
type pageBegin struct {
	Tally, Observed, Advice, Command, Case, Anchor string
}

type pageCount struct {
	Verdict, Tone, Sign string
	N                   int
}

type pageCase struct {
	ID, Anchor, Title, Requirement, Level, Profile, Verdict, Tone, Sign, Took, Text string
	Body                                                                            template.HTML
}

type pageRequirement struct {
	ID, Level, Profile, Sentence, Verdict, Tone, Sign, Tally, Has, Text string
}

// WriteHTML writes the report as one page that needs nothing beside itself: what
// the run comes to, each case with a diagram of its exchange and its frames field
// by field, and the requirements with their verdicts. What a target had a hand in
// is shown as text and nothing else.
func WriteHTML(w io.Writer, rep *conformance.Report, o conformance.ExitOptions) error {
	c := conclude(rep, o)
	sum := sha256.Sum256([]byte(pageJS))
	p := page{
		Policy: "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'",
		Title:  strings.TrimSpace("VSTP conformance of " + cmp.Or(cut(oneLine(rep.Target), 100), "an implementation")),
		Tone:   tone(c.like), Word: c.word, Rest: c.rest, Suite: rep.Suite,
		CSS: template.CSS(pageCSS), JS: template.JS(pageJS),
		Facts: facts(rep), Levels: levels,
	}
	for _, v := range conformance.Verdicts() {
		if n := rep.Count(v); n > 0 {
			p.Counts = append(p.Counts, pageCount{string(v), tone(v), signs[v], n})
		}
	}
	begin, more := places(rep)
	for _, c := range begin {
		b := pageBegin{Tally: c.tally(), Observed: observed(c.lead), Advice: c.advice(), Case: oneLine(c.lead.ID), Anchor: anchor(c.lead)}
		if rep.CaseCommand != "" {
			b.Command = oneLine(rep.CaseCommand + " " + c.lead.ID)
		}
		p.Begin = append(p.Begin, b)
	}
	if more > 0 {
		p.BeginMore = plural(more, "case") + " did not go well for other reasons."
	}
	var err error
	if p.Cases, err = pageCases(rep); err != nil {
		return err
	}
	all := standings(rep)
	for _, s := range all {
		p.Requirements = append(p.Requirements, requirementRow(s))
	}
	p.Unjudged = unjudged(all)
	return pageTemplate.Execute(w, p)
}

// anchor is where a case stands on the page.
func anchor(res conformance.Result) string { return "case-" + oneLine(res.ID) }

// tone is the class of colours that a verdict has.
func tone(v conformance.Verdict) string {
	switch {
	case v.Bad(), v == conformance.HarnessError, v == conformance.ExpectedFail:
		return "bad"
	case v == conformance.Warn, v == conformance.Inconclusive, v == conformance.NotExercised:
		return "warn"
	case v == conformance.NotApplicable:
		return "mute"
	}
	return "good"
}

func requirementRow(s standing) pageRequirement {
	has := []string{}
	for _, res := range s.Cases {
		if !slices.Contains(has, string(res.Verdict)) {
			has = append(has, string(res.Verdict))
		}
	}
	return pageRequirement{
		ID: s.ID, Level: s.Level, Profile: s.Profile, Sentence: s.Text, Verdict: string(s.Verdict), Tone: tone(s.Verdict),
		Sign: signs[s.Verdict], Tally: tally(s.Cases), Has: strings.Join(has, " "), Text: strings.ToLower(s.ID + " " + s.Text),
	}
}

// pageCases are the cases, the gravest first, with details as far as there is room.
func pageCases(rep *conformance.Report) ([]pageCase, error) {
	results := slices.Clone(rep.Results)
	order := map[string]int{} // in which results are explained
	for i, c := range explanations(rep) {
		for _, res := range c.results {
			order[res.ID] = 2*i + 1
		}
		order[c.lead.ID] = 2 * i
	}
	slices.SortStableFunc(results, func(a, b conformance.Result) int {
		return cmp.Or(slices.Index(gravity, a.Verdict)-slices.Index(gravity, b.Verdict), order[a.ID]-order[b.ID])
	})
	// What a case says in words comes first, for all of them.
	room := maxBodies
	cases := make([]pageCase, len(results))
	for i, res := range results {
		body, err := caseBody(rep, res, size{})
		if err != nil {
			return nil, err
		}
		room -= len(body)
		cases[i] = pageCase{
			ID: oneLine(res.ID), Anchor: anchor(res), Title: oneLine(res.Title), Requirement: violated(res), Level: res.Level, Profile: res.Profile,
			Verdict: string(res.Verdict), Tone: tone(res.Verdict), Sign: signs[res.Verdict], Took: span(res.Duration),
			Text: strings.ToLower(oneLine(fmt.Sprint(res.ID, " ", res.Title, " ", res.Message, " ", violated(res), " ", strings.Join(res.Requirements, " ")))),
			Body: body,
		}
	}
	for i, res := range results {
		if len(res.Exchange) == 0 {
			continue
		}
		if room < leastBody {
			break
		}
		sizes := []size{sizeGood, sizeShort}
		if _, bad := explained(res.Verdict); bad || res.Verdict == conformance.NotExercised {
			sizes = []size{sizeFull, sizeShort}
		}
		for _, s := range sizes {
			body, err := caseBody(rep, res, s)
			if err != nil {
				return nil, err
			}
			if more := len(body) - len(cases[i].Body); more <= room {
				room -= more
				cases[i].Body = body
				break
			}
		}
	}
	return cases, nil
}

type pageBody struct {
	Sentences                              []spec.Requirement
	Entries                                [][2]string
	Command, Output, FramesNote, Shortened string
	Ladder                                 *drawing
	Frames                                 []pageFrame
	Files                                  []string
}

func caseBody(rep *conformance.Report, res conformance.Result, s size) (template.HTML, error) {
	b := pageBody{Entries: append(entries(res), [2]string{"took", span(res.Duration)}), Output: strings.TrimSpace(clean(res.Output))}
	ids := []string{violated(res)}
	if len(res.Requirements) > 0 && res.Requirements[0] != ids[0] {
		ids = append(ids, res.Requirements[0])
	}
	for _, id := range ids {
		r, ok := spec.Lookup(id)
		if !ok {
			r = spec.Requirement{ID: id, Level: res.Level, Profile: res.Profile}
		}
		b.Sentences = append(b.Sentences, r)
	}
	if rep.CaseCommand != "" {
		b.Command = oneLine(rep.CaseCommand + " " + res.ID)
	}
	if _, bad := explained(res.Verdict); (bad || res.Verdict == conformance.NotExercised) && len(res.Exchange) > 0 {
		frames, pcap := CaseFiles(res.ID)
		b.Files = []string{frames}
		if hasPackets(res) {
			b.Files = append(b.Files, pcap)
		}
	}
	switch {
	case len(res.Exchange) == 0 && res.Verdict == conformance.Pass:
		b.Shortened = "The exchange of a case that passed is in result.jsonl only."
	case len(res.Exchange) > 0 && s == size{}:
		b.Shortened = "The exchange is left out here: this page would get too long."
	default:
		b.Ladder = draw(res, s.events)
		b.Frames, b.FramesNote = pageFrames(res, s.frames)
	}
	var out bytes.Buffer
	err := caseTemplate.Execute(&out, b)
	return template.HTML(out.String()), err
}

// hasPackets says whether there is a capture of the exchange.
func hasPackets(res conformance.Result) bool {
	return slices.ContainsFunc(res.Exchange, func(e probe.Event) bool {
		return e.Kind == probe.EventOpen && strings.Contains(e.Text, " → ")
	})
}
