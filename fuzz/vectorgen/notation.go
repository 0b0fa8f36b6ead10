package main

import (
	"encoding/hex"
	"fmt"
	"strings"
)

// shortestRun is how many equal octets in a row are worth a group of their own.
const shortestRun = 10

// notation writes octets as the files of vectors do: hex, with what stands many
// times in a row written once and counted.
func notation(b []byte) string {
	var groups []string
	literal := 0 // where octets begin that belong to no run
	flush := func(end int) {
		if end > literal {
			groups = append(groups, hex.EncodeToString(b[literal:end]))
		}
	}
	for start := 0; start < len(b); {
		end := start
		for end < len(b) && b[end] == b[start] {
			end++
		}
		if end-start >= shortestRun {
			flush(start)
			groups = append(groups, fmt.Sprintf("%02x*%d", b[start], end-start))
			literal = end
		}
		start = end
	}
	flush(len(b))
	return strings.Join(groups, " ")
}
