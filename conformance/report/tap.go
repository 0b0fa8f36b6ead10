package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/vstp-project/vstp/conformance"
)

// WriteTAP writes the report in the Test Anything Protocol, version 14. A
// violated SHOULD and a failure that the baseline expects are "not ok" with the
// directive TODO, which does not make a run fail; what has to be judged and was
// not is "not ok"; what is not applicable, or not to be judged in these
// surroundings, has the directive SKIP.
func WriteTAP(w io.Writer, rep *conformance.Report, o conformance.ExitOptions) error {
	var b strings.Builder
	fmt.Fprintf(&b, "TAP version 14\n1..%d\n", len(rep.Results))
	fmt.Fprintf(&b, "# vstp-conform %s judges VSTP %s, profile %s, seed %d\n", rep.Suite, rep.Spec, rep.Profile, rep.Seed)
	fmt.Fprintf(&b, "# target: %s\n", oneLine(rep.Target))
	for i, res := range rep.Results {
		tapLine(&b, i+1, res, o)
	}
	if rep.Interrupted {
		b.WriteString("Bail out! the run was interrupted\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func tapLine(b *strings.Builder, number int, res conformance.Result, o conformance.ExitOptions) {
	status, directive := "ok", ""
	switch bearing := bearingOf(res, o); {
	case bearing == bearsFailure, bearing == bearsError:
		status = "not ok"
	case bearing == bearsSkip:
		directive = " # SKIP " + tapText(reason(res))
	case bearing == bearsKnown, res.Verdict == conformance.Warn:
		status, directive = "not ok", " # TODO "+tapText(reason(res))
	}
	fmt.Fprintf(b, "%s %d - %s%s\n", status, number, tapText(oneLine(res.ID)), directive)
	if res.Verdict == conformance.Pass || directive != "" && res.Verdict != conformance.Warn {
		return
	}
	b.WriteString("  ---\n")
	for _, member := range [][2]string{
		{"verdict", string(res.Verdict)},
		{"cause", string(res.Cause)},
		{"requirement", violated(res)},
		{"level", res.Level},
		{"message", oneLine(res.Message)},
		{"step", oneLine(res.Step)},
		{"exit", oneLine(res.Exit)},
	} {
		if member[1] != "" {
			fmt.Fprintf(b, "  %s: %s\n", member[0], strconv.Quote(member[1]))
		}
	}
	fmt.Fprintf(b, "  duration_ms: %v\n  ...\n", milliseconds(res.Duration))
}

var tapEscapes = strings.NewReplacer(`\`, `\\`, `#`, `\#`)

// tapText is text in which nothing can be taken for a directive.
func tapText(text string) string { return tapEscapes.Replace(text) }
