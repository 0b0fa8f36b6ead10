package report

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/vstp-project/vstp/conformance"
)

type jsonBadge struct {
	SchemaVersion int    `json:"schemaVersion"`
	Label         string `json:"label"`
	Message       string `json:"message"`
	Color         string `json:"color"`
	IsError       bool   `json:"isError,omitempty"`
}

// WriteBadge writes what a run comes to in the form that shields.io reads from an
// endpoint. Only a conformant run is green.
func WriteBadge(w io.Writer, rep *conformance.Report, o conformance.ExitOptions) error {
	b := jsonBadge{SchemaVersion: 1, Label: fmt.Sprintf("VSTP %s %s", rep.Spec, rep.Profile)}
	switch rep.ExitCode(o) {
	case conformance.ExitConformant:
		b.Message, b.Color = "conformant, "+plural(judged(rep), "case"), "brightgreen"
	case conformance.ExitNonConformant:
		b.Message, b.Color = against(rep, o), "red"
	case conformance.ExitIncomplete:
		b.Message, b.Color = "incomplete", "yellow"
	case conformance.ExitInterrupted:
		b.Message, b.Color, b.IsError = "interrupted", "lightgrey", true
	default:
		b.Message, b.Color, b.IsError = "no verdict", "lightgrey", true
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(b)
}
