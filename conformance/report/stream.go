package report

import (
	"bytes"
	"encoding/json"
	"io"
	"sync"
	"time"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/conformance/target"
)

// StreamFormat names the format of result.jsonl.
const StreamFormat = "vstp-result-stream/1"

// The kinds of lines of a stream.
const (
	recordHeader = "header"
	recordCase   = "case"
	recordFooter = "footer"
)

type jsonHeader struct {
	Record string `json:"record"`
	jsonRun
	Cases []jsonPlanned `json:"cases"`
}

// jsonPlanned is a case that has not run yet.
type jsonPlanned struct {
	ID           string   `json:"id"`
	Title        string   `json:"title"`
	Requirements []string `json:"requirements"`
	Level        string   `json:"level"`
	Profile      string   `json:"profile"`
}

type jsonResult struct {
	Record string   `json:"record"`
	Case   jsonCase `json:"case"`
}

type jsonFooter struct {
	Record  string       `json:"record"`
	Addrs   target.Addrs `json:"addrs"`
	Started time.Time    `json:"started"` // when the target was ready
	jsonEnd
}

type jsonFailure struct {
	Record string `json:"record"`
	Error  string `json:"error"`
}

// A Stream writes the results of a run as they come, a line of JSON for each, in
// the form that [StreamSchema] describes: whatever ends the judge, what it had
// found out by then is there. Its methods can be called from several goroutines.
type Stream struct {
	mu      sync.Mutex
	w       io.Writer
	err     error // the first of w
	written map[string]outcome
}

// An outcome is the part of a result that can still change after it was told of:
// a case is blamed for a crash when no other did it again.
type outcome struct {
	verdict conformance.Verdict
	message string
}

func outcomeOf(res conformance.Result) outcome { return outcome{res.Verdict, res.Message} }

// NewStream returns a Stream that writes to w, each line with one call.
func NewStream(w io.Writer) *Stream { return &Stream{w: w, written: map[string]outcome{}} }

// Header writes the first line: what is about to be judged, and by which cases.
// Of the report only the fields that are known before a run are used.
func (s *Stream) Header(rep *conformance.Report, cases []conformance.Case) {
	h := jsonHeader{Record: recordHeader, jsonRun: runJSON(StreamFormat, rep)}
	h.Addrs = target.Addrs{}
	for _, c := range cases {
		h.Cases = append(h.Cases, jsonPlanned{ID: c.ID, Title: c.Title, Requirements: c.Requirements, Level: c.Level, Profile: c.Profile})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.line(h)
}

// OnResult writes the line of a case, for [conformance.Options].
func (s *Stream) OnResult(res conformance.Result, _, _ int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.result(res)
}

func (s *Stream) result(res conformance.Result) {
	s.written[res.ID] = outcomeOf(res)
	s.line(jsonResult{Record: recordCase, Case: caseJSON(res)})
}

// Finish writes the results that have changed since they were told of, and the
// last line. It returns the first error that writing met with.
func (s *Stream) Finish(rep *conformance.Report) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, res := range rep.Results {
		if s.written[res.ID] != outcomeOf(res) {
			s.result(res)
		}
	}
	s.line(jsonFooter{Record: recordFooter, Addrs: rep.Addrs, Started: rep.Started, jsonEnd: endJSON(rep)})
	return s.err
}

// Fail writes the last line of a run that has no result, with the reason.
func (s *Stream) Fail(reason error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.line(jsonFailure{Record: recordFooter, Error: reason.Error()})
	return s.err
}

func (s *Stream) line(v any) {
	if s.err != nil {
		return
	}
	var line bytes.Buffer
	enc := json.NewEncoder(&line)
	enc.SetEscapeHTML(false)
	if s.err = enc.Encode(v); s.err == nil {
		_, s.err = s.w.Write(line.Bytes())
	}
}
