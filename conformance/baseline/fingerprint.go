package baseline

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"

	"github.com/vstp-project/vstp/conformance"
)

// Fingerprint tells one way of failing a case from another. It is the violated
// requirement and a digest of what was wanted and what came instead, without
// what differs from run to run: addresses, times, identifiers, and what the case
// drew. It is empty for a result that is no failure.
//
// What was seen of a target that crashed or hung says nothing about how it will
// end next time: there only the exit status counts.
func Fingerprint(res conformance.Result) string {
	requirement := ""
	if len(res.Requirements) > 0 {
		requirement = res.Requirements[0]
	}
	var parts []string
	switch v := res.Violation; {
	case res.Verdict == conformance.Crash:
		parts = []string{"crash", res.Exit}
	case res.Verdict == conformance.Hang:
		parts = []string{"hang"}
	case res.Verdict == conformance.NotExercised:
		parts = []string{"not-exercised", res.Message}
	case v == nil:
		return ""
	default:
		if v.Requirement != "" {
			requirement = v.Requirement
		}
		parts = []string{"violation", v.Want, v.Got}
	}
	for i, part := range parts {
		parts[i] = normal(part)
	}
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return requirement + ":" + hex.EncodeToString(sum[:6])
}

// varying is what differs between two runs that fail alike, and what is put in its
// place.
var varying = []struct {
	re *regexp.Regexp
	by string
}{
	// The payloads that a case draws end in sixteen hexadecimal digits.
	{regexp.MustCompile(`\b[0-9a-f]{16}\b`), "#"},
	{regexp.MustCompile(`\b(msg-id|frag-id|session-id|request)([= ]"?)[0-9]+…?`), "$1$2#"},
	// Of an adapter's answer: which request it is to.
	{regexp.MustCompile(`"id":[0-9]+`), `"id":#`},
	// A drawn number or payload in a frame, and how long it makes the frame.
	{regexp.MustCompile(`\b0x[0-9a-f]{32,}…?`), "0x#"},
	{regexp.MustCompile(`\([0-9][0-9,]* octets\)`), "(# octets)"},
	{regexp.MustCompile(`\[[0-9a-fA-F:.]+(?:%[^\]]+)?\]:[0-9]+`), "#"},
	{regexp.MustCompile(`\b[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?::[0-9]+)?\b`), "#"},
	{regexp.MustCompile(`\b(?:[0-9]+(?:\.[0-9]+)?(?:ns|µs|us|ms|h|m|s))+\b`), "#"},
	// How much had come by the time that the judge gave up.
	{regexp.MustCompile(`\b[0-9]+ (of them|other datagrams|more frames|octets of a frame that is cut short)\b`), "# $1"},
	{regexp.MustCompile(`\bit took [0-9]+\b`), "it took #"},
}

func normal(text string) string {
	for _, v := range varying {
		text = v.re.ReplaceAllString(text, v.by)
	}
	return strings.Join(strings.Fields(text), " ")
}
