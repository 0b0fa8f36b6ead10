package selftest

import (
	_ "embed"
	"strings"
)

// nullAllowedText lists what null peers truly satisfy. A line is the name of the
// peer, the ID of the case and the reason; a # begins a remark.
//
//go:embed null_allowed.txt
var nullAllowedText string

// A NullAllowance is a case of a MUST that a null peer passes because it does keep
// the rule.
type NullAllowance struct {
	Peer, Case string
	Reason     string
}

// NullAllowances are all there are.
func NullAllowances() []NullAllowance {
	var all []NullAllowance
	for line := range strings.Lines(nullAllowedText) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		peer, rest, _ := strings.Cut(line, " ")
		id, reason, _ := strings.Cut(strings.TrimSpace(rest), " ")
		all = append(all, NullAllowance{Peer: peer, Case: id, Reason: strings.TrimSpace(reason)})
	}
	return all
}

// NullAllowed returns why a null peer may pass a case, or false.
func NullAllowed(peer, id string) (reason string, ok bool) {
	for _, a := range NullAllowances() {
		if a.Peer == peer && a.Case == id {
			return a.Reason, true
		}
	}
	return "", false
}
