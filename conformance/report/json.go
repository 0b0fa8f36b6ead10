package report

import (
	"encoding/json"
	"io"
	"math"
	"time"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/conformance/probe"
	"github.com/vstp-project/vstp/conformance/target"
)

// ResultFormat names the format of result.json.
const ResultFormat = "vstp-result/1"

// jsonRun is what there is to say about a run as a whole before it begins.
type jsonRun struct {
	Schema      string       `json:"schema"`
	Suite       string       `json:"suite"`
	Spec        string       `json:"spec"`
	Target      string       `json:"target"`
	Addrs       target.Addrs `json:"addrs"`
	Role        string       `json:"role,omitempty"`
	Profile     string       `json:"profile"`
	Seed        uint64       `json:"seed"`
	TimeScale   float64      `json:"time_scale"`
	Link        string       `json:"link,omitempty"`
	Started     time.Time    `json:"started"`
	Command     string       `json:"command,omitempty"`
	CaseCommand string       `json:"case_command,omitempty"`
}

// jsonEnd is what there is to say once it has ended.
type jsonEnd struct {
	Drops       int            `json:"drops"`
	DurationMS  float64        `json:"duration_ms"`
	JitterMS    float64        `json:"jitter_ms"`
	Interrupted bool           `json:"interrupted"`
	Stale       []string       `json:"stale,omitempty"`
	Unexercised []string       `json:"unexercised,omitempty"`
	Summary     map[string]int `json:"summary"`
}

type jsonReport struct {
	jsonRun
	jsonEnd
	Cases []jsonCase `json:"cases"`
}

type jsonCase struct {
	ID           string         `json:"id"`
	Title        string         `json:"title"`
	Requirements []string       `json:"requirements"`
	Level        string         `json:"level"`
	Profile      string         `json:"profile"`
	Verdict      string         `json:"verdict"`
	Cause        string         `json:"cause,omitempty"`
	Message      string         `json:"message"`
	DurationMS   float64        `json:"duration_ms"`
	JitterMS     float64        `json:"jitter_ms"`
	Violation    *jsonViolation `json:"violation,omitempty"`
	Step         string         `json:"step,omitempty"`
	Exit         string         `json:"exit,omitempty"`
	Output       string         `json:"output,omitempty"`
	Datagrams    *int           `json:"datagrams,omitempty"`
	Drops        *int           `json:"drops,omitempty"`
	Exchange     []probe.Event  `json:"exchange,omitempty"`
}

type jsonViolation struct {
	Requirement string `json:"requirement"`
	Want        string `json:"want"`
	Got         string `json:"got"`
	Timing      bool   `json:"timing"`
}

// WriteJSON writes the report as indented JSON in the form that [ResultSchema]
// describes. The exchange of a case is written where it explains something: not
// for a pass and not for what was not applicable.
func WriteJSON(w io.Writer, rep *conformance.Report) error {
	out := jsonReport{jsonRun: runJSON(ResultFormat, rep), jsonEnd: endJSON(rep), Cases: make([]jsonCase, len(rep.Results))}
	for i, res := range rep.Results {
		out.Cases[i] = caseJSON(res)
		if res.Verdict == conformance.Pass || res.Verdict == conformance.NotApplicable {
			out.Cases[i].Exchange = nil
		}
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(out)
}

func runJSON(format string, rep *conformance.Report) jsonRun {
	return jsonRun{
		Schema: format, Suite: rep.Suite, Spec: rep.Spec,
		Target: rep.Target, Addrs: rep.Addrs, Role: rep.Role, Profile: rep.Profile, Seed: rep.Seed, TimeScale: rep.TimeScale, Link: rep.Link,
		Started: rep.Started, Command: rep.Command, CaseCommand: rep.CaseCommand,
	}
}

func endJSON(rep *conformance.Report) jsonEnd {
	end := jsonEnd{
		DurationMS: milliseconds(rep.Duration), JitterMS: milliseconds(rep.Jitter), Interrupted: rep.Interrupted, Drops: rep.Drops(),
		Stale: rep.Stale, Unexercised: rep.Unexercised,
		Summary: map[string]int{"total": len(rep.Results)},
	}
	for _, v := range conformance.Verdicts() {
		end.Summary[string(v)] = rep.Count(v)
	}
	return end
}

func caseJSON(res conformance.Result) jsonCase {
	c := jsonCase{
		ID: res.ID, Title: res.Title, Requirements: res.Requirements, Level: res.Level, Profile: res.Profile,
		Verdict: string(res.Verdict), Cause: string(res.Cause), Message: res.Message,
		DurationMS: milliseconds(res.Duration), JitterMS: milliseconds(res.Jitter),
		Step: res.Step, Exit: res.Exit, Output: res.Output, Exchange: res.Exchange,
	}
	if v := res.Violation; v != nil {
		c.Violation = &jsonViolation{Requirement: violated(res), Want: v.Want, Got: v.Got, Timing: v.Timing}
	}
	if res.Crossed {
		c.Datagrams, c.Drops = &res.Datagrams, &res.Drops
	}
	return c
}

// violated is the requirement that a result is about: the one that was violated
// where the violation names it, else the one that the case judges.
func violated(res conformance.Result) string {
	switch {
	case res.Violation != nil && res.Violation.Requirement != "":
		return res.Violation.Requirement
	case len(res.Requirements) > 0:
		return res.Requirements[0]
	}
	return ""
}

// milliseconds are exact to the microsecond.
func milliseconds(d time.Duration) float64 {
	return math.Round(d.Seconds()*1e6) / 1e3
}
