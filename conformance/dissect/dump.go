package dissect

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

const (
	maxShownOctets = 8  // octets of one field in a line of Dump
	maxShownFields = 96 // lines of Dump for fields, beyond which the middle is left out
)

// Dump returns the frame as a table with one line for each field: offset,
// octets, name, meaning. A line that begins with an exclamation mark is a
// violation of the field above it, with its requirement. Every line, the last
// included, ends with a line feed.
func (f Frame) Dump() string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s\n", f.String())
	if len(f.Fields) > 0 {
		fmt.Fprintf(&out, "%8s  %-*s  %-9s  %s\n", "offset", octetsWidth, "octets", "field", "meaning")
	}

	pending := slices.SortedStableFunc(slices.Values(f.Violations), func(v, w Violation) int {
		return cmp.Compare(v.Offset, w.Offset)
	})
	head, tail := len(f.Fields), 0
	if len(f.Fields) > maxShownFields {
		head, tail = maxShownFields*3/4, maxShownFields/4
	}
	for i, field := range f.Fields {
		shown := i < head || i >= len(f.Fields)-tail
		if i == head {
			fmt.Fprintf(&out, "%8s  %s left out\n", "…", plural(int64(len(f.Fields)-head-tail), "field"))
		}
		n := 0
		for n < len(pending) && pending[n].Offset < field.Offset+field.Length {
			n++
		}
		here := pending[:n]
		pending = pending[n:]
		if shown || len(here) > 0 {
			octets := f.Raw[field.Offset : field.Offset+field.Length]
			fmt.Fprintf(&out, "%8d  %-*s  %-9s  %s\n", field.Offset, octetsWidth, dumpOctets(octets), field.Name, field.Value)
		}
		writeViolations(&out, here)
	}
	writeViolations(&out, pending)
	return out.String()
}

// octetsWidth is the width of the longest field in the column of octets.
const octetsWidth = 3*maxShownOctets + 1

// dumpOctets spells octets in hex, the end of many left out.
func dumpOctets(b []byte) string {
	if len(b) > maxShownOctets {
		return fmt.Sprintf("% x …", b[:maxShownOctets])
	}
	return fmt.Sprintf("% x", b)
}

func writeViolations(out *strings.Builder, violations []Violation) {
	for _, v := range violations {
		kind := v.Class
		if v.Soft {
			kind = "sender"
		}
		fmt.Fprintf(out, "!%7d  [%s] %s: %s\n", v.Offset, v.Requirement, kind, v.Text)
	}
}
