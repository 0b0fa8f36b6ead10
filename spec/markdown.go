package spec

import (
	"regexp"
	"strings"
)

// line is one line of a Markdown document together with what surrounds it.
type line struct {
	number  int    // from 1
	text    string // without its line end
	section string // text of the nearest heading, itself included
	fence   string // inside a fenced block, delimiters included: its info string, trimmed
	inFence bool   // inside a fenced block, delimiters included
	edge    bool   // an opening or closing fence delimiter
}

var (
	headingRE = regexp.MustCompile(`^#{1,6}\s+(.*?)(?:\s+#+)?\s*$`)
	fenceRE   = regexp.MustCompile("^ {0,3}(`{3,}|~{3,})(.*)$")
)

// splitLines reads a Markdown document line by line. The second result is the
// number of the line whose fence is never closed, 0 if all are.
func splitLines(md string) (lines []line, unclosed int) {
	var (
		section string
		fence   string // delimiter of the open block, "" outside
		info    string
		opened  int
	)
	for i, text := range strings.Split(strings.ReplaceAll(md, "\r\n", "\n"), "\n") {
		l := line{number: i + 1, text: text}
		m := fenceRE.FindStringSubmatch(text)
		switch {
		case fence == "" && m != nil:
			fence, info, opened = m[1], strings.TrimSpace(m[2]), l.number
			l.inFence, l.edge = true, true
		case fence != "":
			l.inFence = true
			// A closing delimiter is at least as long as the opening one and bare.
			l.edge = m != nil && strings.HasPrefix(m[1], fence) && strings.TrimSpace(m[2]) == ""
		default:
			if h := headingRE.FindStringSubmatch(text); h != nil {
				section = plain(h[1])
			}
		}
		l.section, l.fence = section, info
		if l.edge && l.number != opened {
			fence, info = "", ""
		}
		lines = append(lines, l)
	}
	if fence != "" {
		return lines, opened
	}
	return lines, 0
}

var spaceRE = regexp.MustCompile(`\s+`)

// plain removes Markdown emphasis and code marks from running text and makes
// every run of white space one space.
func plain(s string) string {
	s = spaceRE.ReplaceAllString(strings.TrimSpace(s), " ")
	var b strings.Builder
	code := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '`':
			code = !code
		case code:
			b.WriteByte(c)
		case c == '\\' && i+1 < len(s) && strings.IndexByte("\\`*_[]<>|", s[i+1]) >= 0:
			i++
			b.WriteByte(s[i])
		case (c == '*' || c == '_') && isEmphasis(s, i):
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// isEmphasis says whether the mark at s[i] opens or closes emphasis: it does
// not when it stands free between spaces, and an underscore does not within a
// word such as HDR_LEN.
func isEmphasis(s string, i int) bool {
	before, after := byte(' '), byte(' ')
	if i > 0 {
		before = s[i-1]
	}
	if i+1 < len(s) {
		after = s[i+1]
	}
	if before == ' ' && after == ' ' {
		return false
	}
	return s[i] == '*' || !isWord(before) || !isWord(after)
}

func isWord(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= 0x80
}
