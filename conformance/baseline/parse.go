package baseline

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/vstp-project/vstp/conformance"
)

// verdicts are those that an entry can have.
var verdicts = []conformance.Verdict{
	conformance.Fail, conformance.Crash, conformance.Hang, conformance.Warn, conformance.NotExercised,
}

var (
	fingerprintRE  = regexp.MustCompile(`^[A-Z]{2,5}-[1-9][0-9]*:[0-9a-f]{12}$`)
	linkRE         = regexp.MustCompile(`^https?://[^ ]+$`)
	unknownFieldRE = regexp.MustCompile(`unknown field "([^"]+)"`)
)

// Parse reads a baseline. The name of its file stands in what is said about it. An
// error names the line; it joins one for each fault that was found.
func Parse(name string, text []byte) (*Baseline, error) {
	p := parser{name: name, text: text, dec: json.NewDecoder(bytes.NewReader(text))}
	b := New(name, "")
	p.file(b)
	if len(p.faults) > 0 {
		return nil, errors.Join(p.faults...)
	}
	return b, nil
}

// Check says which entries are about cases that do not exist, in one error for
// each. known says whether there is a case of an ID in the role of the baseline,
// selected or not.
func (b *Baseline) Check(known func(id string) bool) error {
	var faults []error
	for i := range b.Entries {
		if e := &b.Entries[i]; !known(e.Case) {
			faults = append(faults, fmt.Errorf("%s: there is no case %s in the role %s", b.where(e), e.Case, b.Role))
		}
	}
	return errors.Join(faults...)
}

type parser struct {
	name   string
	text   []byte
	dec    *json.Decoder
	faults []error
}

func (p *parser) fault(offset int, format string, args ...any) {
	line := 1 + bytes.Count(p.text[:min(offset, len(p.text))], []byte{'\n'})
	p.faults = append(p.faults, fmt.Errorf("%s:%d: %w", p.name, line, fmt.Errorf(format, args...)))
}

// next is where the next value begins.
func (p *parser) next() int {
	at := int(p.dec.InputOffset())
	for at < len(p.text) && strings.IndexByte(" \t\r\n:,", p.text[at]) >= 0 {
		at++
	}
	return at
}

// broken reports an error of the JSON itself.
func (p *parser) broken(err error) {
	at := p.next()
	if syntax := (*json.SyntaxError)(nil); errors.As(err, &syntax) {
		at = int(syntax.Offset)
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		p.fault(len(p.text), "the JSON is not complete")
		return
	}
	p.fault(at, "this is no JSON: %v", err)
}

// open reads the beginning of an object or a list.
func (p *parser) open(what string, delim json.Delim) bool {
	at := p.next()
	token, err := p.dec.Token()
	switch {
	case err != nil:
		p.broken(err)
	case token != delim:
		p.fault(at, "%s has to begin with %v", what, delim)
	default:
		return true
	}
	return false
}

func (p *parser) file(b *Baseline) {
	if !p.open("a baseline", '{') {
		return
	}
	seen := map[string]bool{}
	for p.dec.More() {
		at := p.next()
		token, err := p.dec.Token()
		if err != nil {
			p.broken(err)
			return
		}
		key := fmt.Sprint(token)
		if seen[key] {
			p.fault(at, "the member %q stands here twice", key)
			return
		}
		seen[key] = true
		if !p.member(b, key, at) {
			return
		}
	}
	if _, err := p.dec.Token(); err != nil {
		p.broken(err)
		return
	}
	if _, err := p.dec.Token(); !errors.Is(err, io.EOF) {
		p.fault(p.next(), "something follows the end of the baseline")
	}
	for _, key := range []string{"schema", "role", "entries"} {
		if !seen[key] {
			p.fault(0, "the member %q is missing", key)
		}
	}
}

// member reads one member; it returns false where reading cannot go on.
func (p *parser) member(b *Baseline, key string, at int) bool {
	switch key {
	case "schema", "role":
		var value string
		if err := p.dec.Decode(&value); err != nil {
			p.broken(err)
			return false
		}
		if key == "role" {
			b.Role = value
			if !slices.Contains([]string{"server", "client", "codec"}, value) {
				p.fault(at, "the role %q does not exist: there are server, client and codec", value)
			}
		} else if value != Format {
			p.fault(at, "the format is %q: this suite reads %s", value, Format)
		}
		return true
	case "entries":
		return p.entries(b)
	}
	p.fault(at, "there is no member %q: there are schema, role and entries", key)
	return false
}

func (p *parser) entries(b *Baseline) bool {
	if !p.open("the list of entries", '[') {
		return false
	}
	first := map[string]int{} // line by case
	for p.dec.More() {
		at := p.next()
		var raw json.RawMessage
		if err := p.dec.Decode(&raw); err != nil {
			p.broken(err)
			return false
		}
		e := p.entry(raw, at)
		if line, double := first[e.Case]; double && e.Case != "" {
			p.fault(at, "a second entry for %s: the first is in line %d", e.Case, line)
			continue
		}
		first[e.Case] = e.line
		b.Entries = append(b.Entries, e)
	}
	if _, err := p.dec.Token(); err != nil {
		p.broken(err)
		return false
	}
	return true
}

func (p *parser) entry(raw json.RawMessage, at int) Entry {
	e := Entry{line: 1 + bytes.Count(p.text[:at], []byte{'\n'})}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&e); err != nil {
		var kind *json.UnmarshalTypeError
		switch field := unknownFieldRE.FindStringSubmatch(err.Error()); {
		case field != nil:
			offset := max(bytes.Index(raw, []byte(`"`+field[1]+`"`)), 0)
			p.fault(at+offset, "there is no field %q in an entry", field[1])
		case errors.As(err, &kind):
			p.fault(at+int(kind.Offset), "%s cannot be a %s", named(kind.Field), kind.Value)
		default:
			p.fault(at, "%v", err)
		}
		return e
	}
	e.check(func(format string, args ...any) { p.fault(at, format, args...) })
	return e
}

func named(field string) string {
	if field == "" {
		return "an entry"
	}
	return "the field " + field
}

// check says what is wrong with the values of an entry.
func (e *Entry) check(fault func(format string, args ...any)) {
	switch {
	case e.Case == "":
		fault("an entry without a case")
	case !slices.Contains(verdicts, e.Verdict):
		fault("the entry for %s has the verdict %q: there are fail, crash, hang, warn and not-exercised", e.Case, e.Verdict)
	case !fingerprintRE.MatchString(e.Fingerprint):
		fault("the entry for %s has no fingerprint such as FRM-6:0123456789ab (--update-baseline writes it)", e.Case)
	case strings.TrimSpace(e.Reason) == "":
		fault("the entry for %s has no reason", e.Case)
	case e.Link != "" && !linkRE.MatchString(e.Link):
		fault("the link of the entry for %s is no address on the web: %q", e.Case, e.Link)
	case e.State != "" && e.State != Known && e.State != Disputed:
		fault("the entry for %s has the state %q: there are known and disputed", e.Case, e.State)
	case e.State == Disputed && e.Link == "":
		fault("the entry for %s is disputed without a link to where", e.Case)
	}
	if e.Expires != "" {
		if _, err := time.Parse(time.DateOnly, e.Expires); err != nil {
			fault("the entry for %s expires on %q, which is no date such as 2026-12-31", e.Case, e.Expires)
		}
	}
}
