package report

import (
	_ "embed"
	"encoding/json"
	"io"
	"math"
	"slices"
	"time"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/conformance/probe"
	"github.com/vstp-project/vstp/conformance/target"
)

// ResultFormat names the format of result.json.
const ResultFormat = "vstp-result/1"

//go:embed result.schema.json
var resultSchema []byte

// ResultSchema returns the JSON Schema (2020-12) of what [WriteJSON] writes. The
// caller owns the copy.
func ResultSchema() []byte { return slices.Clone(resultSchema) }

type jsonReport struct {
	Schema      string         `json:"schema"`
	Suite       string         `json:"suite"`
	Spec        string         `json:"spec"`
	Target      string         `json:"target"`
	Addrs       target.Addrs   `json:"addrs"`
	Profile     string         `json:"profile"`
	Seed        uint64         `json:"seed"`
	TimeScale   float64        `json:"time_scale"`
	Started     time.Time      `json:"started"`
	DurationMS  float64        `json:"duration_ms"`
	JitterMS    float64        `json:"jitter_ms"`
	Interrupted bool           `json:"interrupted"`
	Summary     map[string]int `json:"summary"`
	Cases       []jsonCase     `json:"cases"`
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
	out := jsonReport{
		Schema: ResultFormat, Suite: rep.Suite, Spec: rep.Spec,
		Target: rep.Target, Addrs: rep.Addrs, Profile: rep.Profile, Seed: rep.Seed, TimeScale: rep.TimeScale,
		Started: rep.Started, DurationMS: milliseconds(rep.Duration), JitterMS: milliseconds(rep.Jitter),
		Interrupted: rep.Interrupted,
		Summary:     map[string]int{"total": len(rep.Results)},
		Cases:       make([]jsonCase, len(rep.Results)),
	}
	for _, v := range conformance.Verdicts() {
		out.Summary[string(v)] = rep.Count(v)
	}
	for i, res := range rep.Results {
		out.Cases[i] = caseJSON(res)
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(out)
}

func caseJSON(res conformance.Result) jsonCase {
	c := jsonCase{
		ID: res.ID, Title: res.Title, Requirements: res.Requirements, Level: res.Level, Profile: res.Profile,
		Verdict: string(res.Verdict), Cause: string(res.Cause), Message: res.Message,
		DurationMS: milliseconds(res.Duration), JitterMS: milliseconds(res.Jitter),
		Step: res.Step, Exit: res.Exit, Output: res.Output,
	}
	if v := res.Violation; v != nil {
		c.Violation = &jsonViolation{Requirement: violated(res), Want: v.Want, Got: v.Got, Timing: v.Timing}
	}
	if res.Verdict != conformance.Pass && res.Verdict != conformance.NotApplicable {
		c.Exchange = res.Exchange
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
