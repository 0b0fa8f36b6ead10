package vectors

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// maxOctets bounds what one string of octets can stand for. Two hex digits for
// each octet still fit into a line of 32 MiB, the most that the protocol between
// judge and adapter carries.
const maxOctets = 15 << 20

// group is one group of the notation: octets that stand several times in a row.
type group struct {
	digits string
	times  int
}

// parseOctets reads octets in the notation of the files: groups of lower-case
// hex digits with one space between them, each with "*N" behind it if it stands
// N times in a row. Nothing at all is no octets.
func parseOctets(s string) ([]byte, error) {
	if s == "" {
		return []byte{}, nil
	}
	groups := make([]group, 0, 1+strings.Count(s, " "))
	total := 0
	for word := range strings.SplitSeq(s, " ") {
		g, err := parseGroup(word)
		if err != nil {
			return nil, err
		}
		if len(g.digits)/2 > (maxOctets-total)/g.times {
			return nil, fmt.Errorf("more than %d octets", maxOctets)
		}
		total += len(g.digits) / 2 * g.times
		groups = append(groups, g)
	}
	octets := make([]byte, total)
	rest := octets
	for _, g := range groups {
		unit, err := hex.Decode(rest, []byte(g.digits))
		if err != nil {
			return nil, err
		}
		whole := rest[:unit*g.times]
		for filled := unit; filled < len(whole); filled *= 2 {
			copy(whole[filled:], whole[:filled])
		}
		rest = rest[len(whole):]
	}
	return octets, nil
}

func parseGroup(word string) (group, error) {
	digits, times, repeated := strings.Cut(word, "*")
	if digits == "" {
		return group{}, fmt.Errorf("group %q has no octets; groups are parted by one space", word)
	}
	if strings.Trim(digits, "0123456789abcdef") != "" {
		return group{}, fmt.Errorf("group %q holds something other than lower-case hex digits", word)
	}
	if len(digits)%2 != 0 {
		return group{}, fmt.Errorf("group %q has an odd number of hex digits", word)
	}
	if !repeated {
		return group{digits, 1}, nil
	}
	n, err := strconv.Atoi(times)
	if err != nil || n < 2 || strconv.Itoa(n) != times {
		return group{}, fmt.Errorf("group %q: what follows the asterisk must be a number from 2 up", word)
	}
	return group{digits, n}, nil
}

// octets reads a string of octets.
func (n *node) octets() ([]byte, bool) {
	s, ok := n.text()
	if !ok {
		return nil, false
	}
	b, err := parseOctets(s)
	if err != nil {
		n.fail("%v", err)
		return nil, false
	}
	return b, true
}
