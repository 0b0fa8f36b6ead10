package spec

import (
	"encoding/hex"
	"errors"
	"regexp"
	"slices"
	"strings"
)

// HexBlock is one worked example of the text: octets, and what a decoder makes
// of them.
type HexBlock struct {
	// Octets is the whole example, its lines joined.
	Octets []byte
	// Verdict is accept, reject or incomplete.
	Verdict string
	// Error names the error of a rejected example, such as "CrcMismatch"; it is
	// empty otherwise.
	Error string
	// Requirements lists the IDs that the example illustrates.
	Requirements []string
	// Line is the line of the opening fence, from 1.
	Line int
}

const hexInfo = "vstp-hex"

var (
	errorNameRE = regexp.MustCompile(`^[A-Z][A-Za-z]*$`)
	hexLineRE   = regexp.MustCompile(`^([0-9a-fA-F]+(?: [0-9a-fA-F]+)*)(?:\s{2,}\S.*)?$`)
)

// HexBlocks returns the worked examples of a Markdown text, in its order: the
// fenced blocks whose info string is
//
//	vstp-hex accept|reject|incomplete [ErrorName] REQ-ID…
//
// Each of their lines holds hexadecimal octets and, two or more spaces further,
// a comment. The error joins one *TextError for every fault.
func HexBlocks(md string) ([]HexBlock, error) {
	var (
		blocks []HexBlock
		errs   []error
		open   *HexBlock
		faulty bool // a fault of the open block is reported already
	)
	fail := func(number int, rule string) {
		errs = append(errs, &TextError{Line: number, Rule: rule})
	}
	lines, unclosed := splitLines(md)
	if unclosed != 0 {
		fail(unclosed, "the fenced block that begins here is never closed")
	}
	for _, l := range lines {
		words := strings.Fields(l.fence)
		if !l.inFence || len(words) == 0 || words[0] != hexInfo {
			continue
		}
		switch {
		case l.edge && open == nil:
			b, rule := hexHead(words[1:])
			if rule != "" {
				fail(l.number, rule)
			}
			b.Line = l.number
			open, faulty = &b, rule != ""
		case l.edge:
			if len(open.Octets) == 0 && !faulty {
				fail(open.Line, "the example holds no octets")
			}
			blocks = append(blocks, *open)
			open = nil
		case strings.TrimSpace(l.text) == "":
		default:
			octets, rule := hexLine(l.text)
			if rule != "" {
				fail(l.number, rule)
				faulty = true
			}
			open.Octets = append(open.Octets, octets...)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return blocks, nil
}

// hexHead reads the words after vstp-hex. The second result is the rule that
// they break, or empty.
func hexHead(words []string) (b HexBlock, rule string) {
	if len(words) == 0 || !slices.Contains([]string{"accept", "reject", "incomplete"}, words[0]) {
		return b, "the word after vstp-hex is not accept, reject or incomplete"
	}
	b.Verdict = words[0]
	words = words[1:]
	if len(words) > 0 && errorNameRE.MatchString(words[0]) {
		b.Error = words[0]
		words = words[1:]
	}
	switch {
	case b.Verdict == "reject" && b.Error == "":
		return b, "a rejected example names its error: vstp-hex reject CrcMismatch CRC-5"
	case b.Verdict != "reject" && b.Error != "":
		return b, "only a rejected example names an error, and this one says " + b.Verdict
	case len(words) == 0:
		return b, "the example names no requirement"
	}
	for _, w := range words {
		if !idRE.MatchString(w) {
			return b, "not a requirement ID: " + w
		}
	}
	b.Requirements = words
	return b, ""
}

// hexLine reads one line of an example.
func hexLine(s string) (octets []byte, rule string) {
	m := hexLineRE.FindStringSubmatch(strings.TrimRight(s, " \t"))
	if m == nil {
		return nil, "not octets in hexadecimal, two or more spaces and a comment: " + s
	}
	for _, group := range strings.Fields(m[1]) {
		b, err := hex.DecodeString(group)
		if err != nil {
			return nil, "half an octet: " + group
		}
		octets = append(octets, b...)
	}
	return octets, ""
}
