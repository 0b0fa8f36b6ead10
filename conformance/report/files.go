package report

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"io"
	"path"
	"strings"

	"github.com/vstp-project/vstp/conformance"
)

// FileOptions shape what [Files] makes.
type FileOptions struct {
	Exit conformance.ExitOptions
	// All says to make captures and dissections of every case that has an exchange,
	// instead of those that did not go well.
	All bool
}

// A File is a report to be written under a name.
type File struct {
	Name    string // slash-separated, relative to the directory of the reports
	Content []byte
}

// Files makes every report of a run but the stream: result.json, junit.xml,
// report.tap, report.md, badge.json, report.html, and for the cases that did not
// go well frames/CASE.txt and pcap/CASE.pcapng. It hands them to yield one after
// the other and ends with the first error.
func Files(rep *conformance.Report, o FileOptions, yield func(File) error) error {
	for _, f := range []struct {
		name  string
		write func(io.Writer) error
	}{
		{"result.json", func(w io.Writer) error { return WriteJSON(w, rep) }},
		{"junit.xml", func(w io.Writer) error { return WriteJUnit(w, rep, o.Exit) }},
		{"report.tap", func(w io.Writer) error { return WriteTAP(w, rep, o.Exit) }},
		{"report.md", func(w io.Writer) error { return WriteMarkdown(w, rep, o.Exit) }},
		{"badge.json", func(w io.Writer) error { return WriteBadge(w, rep, o.Exit) }},
		{"report.html", func(w io.Writer) error { return WriteHTML(w, rep, o.Exit) }},
	} {
		var doc bytes.Buffer
		if err := f.write(&doc); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		if err := yield(File{f.name, doc.Bytes()}); err != nil {
			return err
		}
	}
	for _, res := range rep.Results {
		_, bad := explained(res.Verdict)
		if !bad && res.Verdict != conformance.NotExercised && !o.All || len(res.Exchange) == 0 {
			continue
		}
		if err := caseFiles(rep, res, yield); err != nil {
			return err
		}
	}
	return nil
}

func caseFiles(rep *conformance.Report, res conformance.Result, yield func(File) error) error {
	text, packets := CaseFiles(res.ID)
	var doc bytes.Buffer
	if err := WriteFrames(&doc, rep, res); err != nil {
		return fmt.Errorf("%s: %w", text, err)
	}
	if err := yield(File{text, doc.Bytes()}); err != nil {
		return err
	}
	if file := Pcapng(rep, res); file != nil {
		return yield(File{packets, file})
	}
	return nil
}

// RunFiles are the names that the reports of a whole run have.
func RunFiles() []string {
	return []string{"result.jsonl", "result.json", "junit.xml", "report.tap", "report.md", "badge.json", "report.html"}
}

// CaseFiles are the names of the dissection and of the capture of a case: its ID
// below frames and pcap, where whatever could have a meaning to a file system is
// written as a percent sign and two hex digits.
func CaseFiles(id string) (frames, pcap string) {
	parts := strings.Split(id, "/")
	for i, part := range parts {
		parts[i] = fileName(part)
	}
	name := path.Join(parts...)
	return "frames/" + name + ".txt", "pcap/" + name + ".pcapng"
}

const maxFileName = 120

func fileName(part string) string {
	var b strings.Builder
	for i := range len(part) {
		c := part[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_', c == '@', c == '.' && i > 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	name := b.String()
	if name == "" {
		return "%"
	}
	if len(name) > maxFileName {
		h := fnv.New64a()
		_, _ = io.WriteString(h, part)
		name = fmt.Sprintf("%s-%016x", name[:maxFileName], h.Sum64())
	}
	return name
}
