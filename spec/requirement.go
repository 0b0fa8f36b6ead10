package spec

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Requirement is one normative sentence of the specification.
type Requirement struct {
	// ID is permanent: letters, a hyphen, a number, such as "FRM-6".
	ID string `json:"id"`
	// Level is the key word of the sentence: MUST, MUST NOT, SHOULD, SHOULD NOT or MAY.
	Level string `json:"level"`
	// Profile is core, or strict for what hardening adds.
	Profile string `json:"profile"`
	// Roles says in whose place it can be judged: server, client, codec, library.
	Roles []string `json:"roles"`
	// Transports says where it applies: tcp, udp, tls. It is empty where the
	// text says none.
	Transports []string `json:"transports"`
	// Text is the sentence without Markdown marks and with single spaces.
	Text string `json:"text"`
	// Section is number and title of the section it stands in, "3. Frame layout".
	Section string `json:"section"`
	// Testable is false for what cannot be observed from outside.
	Testable bool `json:"testable"`
	// Reason says why it is not testable.
	Reason string `json:"reason,omitempty"`
}

func (r Requirement) clone() Requirement {
	r.Roles = slices.Clone(r.Roles)
	r.Transports = slices.Clone(r.Transports)
	return r
}

// TextError is one fault in a Markdown document of the specification.
type TextError struct {
	Line int    // from 1
	Rule string // the rule that is broken, and by what
}

func (e *TextError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Rule) }

var (
	profiles   = []string{"core", "strict"}
	roles      = []string{"server", "client", "codec", "library"}
	transports = []string{"tcp", "udp", "tls"}

	// The second group is what this specification does not use although BCP 14
	// has it; a sentence with such a word would read as a requirement.
	keyWordRE = regexp.MustCompile(`\b(?:(MUST NOT|MUST|SHOULD NOT|SHOULD|MAY)|(SHALL NOT|SHALL|REQUIRED|NOT RECOMMENDED|RECOMMENDED|OPTIONAL))\b`)

	idRE        = regexp.MustCompile(`^[A-Z]{3,4}-[1-9][0-9]*$`)
	leadRE      = regexp.MustCompile(`^\*\*\[([^\]]*)\]\*\*\s*(.*)$`)
	strayRE     = regexp.MustCompile(`\*\*\[([A-Z]{3,4}-[^\]]*)\]\*\*`)
	referenceRE = regexp.MustCompile(`\[([A-Z]{3,4}-[0-9]+)\]`)
	keyWordsSec = regexp.MustCompile(`^1\.2\.?\s+Key words\b`)
)

// ParseText reads the requirements of a specification text, in its order.
//
// A requirement is a blockquote of one sentence that begins with its ID in bold
// and brackets, followed by a line in italics that gives profile, roles and
// transports. The error joins one *TextError for every fault: a duplicate or
// malformed ID, a sentence without exactly one key word, an unknown profile,
// role or transport, a key word in upper case outside a requirement, a
// reference in brackets to a requirement that does not exist.
func ParseText(md string) ([]Requirement, error) {
	p := textParser{defined: map[string]int{}}
	lines, unclosed := splitLines(md)
	if unclosed != 0 {
		p.fail(unclosed, "the fenced block that begins here is never closed")
	}
	for i := 0; i < len(lines); {
		n := blockquote(lines[i:])
		switch {
		case n == 0:
			p.prose(lines[i])
			i++
		case strings.HasPrefix(quoted(lines[i]), "**["):
			p.requirement(lines[i : i+n])
			i += n
		default:
			for _, l := range lines[i : i+n] {
				p.prose(l)
			}
			i += n
		}
	}
	for _, r := range p.references {
		if _, ok := p.defined[r.id]; !ok {
			p.fail(r.line, "refers to [%s], which no requirement has", r.id)
		}
	}
	if len(p.list) == 0 && len(p.errs) == 0 {
		p.fail(1, "holds no requirement at all")
	}
	slices.SortStableFunc(p.errs, func(a, b *TextError) int { return a.Line - b.Line })
	errs := make([]error, len(p.errs))
	for i, e := range p.errs {
		errs[i] = e
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return p.list, nil
}

// blockquote returns the number of leading lines that form one blockquote.
func blockquote(lines []line) int {
	for i, l := range lines {
		if l.inFence || !strings.HasPrefix(l.text, ">") {
			return i
		}
	}
	return len(lines)
}

// quoted returns the content of a line of a blockquote.
func quoted(l line) string { return strings.TrimSpace(strings.TrimPrefix(l.text, ">")) }

type reference struct {
	id   string
	line int
}

type textParser struct {
	list       []Requirement
	defined    map[string]int // line by ID
	references []reference
	errs       []*TextError
}

func (p *textParser) fail(line int, format string, args ...any) {
	p.errs = append(p.errs, &TextError{Line: line, Rule: fmt.Sprintf(format, args...)})
}

// refer notes the references in brackets of one line, to be resolved at the end.
func (p *textParser) refer(l line) {
	for _, m := range referenceRE.FindAllStringSubmatch(l.text, -1) {
		p.references = append(p.references, reference{id: m[1], line: l.number})
	}
}

// prose checks a line outside every requirement.
func (p *textParser) prose(l line) {
	if l.inFence {
		return
	}
	if m := strayRE.FindStringSubmatch(l.text); m != nil {
		p.fail(l.number, "%s stands in bold outside the beginning of a blockquote of its own", m[1])
		return
	}
	p.refer(l)
	if keyWordsSec.MatchString(l.section) {
		return
	}
	if w := keyWordRE.FindString(l.text); w != "" {
		p.fail(l.number, "key word %s outside a requirement", w)
	}
}

// requirement reads one blockquote that begins like a requirement.
func (p *textParser) requirement(block []line) {
	first := block[0]
	lead := leadRE.FindStringSubmatch(quoted(first))
	if lead == nil {
		p.fail(first.number, "a requirement begins with its ID in this form: **[FRM-6]**")
		return
	}
	id := lead[1]
	if !idRE.MatchString(id) {
		p.fail(first.number, "ID %q is not three or four capital letters, a hyphen and a number", id)
		return
	}
	if other, ok := p.defined[id]; ok {
		p.fail(first.number, "%s is already defined in line %d", id, other)
		return
	}
	p.defined[id] = first.number
	if len(block) < 2 {
		p.fail(first.number, "%s has no meta line *PROFILE · ROLES · TRANSPORTS*", id)
		return
	}

	p.refer(first)
	sentence := []string{lead[2]}
	for _, l := range block[1 : len(block)-1] {
		if strings.HasPrefix(quoted(l), "**[") {
			p.fail(l.number, "the blockquote of %s holds a second requirement", id)
			return
		}
		p.refer(l)
		sentence = append(sentence, quoted(l))
	}
	r := Requirement{ID: id, Section: first.section, Text: plain(strings.Join(sentence, " "))}
	p.level(&r, first.number)
	p.meta(&r, block[len(block)-1])
	p.list = append(p.list, r)
}

// level finds the key word of the sentence.
func (p *textParser) level(r *Requirement, number int) {
	var words []string
	for _, m := range keyWordRE.FindAllStringSubmatch(r.Text, -1) {
		if m[2] != "" {
			p.fail(number, "%s uses %s, which is no key word of this specification", r.ID, m[2])
			return
		}
		words = append(words, m[1])
	}
	switch len(words) {
	case 0:
		p.fail(number, "%s has no key word (MUST, MUST NOT, SHOULD, SHOULD NOT or MAY in upper case)", r.ID)
	case 1:
		r.Level = words[0]
	default:
		p.fail(number, "%s has %d key words (%s), not exactly one", r.ID, len(words), strings.Join(words, ", "))
	}
	if !strings.HasSuffix(r.Text, ".") {
		p.fail(number, "%s does not end with a full stop", r.ID)
	}
}

// meta reads the line in italics: profile, roles, transports and, where the
// requirement cannot be observed from outside, the reason.
func (p *textParser) meta(r *Requirement, l line) {
	s := quoted(l)
	body, ok := strings.CutPrefix(s, "*")
	if ok {
		body, ok = strings.CutSuffix(body, "*")
	}
	parts := strings.SplitN(body, " · ", 4)
	if !ok || strings.HasPrefix(body, "*") || len(parts) < 3 {
		p.fail(l.number, "%s: the last line of the blockquote is not *PROFILE · ROLES · TRANSPORTS*: %s", r.ID, s)
		return
	}

	r.Profile = parts[0]
	if !slices.Contains(profiles, r.Profile) {
		p.fail(l.number, "%s: unknown profile %q (%s)", r.ID, r.Profile, strings.Join(profiles, ", "))
	}
	r.Roles = p.words(r.ID, l, "role", parts[1], roles)
	r.Transports = []string{}
	if parts[2] != "none" {
		r.Transports = p.words(r.ID, l, "transport", parts[2], transports)
	}
	r.Testable = len(parts) == 3
	if r.Testable {
		return
	}
	reason, ok := strings.CutPrefix(parts[3], "unit: ")
	if !ok || strings.TrimSpace(reason) == "" {
		p.fail(l.number, "%s: the fourth part of the meta line is not \"unit: REASON\": %s", r.ID, parts[3])
		return
	}
	r.Reason = plain(reason)
}

// words splits a list at its commas and checks each member against a set.
func (p *textParser) words(id string, l line, kind, list string, set []string) []string {
	words := strings.Split(list, ", ")
	for i, w := range words {
		switch {
		case !slices.Contains(set, w):
			p.fail(l.number, "%s: unknown %s %q (%s)", id, kind, w, strings.Join(set, ", "))
		case slices.Contains(words[:i], w):
			p.fail(l.number, "%s: %s %s is given twice", id, kind, w)
		}
	}
	return words
}

// requirementsFile is the shape of requirements.json.
type requirementsFile struct {
	Schema       string        `json:"schema"`
	Spec         string        `json:"spec"`
	Requirements []Requirement `json:"requirements"`
}

// MarshalRequirements encodes requirements as requirements.json holds them:
// indented, in the order given, with a line end after the last line.
func MarshalRequirements(list []Requirement) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(requirementsFile{Schema: "vstp-requirements/1", Spec: Version, Requirements: list})
	if err != nil {
		return nil, fmt.Errorf("requirements.json: %w", err)
	}
	return b.Bytes(), nil
}
