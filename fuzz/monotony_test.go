package fuzz

import (
	"slices"

	"github.com/stretchr/testify/require"
)

// allPrefixes is up to how many octets every prefix is looked at.
const allPrefixes = 256

// decidedAt returns how many octets of b a verdict takes. [FRM-7] [FRM-9]
func decidedAt(b []byte, o outcome, total int) int {
	switch o.class {
	case "InvalidMagic":
		return 2
	case "InvalidVersion":
		return 3
	case "FrameTooLarge":
		return fixedLen
	case incomplete:
		return len(b) + 1
	}
	return total
}

// requireMonotony fails unless every prefix of b is incomplete up to the octet
// that decides about it, and has one and the same outcome from there on. total is
// how many octets the lengths in b declare, if they are there.
func requireMonotony(t require.TestingT, b []byte, e endpoint, total int) {
	final := parse(b, e)
	decided := decidedAt(b, final, total)
	needed := fixedLen
	for _, n := range prefixes(len(b), decided) {
		o := parse(b[:n], e)
		if n >= decided {
			if o.class != final.class || o.n != final.n || o.offset != final.offset ||
				o.frame.EncodedLen() != final.frame.EncodedLen() {
				require.Fail(t, "the verdict changes behind the octet that decides",
					"%x\n%d octets: %+v\n%d octets: %+v", b, n, o, len(b), final)
			}
			continue
		}
		if n >= fixedLen {
			needed = total
		}
		if o.class != incomplete || o.n != needed {
			require.Fail(t, "a prefix is not incomplete as it should be",
				"%x\n%d octets of the %d that decide: class %q, needed %d, want %d", b, n, decided, o.class, o.n, needed)
		}
	}
}

// prefixes returns the lengths of the prefixes of n octets to be looked at, in
// ascending order: all of them, or of a long input its beginning, its end and
// those around the one that decides.
func prefixes(n, decided int) []int {
	var lengths []int
	for i := range min(n, allPrefixes) + 1 {
		lengths = append(lengths, i)
	}
	if n > allPrefixes {
		for _, i := range []int{decided - 2, decided - 1, decided, decided + 1, n - 1, n} {
			if i > allPrefixes && i <= n {
				lengths = append(lengths, i)
			}
		}
		slices.Sort(lengths)
		lengths = slices.Compact(lengths)
	}
	return lengths
}
