package netem

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Quantities in scenario files are texts with a unit. Each has a function that
// reads it and one that writes it, so that what is written is read as the same.

// parseShare reads "5%", and formatShare writes it. The percent sign is taken as
// two places of the decimal number and never as a division, which would round.
func parseShare(s string) (float64, error) {
	digits, ok := strings.CutSuffix(strings.TrimSpace(s), "%")
	if digits = strings.TrimSpace(digits); !ok || strings.ContainsAny(digits, "xXeEpP_nN") {
		return 0, fmt.Errorf("%q is not a percentage like \"2.5%%\"", s)
	}
	share, err := strconv.ParseFloat(digits+"e-2", 64)
	if err != nil {
		return 0, fmt.Errorf("%q is not a percentage like \"2.5%%\"", s)
	}
	return share, nil
}

func formatShare(share float64) string {
	mantissa, exponent, found := strings.Cut(strconv.FormatFloat(share, 'e', -1, 64), "e")
	if !found {
		return mantissa + "%" // no number
	}
	sign := ""
	if mantissa[0] == '-' {
		sign, mantissa = "-", mantissa[1:]
	}
	digits := strings.Replace(mantissa, ".", "", 1)
	e, _ := strconv.Atoi(exponent)
	point := 1 + e + 2 // where the decimal point comes among the digits
	switch {
	case share == 0:
		return "0%"
	case point <= 0:
		return sign + "0." + strings.Repeat("0", -point) + digits + "%"
	case point >= len(digits):
		return sign + digits + strings.Repeat("0", point-len(digits)) + "%"
	}
	return sign + digits[:point] + "." + digits[point:] + "%"
}

func checkShare(share float64) error {
	if !(share >= 0 && share <= 1) {
		return fmt.Errorf("%s is not between 0%% and 100%%", formatShare(share))
	}
	return nil
}

func parseDuration(s string) (time.Duration, error) {
	d, err := time.ParseDuration(strings.TrimSpace(s))
	if err != nil {
		return 0, fmt.Errorf("%q is not a time like \"20ms\" or \"1.5s\"", s)
	}
	return d, nil
}

func formatDuration(d time.Duration) string { return d.String() }

func checkDuration(d time.Duration) error {
	if d < 0 {
		return fmt.Errorf("%v is less than nothing", d)
	}
	return nil
}

func scaleDuration(d time.Duration, factor float64) time.Duration {
	return time.Duration(math.Round(float64(d) * factor))
}

// A unit has a name and is so many of the smallest one.
type unit struct {
	name  string
	value int64
}

var sizeUnits = []unit{{"MiB", 1 << 20}, {"KiB", 1 << 10}, {"MB", 1e6}, {"KB", 1e3}, {"kB", 1e3}, {"B", 1}}

// parseSize reads a number of octets such as "1232B" or "200KB".
func parseSize(s string) (int64, error) {
	return parseUnits(s, sizeUnits, "a size like \"1232B\" or \"200KB\"")
}

func formatSize(n int64) string { return formatUnits(n, []unit{{"KB", 1e3}, {"B", 1}}) }

func checkSize(n int64) error {
	if n < 0 {
		return fmt.Errorf("%s is less than nothing", formatSize(n))
	}
	return nil
}

var rateUnits = []unit{{"Gbit/s", 1e9}, {"Mbit/s", 1e6}, {"kbit/s", 1e3}, {"bit/s", 1}}

// parseRate reads a number of bits per second such as "10Mbit/s".
func parseRate(s string) (int64, error) {
	return parseUnits(s, rateUnits, "a bandwidth like \"10Mbit/s\" or \"400kbit/s\"")
}

func formatRate(n int64) string { return formatUnits(n, rateUnits) }

func checkRate(n int64) error {
	if n < 0 {
		return fmt.Errorf("%s is less than nothing", formatRate(n))
	}
	return nil
}

func parseUnits(s string, units []unit, like string) (int64, error) {
	for _, u := range units {
		digits, ok := strings.CutSuffix(s, u.name)
		digits = strings.TrimSpace(digits)
		if !ok || strings.ContainsAny(digits, "xXeEpP_nN") {
			continue
		}
		n, err := strconv.ParseFloat(digits, 64)
		if err != nil || math.Abs(n)*float64(u.value) >= 1<<53 {
			continue
		}
		return int64(math.Round(n * float64(u.value))), nil
	}
	return 0, fmt.Errorf("%q is not %s", s, like)
}

func formatUnits(n int64, units []unit) string {
	for _, u := range units {
		if n%u.value == 0 && (n != 0 || u.value == 1) {
			return strconv.FormatInt(n/u.value, 10) + u.name
		}
	}
	return strconv.FormatInt(n, 10) + units[len(units)-1].name
}

// Range is a choice of ordinal numbers, which begin with 1. The zero value is all.
type Range struct {
	From int // the first
	To   int // the last; 0 for no last
}

// Has says whether n is in the range.
func (r Range) Has(n int) bool { return n >= r.From && (r.To == 0 || n <= r.To) }

// String writes the range as "3", "1-2" or "3-"; the zero value as "".
func (r Range) String() string {
	switch {
	case r == Range{}:
		return ""
	case r.To == 0:
		return strconv.Itoa(r.From) + "-"
	case r.From == r.To:
		return strconv.Itoa(r.From)
	}
	return strconv.Itoa(r.From) + "-" + strconv.Itoa(r.To)
}

func (r Range) check() error {
	switch {
	case r == Range{}:
		return nil
	case r.From < 1:
		return errors.New("numbers begin with 1")
	case r.To != 0 && r.To < r.From:
		return fmt.Errorf("%v ends before it begins", r)
	}
	return nil
}

func parseRange(s string) (Range, error) {
	from, to, two := strings.Cut(s, "-")
	a, err := strconv.Atoi(from)
	b := a
	if two && to == "" {
		b = 0
	} else if two && err == nil {
		b, err = strconv.Atoi(to)
	}
	if err != nil || a < 1 || two && to != "" && b < 1 {
		return Range{}, fmt.Errorf("%q is not a number or range like \"3\", \"1-2\" or \"3-\"", s)
	}
	return Range{a, b}, nil
}

// Flip is one octet of a datagram that arrives altered: the bits of Mask turned over.
type Flip struct {
	At   int // the place of the octet, from 0
	Mask byte
}

// String writes the flip as "17^40": at octet 17, the bits of the hexadecimal mask.
func (f Flip) String() string { return fmt.Sprintf("%d^%02x", f.At, f.Mask) }

func (f Flip) check() error {
	if f.At < 0 || f.Mask == 0 {
		return fmt.Errorf("%v alters nothing", f)
	}
	return nil
}

func parseFlip(s string) (Flip, error) {
	at, mask, ok := strings.Cut(s, "^")
	a, err := strconv.Atoi(at)
	m, err2 := strconv.ParseUint(mask, 16, 8)
	if !ok || err != nil || err2 != nil || a < 0 || m == 0 {
		return Flip{}, fmt.Errorf("%q is not a flip like \"17^40\", a place and the bits in hexadecimal", s)
	}
	return Flip{a, byte(m)}, nil
}
