package cite

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// paragraph is a run of lines without an empty one between them.
type paragraph struct {
	first int    // line of the file
	text  string // without indentation, one line per line
}

type paragraphs struct {
	list []paragraph
	open bool
}

func (p *paragraphs) add(line int, text string) {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		p.open = false
	case p.open:
		p.list[len(p.list)-1].text += "\n" + text
	default:
		p.list = append(p.list, paragraph{first: line, text: text})
		p.open = true
	}
}

// lineOf returns the line of the file on which an offset of the text lies.
func (p paragraph) lineOf(offset int) int {
	return p.first + strings.Count(p.text[:offset], "\n")
}

const idPattern = `[A-Z]{3,4}-[0-9]+`

var (
	citationRE = regexp.MustCompile(`\[(` + idPattern + `(?:,\s*` + idPattern + `)*)\]`)
	idRE       = regexp.MustCompile(idPattern)
)

func (c *checker) paragraphs(p paragraphs) {
	for _, p := range p.list {
		c.paragraph(p)
	}
}

func (c *checker) paragraph(p paragraph) {
	from := 0
	for _, m := range citationRE.FindAllStringIndex(p.text, -1) {
		ids := idRE.FindAllString(p.text[m[0]:m[1]], -1)
		known := true
		for _, id := range ids {
			known = c.cite(p.lineOf(m[0]), id) && known
		}
		before := strings.TrimRightFunc(p.text[from:m[0]], unicode.IsSpace)
		if before, ok := strings.CutSuffix(before, `"`); ok && known {
			c.quotation(p, from, before, ids)
		}
		from = m[1]
	}
}

// quotation checks the text in quotes at the end of before, which lies in the
// paragraph at an offset and has lost its closing mark.
func (c *checker) quotation(p paragraph, offset int, before string, ids []string) {
	start := opening(before)
	if start < 0 {
		c.fault(p.lineOf(offset+len(before)), "a quotation of %s ends here and begins nowhere", ids[0])
		return
	}
	text := normal(before[start+1:])
	if !strings.Contains(text, " ") {
		return // a word in quotes, such as a header key, and no quotation
	}
	c.report.Quotations++
	switch {
	case len(ids) > 1:
		c.fault(p.lineOf(offset+start), "a quotation belongs to one requirement, not to %s", strings.Join(ids, ", "))
	case !containsWords(normal(c.sentences[ids[0]]), text):
		c.fault(p.lineOf(offset+start), "not the sentence of %s nor a part of it: %q", ids[0], text)
	}
}

// opening finds the mark that opens a quotation, or -1. A sentence may itself
// hold quotation marks. Therefore the mark is the first one that begins a line,
// which is how quotations are set, and only where there is none the last one
// that begins a word.
func opening(s string) int {
	if strings.HasPrefix(s, `"`) {
		return 0
	}
	if i := strings.Index(s, "\n\""); i >= 0 {
		return i + 1
	}
	for i := len(s) - 1; i > 0; i-- {
		if s[i] == '"' && strings.ContainsRune(" \n(", rune(s[i-1])) {
			return i
		}
	}
	return -1
}

// normal removes what Markdown and line breaks add to a sentence.
func normal(s string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(s, "`", "")), " ")
}

// containsWords says whether part occurs in s, beginning and ending at the
// edges of words.
func containsWords(s, part string) bool {
	for from := 0; ; {
		i := strings.Index(s[from:], part)
		if i < 0 {
			return false
		}
		i += from
		if edge(s, i) && edge(s, i+len(part)) {
			return true
		}
		from = i + 1
	}
}

// edge says whether no word of s goes on across an offset.
func edge(s string, i int) bool {
	before, _ := utf8.DecodeLastRuneInString(s[:i])
	after, _ := utf8.DecodeRuneInString(s[i:])
	return i == 0 || i == len(s) || !inWord(before) || !inWord(after)
}

func inWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' }
