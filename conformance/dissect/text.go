package dissect

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// sketchLen is how many octets of a payload are shown.
const sketchLen = 32

func decimal(octet byte) string { return strconv.Itoa(int(octet)) }

// quote shows octets as text if they are text, else in hex.
func quote(b []byte) string {
	if printable(b) {
		return strconv.Quote(string(b))
	}
	return fmt.Sprintf("0x%x", b)
}

// sketch shows the beginning of octets that may be many.
func sketch(b []byte) string {
	if len(b) <= sketchLen {
		return quote(b)
	}
	head := b[:sketchLen]
	// A character that is cut in two would make text look like binary.
	for i := 0; i < utf8.UTFMax-1 && !utf8.Valid(head); i++ {
		head = head[:len(head)-1]
	}
	if !printable(head) {
		head = b[:sketchLen]
	}
	return quote(head) + "…"
}

func printable(b []byte) bool {
	if !utf8.Valid(b) {
		return false
	}
	return !strings.ContainsFunc(string(b), func(r rune) bool { return !strconv.IsPrint(r) && r != '\n' && r != '\t' })
}

// count writes a number with commas between the thousands.
func count(n int64) string {
	digits := strconv.FormatInt(n, 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

func plural(n int64, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return count(n) + " " + thing + "s"
}
