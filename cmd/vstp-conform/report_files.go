package main

import (
	"fmt"
	"os"
	"path"
	"path/filepath"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/conformance/report"
)

// The values of --pcap.
const (
	pcapFailures = "failures"
	pcapAll      = "all"
)

var pcapChoices = []string{pcapFailures, pcapAll}

func checkPcap(value string) error {
	if value != pcapFailures && value != pcapAll {
		return usagef("--pcap %s: there are failures and all", value)
	}
	return nil
}

// streamName is the one report that is written while the run goes on.
const streamName = "result.jsonl"

// A resultStream writes result.jsonl. A nil one does nothing.
type resultStream struct {
	file   *os.File
	stream *report.Stream
}

// openStream makes the directory, takes away the reports of an earlier run in it,
// and begins the stream.
func openStream(dir string, head *conformance.Report, cases []conformance.Case) (*resultStream, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, usagef("--out: %v", err)
	}
	removeReports(dir)
	file, err := os.Create(filepath.Join(dir, streamName))
	if err != nil {
		return nil, usagef("--out: %v", err)
	}
	s := &resultStream{file, report.NewStream(file)}
	s.stream.Header(head, cases)
	return s, nil
}

func (s *resultStream) OnResult(res conformance.Result, done, total int) {
	if s != nil {
		s.stream.OnResult(res, done, total)
	}
}

// Finish writes what is left of the stream and its end.
func (s *resultStream) Finish(rep *conformance.Report) error {
	if s == nil {
		return nil
	}
	return s.written(s.stream.Finish(rep))
}

// Fail ends the stream of a run that has no result.
func (s *resultStream) Fail(reason error) error {
	if s == nil {
		return nil
	}
	return s.written(s.stream.Fail(reason))
}

func (s *resultStream) written(err error) error {
	if err != nil {
		return fmt.Errorf("writing %s: %w", streamName, err)
	}
	return nil
}

// Close closes the file, which Finish or Fail has said everything about.
func (s *resultStream) Close() { _ = s.file.Close() }

// removeReports takes the reports of an earlier run away, so that what is in the
// directory afterwards is all of one run. It touches a directory only where a
// stream of ours says which cases there were, and there only the names that
// reports have.
func removeReports(dir string) {
	ids, ok := streamCases(filepath.Join(dir, streamName))
	if !ok {
		return
	}
	for _, name := range report.RunFiles() {
		_ = os.Remove(filepath.Join(dir, name))
	}
	for _, id := range ids {
		frames, pcap := report.CaseFiles(id)
		for _, name := range []string{frames, pcap} {
			_ = os.Remove(filepath.Join(dir, filepath.FromSlash(name)))
		}
	}
}

// streamCases are the cases that the header of a stream announces.
func streamCases(name string) (ids []string, ok bool) {
	doc, err := os.ReadFile(name)
	if err != nil {
		return nil, false
	}
	rep, err := report.ReadPlan(doc)
	if err != nil {
		return nil, false
	}
	for _, res := range rep.Results {
		ids = append(ids, res.ID)
	}
	return ids, true
}

// writeReports writes every report but the stream, each whole or not at all.
func writeReports(dir string, rep *conformance.Report, o report.FileOptions) error {
	return report.Files(rep, o, func(f report.File) error {
		at := filepath.Join(dir, filepath.FromSlash(path.Dir(f.Name)))
		if err := os.MkdirAll(at, 0o777); err != nil {
			return fmt.Errorf("writing %s: %w", f.Name, err)
		}
		return replaceFile(at, path.Base(f.Name), f.Content)
	})
}
