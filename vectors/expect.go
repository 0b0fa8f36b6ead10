package vectors

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// What goes with a result in a family: the fields that must be there, and those
// that may.
type shape struct{ must, may []string }

var shapes = map[string]shape{
	FamilyFrame + " " + ResultAccept:     {must: []string{"result", "consumed", "frame"}},
	FamilyFrame + " " + ResultReject:     {must: []string{"result", "error"}},
	FamilyFrame + " " + ResultIncomplete: {must: []string{"result", "needed"}},
	FamilyVarint + " " + ResultAccept:    {must: []string{"result", "consumed", "value"}},
	FamilyVarint + " " + ResultReject:    {must: []string{"result"}},
	FamilyString + " " + ResultAccept:    {must: []string{"result", "consumed", "text"}, may: []string{"repeat"}},
	FamilyString + " " + ResultReject:    {must: []string{"result"}},
}

// encoderShape is for what an encoder refuses.
var encoderShape = shape{must: []string{"result", "text"}, may: []string{"repeat"}}

// frameErrors are the names under which a frame can be refused.
var frameErrors = []string{
	"InvalidMagic", "InvalidVersion", "FrameTooLarge", "CrcMismatch", "InvalidFrameType", "Protocol",
}

// read reads the field expect of the vector n, whose other fields are read.
func (v *Vector) read(n node, fields map[string]node) {
	given := fields["expect"]
	expect, ok := given.object(expectFields...)
	if !ok || !given.has(expect, "result") {
		return
	}
	if v.Expect.Result, ok = expect["result"].oneOf(ResultAccept, ResultReject, ResultIncomplete); !ok {
		return
	}
	want, known := shapes[v.Family+" "+v.Expect.Result]
	if v.Has(TagEncodeOnly) {
		want, known = encoderShape, v.Family == FamilyString && v.Expect.Result == ResultReject
		if v.Octets != nil {
			fields["octets"].fail("a vector with the tag %s has no octets", TagEncodeOnly)
			return
		}
	}
	if !known {
		expect["result"].fail("result %s does not occur in family %s with tags [%s]", v.Expect.Result, v.Family, strings.Join(v.Tags, ", "))
		return
	}
	if v.Has(TagDecodeOnly) && v.Expect.Result != ResultAccept {
		fields["tags"].fail("%s is for accepted vectors; only these have another direction", TagDecodeOnly)
	}
	if limit, ok := fields["limit"]; ok && v.Family != FamilyFrame {
		limit.fail("a limit is for frames only")
	}
	for _, name := range expectFields {
		if field, ok := expect[name]; ok && !slices.Contains(want.must, name) && !slices.Contains(want.may, name) {
			field.fail("does not go with result %s in family %s", v.Expect.Result, v.Family)
			return
		}
	}
	if !given.has(expect, want.must...) {
		return
	}

	switch {
	case v.Family == FamilyFrame:
		v.readFrame(expect)
	case v.Family == FamilyVarint && v.Expect.Result == ResultAccept:
		v.readConsumed(expect["consumed"])
		v.readValue(expect["value"])
	case v.Family == FamilyString && (v.Expect.Result == ResultAccept || v.Has(TagEncodeOnly)):
		v.readString(expect)
	}
}

func (v *Vector) readConsumed(n node) {
	consumed, _ := n.integer(0, int64(len(v.Octets)))
	v.Expect.Consumed = int(consumed)
}

func (v *Vector) readValue(n node) {
	s, ok := n.text()
	if !ok {
		return
	}
	value, err := strconv.ParseUint(s, 10, 64)
	if err != nil || strconv.FormatUint(value, 10) != s {
		n.fail("must be a decimal number of at most 64 bits, in a string, not %q", s)
	}
	v.Expect.Value = value
}

func (v *Vector) readString(expect map[string]node) {
	text, ok := expect["text"].text()
	if !ok {
		return
	}
	if strings.ContainsRune(text, utf8.RuneError) {
		expect["text"].fail("holds U+FFFD, which JSON readers put in the place of what is no character")
	}
	if given, ok := expect["repeat"]; ok {
		n, ok := given.integer(2, maxOctets)
		if !ok || int64(len(text)) > maxOctets/n {
			given.fail("makes a text of more than %d octets", maxOctets)
			return
		}
		text = strings.Repeat(text, int(n))
	}
	v.Expect.Text = text
	if v.Has(TagEncodeOnly) {
		return
	}
	v.readConsumed(expect["consumed"])
	if want := 2 + len(text); v.Expect.Consumed != want {
		expect["consumed"].fail("is %d, but the text takes %d octets with its length", v.Expect.Consumed, want)
	}
}
