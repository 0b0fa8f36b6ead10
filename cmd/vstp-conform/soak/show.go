package soak

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
)

// Show writes results as a table: a trial, what was done, what was seen, the verdict.
func Show(w io.Writer, results []Result) {
	for _, res := range results {
		fmt.Fprintf(w, "%-10s  %-8s  %.1f s\n", res.Trial, res.Verdict, res.Duration.Seconds())
		paragraph(w, "did", res.Did)
		for i, f := range res.Figures {
			name := ""
			if i == 0 {
				name = "saw"
			}
			paragraph(w, name, f.String())
		}
		if res.Why != "" {
			paragraph(w, "why", res.Why)
		}
		fmt.Fprintln(w)
	}
}

// width is the most characters in a line of a paragraph, name and indent aside.
const width = 84

// paragraph writes text behind a name, in lines.
func paragraph(w io.Writer, name, text string) {
	line := ""
	flush := func() {
		fmt.Fprintf(w, "  %-3s  %s\n", name, line)
		name, line = "", ""
	}
	for _, word := range strings.Fields(text) {
		if line != "" && len([]rune(line))+1+len([]rune(word)) > width {
			flush()
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	if line != "" {
		flush()
	}
}

// Summary counts the verdicts in one line.
func Summary(results []Result) string {
	counts := map[Verdict]int{}
	var took time.Duration
	for _, res := range results {
		counts[res.Verdict]++
		took += res.Duration
	}
	return fmt.Sprintf("%d trials in %.0f s: %d held, %d not held, %d not run",
		len(results), took.Seconds(), counts[Held], counts[NotHeld], counts[NotRun])
}

// WriteJSON writes results for programs.
func WriteJSON(w io.Writer, results []Result) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(struct {
		Schema int      `json:"schema"`
		Trials []Result `json:"trials"`
	}{1, results})
}

// AllHeld reports whether nothing that was run failed.
func AllHeld(results []Result) bool {
	for _, res := range results {
		if res.Verdict == NotHeld {
			return false
		}
	}
	return true
}
