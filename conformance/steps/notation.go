package steps

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/vstp-project/vstp/conformance/dissect"
	"github.com/vstp-project/vstp/conformance/forge"
	"github.com/vstp-project/vstp/spec"
	"github.com/vstp-project/vstp/vectors"
)

// Scenarios write frames in a notation of their own, one frame to a line:
//
//	DATA REQ_ACK msg-id=5 'x'        type, flags, headers in order, payload
//	DATA flags=0x81 x'00ff'=x'fe80'  the FLAGS octet and headers as octets
//	0x09 ''=v 3000*'ab'              a type by number, an empty key, a repeated payload
//	DATA COMP gz:1000*'ab'           a payload as one gzip member
//	vector frame/crc-flipped         the octets of a vector
//	octets 474554202f                any octets
//	first 14 octets of LINE          the beginning of what LINE says
//	corrupt LINE                     LINE with the last bit of its CRC turned round
//
// As an expectation the same notation is a pattern: TYPE must be the same, each
// header that is named must be there in that order, flags and payload only count
// where they are given, and the flag CRC never does. A header value * matches any. The word "only" at the end
// makes the pattern exact: these flags, these headers, this payload and no other.

// A message is a line of the notation as octets to send.
type message struct {
	octets []byte
	text   string // the line itself, for the record
}

// notation reads lines with the types of a registry and the vectors of a set.
type notation struct {
	registry *spec.Registry
	vectors  vectors.Set
}

// message reads a line as octets to send.
func (n notation) message(line string) (message, error) {
	octets, err := n.octets(line)
	if err != nil {
		return message{}, fmt.Errorf("%q: %w", line, err)
	}
	return message{octets: octets, text: line}, nil
}

func (n notation) octets(line string) ([]byte, error) {
	word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
	switch word {
	case "vector":
		v, ok := n.vectors.Lookup(rest)
		if !ok {
			return nil, fmt.Errorf("there is no vector %q", rest)
		}
		return v.Octets, nil
	case "octets":
		return hex.DecodeString(strings.ReplaceAll(rest, " ", ""))
	case "corrupt":
		octets, err := n.octets(rest)
		if err != nil {
			return nil, err
		}
		octets = bytes.Clone(octets)
		octets[len(octets)-1] ^= 1
		return octets, nil
	case "first":
		var count int
		number, of, ok := strings.Cut(rest, " octets of ")
		if _, err := fmt.Sscanf(number, "%d", &count); err != nil || !ok {
			return nil, fmt.Errorf("want: first N octets of LINE")
		}
		octets, err := n.octets(of)
		if err != nil {
			return nil, err
		}
		if count > len(octets) {
			return nil, fmt.Errorf("there are only %d octets", len(octets))
		}
		return octets[:count], nil
	}
	p, err := n.pattern(line)
	if err != nil {
		return nil, err
	}
	if p.only {
		return nil, fmt.Errorf("%q is for expectations", "only")
	}
	f := forge.Frame{Type: p.typ, Flags: p.flags, Payload: p.payload}
	for _, h := range p.headers {
		if h.any {
			return nil, fmt.Errorf("a header value * is for expectations")
		}
		f.Headers = append(f.Headers, forge.Header{Key: h.key, Value: h.value})
	}
	return f.Bytes(), nil
}

// checkLine wants a line to be one of the notation, be it for sending or as an
// expectation.
func (n notation) checkLine(line string) error {
	switch word, rest, _ := strings.Cut(strings.TrimSpace(line), " "); word {
	case "vector":
		return nil // checkVectors has seen it
	case "octets":
		_, err := n.octets(line)
		return err
	case "corrupt":
		return n.checkLine(rest)
	case "first":
		_, of, ok := strings.Cut(rest, " octets of ")
		if !ok {
			return fmt.Errorf("want: first N octets of LINE")
		}
		return n.checkLine(of)
	}
	_, err := n.pattern(line)
	return err
}

// A pattern is a line of the notation as an expectation.
type pattern struct {
	line       string
	typ        byte
	flags      byte
	hasFlags   bool
	headers    []headerPattern
	payload    []byte
	hasPayload bool
	only       bool
}

type headerPattern struct {
	key, value []byte
	any        bool
}

// pattern reads a line as an expectation.
func (n notation) pattern(line string) (pattern, error) {
	words, err := splitWords(line)
	if err != nil {
		return pattern{}, err
	}
	if len(words) == 0 {
		return pattern{}, fmt.Errorf("an empty line is no frame")
	}
	p := pattern{line: line}
	if p.typ, err = n.frameType(words[0]); err != nil {
		return pattern{}, err
	}
	for _, w := range words[1:] {
		if err := n.item(&p, w); err != nil {
			return pattern{}, err
		}
	}
	return p, nil
}

func (n notation) frameType(word string) (byte, error) {
	if strings.HasPrefix(word, "0x") {
		v, err := strconv.ParseUint(word[2:], 16, 8)
		if err != nil {
			return 0, fmt.Errorf("%q is no frame type", word)
		}
		return byte(v), nil
	}
	for _, t := range n.registry.Types {
		if t.Name == word {
			return t.Value, nil
		}
	}
	return 0, fmt.Errorf("%q is no frame type of the registry", word)
}

// item reads one word after the type.
func (n notation) item(p *pattern, w string) error {
	if w == "only" {
		p.only = true
		return nil
	}
	if v, ok := strings.CutPrefix(w, "flags=0x"); ok {
		octet, err := strconv.ParseUint(v, 16, 8)
		if err != nil {
			return fmt.Errorf("%q is no FLAGS octet", w)
		}
		p.flags, p.hasFlags = byte(octet), true
		return nil
	}
	for _, f := range n.registry.Flags {
		if f.Name == w {
			p.flags, p.hasFlags = p.flags|f.Mask, true
			return nil
		}
	}
	if key, value, ok := cutOutsideQuotes(w, '='); ok {
		if p.hasPayload {
			return fmt.Errorf("the header %s stands after the payload", w)
		}
		k, err := octetsOf(key)
		if err != nil {
			return err
		}
		if value == "*" {
			p.headers = append(p.headers, headerPattern{key: k, any: true})
			return nil
		}
		v, err := octetsOf(value)
		if err != nil {
			return err
		}
		p.headers = append(p.headers, headerPattern{key: k, value: v})
		return nil
	}
	if !strings.Contains(w, "'") {
		return fmt.Errorf("%q is no flag, header or quoted payload", w)
	}
	if p.hasPayload {
		return fmt.Errorf("a second payload %s", w)
	}
	payload, err := octetsOf(w)
	if err != nil {
		return err
	}
	p.payload, p.hasPayload = payload, true
	return nil
}

// octetsOf reads a bare word, 'text', x'hex', or one of them N times: 3000*'ab'. With
// gz: in front they are one gzip member.
func octetsOf(w string) ([]byte, error) {
	if inner, ok := strings.CutPrefix(w, "gz:"); ok {
		plain, err := octetsOf(inner)
		if err != nil {
			return nil, err
		}
		return gzipOf(plain), nil
	}
	if number, rest, ok := cutOutsideQuotes(w, '*'); ok {
		count, err := strconv.Atoi(number)
		if err != nil || count < 0 || count > 64<<20 {
			return nil, fmt.Errorf("%q: want a count of at most 64 MiB before the *", w)
		}
		unit, err := octetsOf(rest)
		if err != nil {
			return nil, err
		}
		return bytes.Repeat(unit, count), nil
	}
	if inner, ok := strings.CutPrefix(w, "x'"); ok {
		return hex.DecodeString(strings.TrimSuffix(inner, "'"))
	}
	return []byte(strings.TrimSuffix(strings.TrimPrefix(w, "'"), "'")), nil
}

// splitWords cuts a line at spaces outside single quotes.
func splitWords(line string) ([]string, error) {
	var words []string
	var word strings.Builder
	quoted := false
	for _, r := range line {
		switch {
		case r == '\'':
			quoted = !quoted
			word.WriteRune(r)
		case r == ' ' && !quoted:
			if word.Len() > 0 {
				words = append(words, word.String())
				word.Reset()
			}
		default:
			word.WriteRune(r)
		}
	}
	if quoted {
		return nil, fmt.Errorf("a quotation mark is not closed")
	}
	if word.Len() > 0 {
		words = append(words, word.String())
	}
	return words, nil
}

// cutOutsideQuotes is strings.Cut for a separator that is not inside quotes.
func cutOutsideQuotes(w string, sep byte) (before, after string, ok bool) {
	quoted := false
	for i := range len(w) {
		switch {
		case w[i] == '\'':
			quoted = !quoted
		case w[i] == sep && !quoted:
			return w[:i], w[i+1:], true
		}
	}
	return w, "", false
}

// freeFlags are the bits of FLAGS that a sender may set or clear as it likes: CRC,
// on anything but an ACK [CRC-4] [ACK-18].
func freeFlags(typ byte) byte {
	if typ == typeAck {
		return 0
	}
	return flagCRC
}

// mismatch says how a frame differs from the pattern; empty when it matches.
func (p pattern) mismatch(f dissect.Frame) string {
	switch {
	case f.Type != p.typ:
		return "another TYPE"
	case (p.hasFlags || p.only) && f.Flags&^freeFlags(f.Type) != p.flags&^freeFlags(f.Type):
		return fmt.Sprintf("FLAGS 0x%02x instead of 0x%02x", f.Flags, p.flags)
	case (p.hasPayload || p.only) && !bytes.Equal(f.Payload, p.payload):
		return "another payload"
	}
	if p.only && len(f.Headers) != len(p.headers) {
		return fmt.Sprintf("%d headers instead of %d", len(f.Headers), len(p.headers))
	}
	rest := f.Headers
	for _, want := range p.headers {
		found := false
		for i, h := range rest {
			if bytes.Equal(h.Key, want.key) && (want.any || bytes.Equal(h.Value, want.value)) {
				rest, found = rest[i+1:], true
				break
			}
		}
		if !found {
			return fmt.Sprintf("no header %q with the value wanted, in that order", want.key)
		}
	}
	return ""
}
