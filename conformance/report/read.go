package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/conformance/probe"
)

// A FormatError says why octets are no result of a run.
type FormatError struct{ Problem string }

func (e *FormatError) Error() string { return e.Problem }

func formatf(format string, args ...any) error { return &FormatError{fmt.Sprintf(format, args...)} }

// A TruncatedError says that a stream has no footer. Report is what it holds all
// the same: marked as interrupted, the cases without a line not-exercised.
type TruncatedError struct {
	Report      *conformance.Report
	Have, Total int // cases
}

func (e *TruncatedError) Error() string {
	return fmt.Sprintf("it is cut short: the footer is missing, and %s of %s have a result", count(e.Have), plural(e.Total, "case"))
}

// Read reads what [WriteJSON] or a [Stream] has written. What is neither is a
// *FormatError, a stream without a footer a *TruncatedError.
func Read(doc []byte) (*conformance.Report, error) {
	format, err := formatOf(doc)
	if err != nil {
		return nil, err
	}
	var rep *conformance.Report
	switch format {
	case ResultFormat:
		rep, err = readResult(doc)
	case StreamFormat:
		rep, err = readStream(doc)
	case "":
		return nil, formatf(`it is JSON, but no result of vstp-conform: the member "schema" is missing`)
	default:
		return nil, formatf("it says that its format is %q: this edition reads %s and %s", cut(format, 60), ResultFormat, StreamFormat)
	}
	return rep, err
}

// formatOf is the member "schema" of the first JSON value.
func formatOf(doc []byte) (string, error) {
	if len(bytes.TrimSpace(doc)) == 0 {
		return "", formatf("it is empty")
	}
	var first json.RawMessage
	err := json.NewDecoder(bytes.NewReader(doc)).Decode(&first)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return "", formatf("it is cut short: the JSON breaks off after %s", plural(len(doc), "octet"))
	}
	if err != nil {
		return "", formatf("it is no JSON: %v", err)
	}
	var head struct {
		Schema string `json:"schema"`
	}
	if json.Unmarshal(first, &head) != nil {
		return "", nil // an array or the like has no such member
	}
	return head.Schema, nil
}

func readResult(doc []byte) (*conformance.Report, error) {
	var in jsonReport
	if err := strictly(doc, &in); err != nil {
		return nil, err
	}
	rep, err := reportOf(in.jsonRun, in.jsonEnd)
	if err != nil {
		return nil, err
	}
	for i, c := range in.Cases {
		res, err := resultOf(c)
		if err != nil {
			return nil, formatf("case %d: %v", i+1, err)
		}
		rep.Results = append(rep.Results, res)
	}
	return rep, checkResults(rep, in.Summary)
}

func readStream(doc []byte) (*conformance.Report, error) {
	s := streamReader{results: map[string]conformance.Result{}}
	number := 0
	lines := bytes.Split(bytes.TrimSpace(doc), []byte("\n"))
	for _, line := range lines {
		number++
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		if s.ended {
			return nil, formatf("line %d: it comes after the footer", number)
		}
		err := s.line(line)
		if err != nil && number == len(lines) && s.rep != nil && !json.Valid(line) {
			break // the write that was cut short
		}
		if err != nil {
			return nil, formatf("line %d: %v", number, err)
		}
	}
	return s.finish()
}

// A streamReader has read some lines of a stream.
type streamReader struct {
	rep     *conformance.Report // from the header on
	planned []jsonPlanned
	results map[string]conformance.Result
	summary map[string]int
	ended   bool
}

func (s *streamReader) line(line []byte) error {
	var head struct {
		Record string `json:"record"`
		Error  string `json:"error"`
	}
	if err := json.Unmarshal(line, &head); err != nil {
		return fmt.Errorf("it is no JSON object: %w", err)
	}
	switch {
	case (s.rep == nil) != (head.Record == recordHeader):
		return fmt.Errorf("the first line is the header, and no other: this is %q", cut(head.Record, 20))
	case head.Record == recordHeader:
		var h jsonHeader
		if err := strictly(line, &h); err != nil {
			return err
		}
		s.planned = h.Cases
		var err error
		s.rep, err = reportOf(h.jsonRun, jsonEnd{})
		return err
	case head.Record == recordCase:
		var c jsonResult
		if err := strictly(line, &c); err != nil {
			return err
		}
		res, err := resultOf(c.Case)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(s.planned, func(p jsonPlanned) bool { return p.ID == res.ID }) {
			return fmt.Errorf("the header does not announce the case %q", res.ID)
		}
		s.results[res.ID] = res
		return nil
	case head.Record == recordFooter && head.Error != "":
		return fmt.Errorf("the run has no result: %s", oneLine(head.Error))
	case head.Record == recordFooter:
		var f jsonFooter
		if err := strictly(line, &f); err != nil {
			return err
		}
		s.ended, s.summary = true, f.Summary
		s.rep.Addrs, s.rep.Started, s.rep.Duration, s.rep.Jitter, s.rep.Interrupted = f.Addrs, f.Started, duration(f.DurationMS), duration(f.JitterMS), f.Interrupted
		return nil
	}
	return fmt.Errorf("there is no record %q", cut(head.Record, 20))
}

// finish puts the results in the order of the header.
func (s *streamReader) finish() (*conformance.Report, error) {
	if s.rep == nil {
		return nil, formatf("the header is missing")
	}
	for _, p := range s.planned {
		res, ok := s.results[p.ID]
		if !ok {
			res = conformance.Result{
				ID: p.ID, Title: p.Title, Requirements: p.Requirements, Level: p.Level, Profile: p.Profile,
				Verdict: conformance.NotExercised, Cause: probe.CauseTarget,
				Message: "did not run, or its result was lost: the stream of results ends before it",
			}
		}
		s.rep.Results = append(s.rep.Results, res)
	}
	if !s.ended {
		s.rep.Interrupted = true
		return nil, &TruncatedError{Report: s.rep, Have: len(s.results), Total: len(s.planned)}
	}
	if len(s.results) != len(s.planned) {
		return nil, formatf("%s of %s have a result, although it has a footer", count(len(s.results)), plural(len(s.planned), "case"))
	}
	return s.rep, checkResults(s.rep, s.summary)
}

// strictly refuses members that the format does not have: they would be lost.
func strictly(doc []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(doc))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return formatf("it does not have the form of a result: %s", strings.TrimPrefix(err.Error(), "json: "))
	}
	if dec.More() {
		return formatf("something comes after the result, from octet %d on", dec.InputOffset())
	}
	return nil
}

func reportOf(run jsonRun, end jsonEnd) (*conformance.Report, error) {
	if run.Profile != "core" && run.Profile != "strict" {
		return nil, formatf("there is no profile %q", cut(run.Profile, 20))
	}
	return &conformance.Report{
		Suite: run.Suite, Spec: run.Spec, Target: run.Target, Addrs: run.Addrs, Role: run.Role, Profile: run.Profile,
		Seed: run.Seed, TimeScale: run.TimeScale, Link: run.Link, Started: run.Started, Command: run.Command, CaseCommand: run.CaseCommand,
		Duration: duration(end.DurationMS), Jitter: duration(end.JitterMS), Interrupted: end.Interrupted,
		Stale: end.Stale, Unexercised: end.Unexercised,
	}, nil
}

var (
	requirementID = regexp.MustCompile(`^[A-Z]{2,5}-[1-9][0-9]*$`)
	levels        = []string{"MUST", "MUST NOT", "SHOULD", "SHOULD NOT", "MAY"}
)

func resultOf(c jsonCase) (conformance.Result, error) {
	res := conformance.Result{
		ID: c.ID, Title: c.Title, Requirements: c.Requirements, Level: c.Level, Profile: c.Profile,
		Verdict: conformance.Verdict(c.Verdict), Cause: probe.Cause(c.Cause), Message: c.Message,
		Duration: duration(c.DurationMS), Jitter: duration(c.JitterMS),
		Step: c.Step, Exit: c.Exit, Output: c.Output, Exchange: c.Exchange,
	}
	if v := c.Violation; v != nil {
		res.Violation = &probe.Violation{Requirement: v.Requirement, Want: v.Want, Got: v.Got, Timing: v.Timing}
	}
	if c.Datagrams != nil && c.Drops != nil {
		res.Crossed, res.Datagrams, res.Drops = true, *c.Datagrams, *c.Drops
	}
	switch {
	case c.ID == "":
		return res, errors.New("it has no ID")
	case !slices.Contains(conformance.Verdicts(), res.Verdict):
		return res, fmt.Errorf("%s: there is no verdict %q", c.ID, cut(c.Verdict, 20))
	case !slices.Contains(levels, c.Level):
		return res, fmt.Errorf("%s: there is no level %q", c.ID, cut(c.Level, 20))
	case len(c.Requirements) == 0:
		return res, fmt.Errorf("%s: it has no requirement", c.ID)
	case (res.Verdict == conformance.NotExercised) != (c.Cause == string(probe.CauseTarget) || c.Cause == string(probe.CauseSurroundings)):
		return res, fmt.Errorf("%s: %s with the cause %q", c.ID, c.Verdict, cut(c.Cause, 20))
	}
	for _, id := range c.Requirements {
		if !requirementID.MatchString(id) {
			return res, fmt.Errorf("%s: %q is no ID of a requirement", c.ID, cut(id, 20))
		}
	}
	return res, nil
}

// checkResults holds the results against each other and against their summary.
func checkResults(rep *conformance.Report, summary map[string]int) error {
	seen := map[string]bool{}
	for _, res := range rep.Results {
		if seen[res.ID] {
			return formatf("the case %s has two results", res.ID)
		}
		seen[res.ID] = true
	}
	if n := summary["total"]; n != len(rep.Results) {
		return formatf("its summary counts %s and there are %s", plural(n, "case"), count(len(rep.Results)))
	}
	for _, v := range conformance.Verdicts() {
		if n := summary[string(v)]; n != rep.Count(v) {
			return formatf("its summary counts %d with the verdict %s and there are %d", n, v, rep.Count(v))
		}
	}
	return nil
}

// duration is the inverse of milliseconds.
func duration(ms float64) time.Duration {
	return time.Duration(math.Round(ms*1000)) * time.Microsecond
}

// ReadPlan reads the first line of a stream: what was going to be judged. Every
// case is not-exercised.
func ReadPlan(doc []byte) (*conformance.Report, error) {
	line, _, _ := bytes.Cut(doc, []byte("\n"))
	rep, err := readStream(append(line[:len(line):len(line)], '\n'))
	if cutShort := (*TruncatedError)(nil); errors.As(err, &cutShort) {
		return cutShort.Report, nil
	}
	return rep, err
}
