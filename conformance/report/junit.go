package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/vstp-project/vstp/conformance"
)

type (
	junitSuites struct {
		XMLName  xml.Name `xml:"testsuites"`
		Name     string   `xml:"name,attr"`
		Tests    int      `xml:"tests,attr"`
		Failures int      `xml:"failures,attr"`
		Errors   int      `xml:"errors,attr"`
		Skipped  int      `xml:"skipped,attr"`
		Time     string   `xml:"time,attr"`
		Suite    junitSuite
	}
	junitSuite struct {
		XMLName    xml.Name        `xml:"testsuite"`
		Name       string          `xml:"name,attr"`
		Tests      int             `xml:"tests,attr"`
		Failures   int             `xml:"failures,attr"`
		Errors     int             `xml:"errors,attr"`
		Skipped    int             `xml:"skipped,attr"`
		Time       string          `xml:"time,attr"`
		Timestamp  string          `xml:"timestamp,attr"`
		Properties []junitProperty `xml:"properties>property"`
		Cases      []junitCase     `xml:"testcase"`
	}
	junitProperty struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	junitCase struct {
		Name       string          `xml:"name,attr"`
		Class      string          `xml:"classname,attr"`
		Time       string          `xml:"time,attr"`
		Properties []junitProperty `xml:"properties>property"`
		Failure    *junitOutcome   `xml:"failure"`
		Error      *junitOutcome   `xml:"error"`
		Skipped    *junitOutcome   `xml:"skipped"`
		Output     string          `xml:"system-out,omitempty"`
	}
	junitOutcome struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr,omitempty"`
		Text    string `xml:",chardata"`
	}
)

// WriteJUnit writes the report as JUnit XML. A violated MUST is a failure; a
// crash, a hang, a fault of the judge and what has to be judged and was not are
// errors; what is not applicable, or not to be judged in these surroundings, is
// skipped. Requirement, level, profile, verdict and seed are properties of each
// case.
func WriteJUnit(w io.Writer, rep *conformance.Report, o conformance.ExitOptions) error {
	suite := junitSuite{
		Name:  strings.TrimSpace("vstp-conform " + rep.Role),
		Tests: len(rep.Results), Time: seconds(rep.Duration), Timestamp: rep.Started.UTC().Format("2006-01-02T15:04:05"),
		Properties: []junitProperty{
			{"target", oneLine(rep.Target)},
			{"spec", rep.Spec},
			{"suite", rep.Suite},
			{"profile", rep.Profile},
			{"seed", strconv.FormatUint(rep.Seed, 10)},
			{"time_scale", strconv.FormatFloat(rep.TimeScale, 'g', -1, 64)},
			{"interrupted", strconv.FormatBool(rep.Interrupted)},
			{"command", oneLine(rep.Command)},
		},
	}
	for _, res := range rep.Results {
		c := junitOf(rep, res, o)
		switch {
		case c.Failure != nil:
			suite.Failures++
		case c.Error != nil:
			suite.Errors++
		case c.Skipped != nil:
			suite.Skipped++
		}
		suite.Cases = append(suite.Cases, c)
	}
	doc := junitSuites{
		Name: suite.Name, Tests: suite.Tests, Failures: suite.Failures, Errors: suite.Errors,
		Skipped: suite.Skipped, Time: suite.Time, Suite: suite,
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(doc); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func junitOf(rep *conformance.Report, res conformance.Result, o conformance.ExitOptions) junitCase {
	class := "vstp"
	if i := strings.LastIndex(res.ID, "/"); i > 0 {
		class += "." + strings.ReplaceAll(oneLine(res.ID[:i]), "/", ".")
	}
	c := junitCase{
		Name: oneLine(res.ID), Class: class, Time: seconds(res.Duration),
		Properties: []junitProperty{
			{"requirement", violated(res)},
			{"level", res.Level},
			{"profile", res.Profile},
			{"verdict", string(res.Verdict)},
			{"seed", strconv.FormatUint(rep.Seed, 10)},
		},
	}
	explained := func() *junitOutcome {
		return &junitOutcome{Message: reason(res), Type: string(res.Verdict), Text: Explain(rep, res)}
	}
	switch bearingOf(res, o) {
	case bearsFailure:
		c.Failure = explained()
	case bearsError:
		c.Error = explained()
	case bearsSkip, bearsKnown:
		c.Skipped = &junitOutcome{Message: reason(res)}
	case bearsPassWithRemark:
		c.Output = reason(res)
	case bearsPass:
	}
	return c
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }
