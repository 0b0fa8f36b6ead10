package soak

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Units of figures. The empty one is for what is counted.
const (
	octets  = "octets"
	seconds = "s"
)

// Figure is something that was measured, in a trial that has it.
type Figure struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit,omitempty"`

	// Least and Most are the bounds that it has to keep to, nil for none.
	Least *float64 `json:"least,omitempty"`
	Most  *float64 `json:"most,omitempty"`
}

// Kept reports whether the figure is within its bounds.
func (f Figure) Kept() bool {
	return (f.Least == nil || f.Value >= *f.Least) && (f.Most == nil || f.Value <= *f.Most)
}

// String is the figure for people, its bounds included.
func (f Figure) String() string {
	text := f.Name + " " + amount(f.Value, f.Unit)
	mark := ""
	if !f.Kept() {
		mark = ", NOT HELD"
	}
	switch {
	case f.Least != nil && f.Most != nil && *f.Least == *f.Most:
		return fmt.Sprintf("%s (it has to be %s%s)", text, amount(*f.Least, f.Unit), mark)
	case f.Least != nil && f.Most != nil:
		return fmt.Sprintf("%s (%s to %s%s)", text, amount(*f.Least, f.Unit), amount(*f.Most, f.Unit), mark)
	case f.Least != nil:
		return fmt.Sprintf("%s (at least %s%s)", text, amount(*f.Least, f.Unit), mark)
	case f.Most != nil:
		return fmt.Sprintf("%s (at most %s%s)", text, amount(*f.Most, f.Unit), mark)
	}
	return text
}

// amount is a number with its unit, for people.
func amount(v float64, unit string) string {
	switch unit {
	case octets:
		for _, u := range []struct {
			name string
			size float64
		}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}} {
			if math.Abs(v) >= u.size {
				return fmt.Sprintf("%.1f %s", v/u.size, u.name)
			}
		}
		return thousands(v) + " octets"
	case seconds:
		if v < 0.001 {
			return fmt.Sprintf("%.0f µs", v*1e6)
		}
		if v < 1 {
			return fmt.Sprintf("%.1f ms", v*1e3)
		}
		return fmt.Sprintf("%.1f s", v)
	}
	if unit != "" {
		unit = " " + unit
	}
	return thousands(v) + unit
}

// thousands writes a count with separators; what is no whole number has one decimal.
func thousands(v float64) string {
	if v != math.Trunc(v) {
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	digits := strconv.FormatFloat(math.Abs(v), 'f', 0, 64)
	var groups []string
	for len(digits) > 3 {
		groups = append([]string{digits[len(digits)-3:]}, groups...)
		digits = digits[:len(digits)-3]
	}
	text := strings.Join(append([]string{digits}, groups...), ",")
	if v < 0 {
		text = "-" + text
	}
	return text
}

func (r *run) figure(name, unit string, v float64) {
	r.figures = append(r.figures, Figure{Name: name, Unit: unit, Value: v})
}

func (r *run) atMost(name, unit string, v, most float64) {
	r.figures = append(r.figures, Figure{Name: name, Unit: unit, Value: v, Most: &most})
}

func (r *run) atLeast(name, unit string, v, least float64) {
	r.figures = append(r.figures, Figure{Name: name, Unit: unit, Value: v, Least: &least})
}

func (r *run) between(name, unit string, v, least, most float64) {
	r.figures = append(r.figures, Figure{Name: name, Unit: unit, Value: v, Least: &least, Most: &most})
}

func (r *run) exactly(name, unit string, v, want float64) { r.between(name, unit, v, want, want) }

func (r *run) says(format string, args ...any) { r.did = fmt.Sprintf(format, args...) }

func inSeconds(d time.Duration) float64 { return d.Seconds() }
