package vectors

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// maxOctets bounds what one string of octets can stand for. Two hex digits for
// each octet still fit into a line of 32 MiB, the most that the protocol between
// judge and adapter carries.
const maxOctets = 15 << 20

// parseOctets reads octets in the notation of the files: groups of lower-case
// hex digits with one space between them, each with "*N" behind it if it stands
// N times in a row. Nothing at all is no octets.
func parseOctets(s string) ([]byte, error) {
	octets := []byte{}
	if s == "" {
		return octets, nil
	}
	for group := range strings.SplitSeq(s, " ") {
		digits, times, repeated := strings.Cut(group, "*")
		if digits == "" {
			return nil, fmt.Errorf("group %q has no octets; groups are parted by one space", group)
		}
		if strings.Trim(digits, "0123456789abcdef") != "" {
			return nil, fmt.Errorf("group %q holds something other than lower-case hex digits", group)
		}
		if len(digits)%2 != 0 {
			return nil, fmt.Errorf("group %q has an odd number of hex digits", group)
		}
		n := 1
		if repeated {
			var err error
			if n, err = strconv.Atoi(times); err != nil || n < 2 || strconv.Itoa(n) != times {
				return nil, fmt.Errorf("group %q: what follows the asterisk must be a number from 2 up", group)
			}
		}
		if len(digits)/2 > (maxOctets-len(octets))/n {
			return nil, fmt.Errorf("more than %d octets", maxOctets)
		}
		unit, err := hex.DecodeString(digits)
		if err != nil {
			return nil, err
		}
		octets = append(octets, bytes.Repeat(unit, n)...)
	}
	return octets, nil
}

// octets reads a string of octets.
func (n node) octets() ([]byte, bool) {
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
