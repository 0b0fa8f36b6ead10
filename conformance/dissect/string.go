package dissect

import (
	"fmt"
	"slices"
	"strings"
)

// maxShownHeaders is how many headers String shows.
const maxShownHeaders = 8

// String returns the frame in one line, its violations behind exclamation
// marks: by class if a receiver refuses the frame for them, by requirement if
// they bind the sender alone.
//
//	DATA REQ_ACK msg-id=5 "x" (25 octets)
//	ACK msg-id=5 a=1 (28 octets) ![ACK-18]
//	DATA test=value "Hello" (27 of 31 octets) !Incomplete
func (f Frame) String() string {
	there := "(" + plural(int64(len(f.Raw)), "octet") + ")"
	var words []string
	switch {
	case len(f.Raw) == 0:
		words = []string{"nothing", there}
	case f.Class() == "InvalidMagic" || len(f.Raw) < 4:
		words = []string{"no frame:", dumpOctets(f.Raw), there}
	case f.Total > int64(len(f.Raw)):
		words = append(f.words(), fmt.Sprintf("(%s of %s)", count(int64(len(f.Raw))), plural(f.Total, "octet")))
	default:
		words = append(f.words(), there)
	}
	return strings.Join(append(words, f.marks()...), " ")
}

// marks are the violations, each kind once. Of octets that are no frame of this
// version the first one says enough: the others follow from reading them as if
// they were.
func (f Frame) marks() []string {
	if class := f.Class(); class == "InvalidMagic" || class == "InvalidVersion" {
		return []string{"!" + class}
	}
	var marks []string
	for _, v := range f.Violations {
		mark := "!" + v.Class
		if v.Soft {
			mark = "![" + v.Requirement + "]"
		}
		if !slices.Contains(marks, mark) {
			marks = append(marks, mark)
		}
	}
	return marks
}

// words are TYPE, FLAGS, headers and payload.
func (f Frame) words() []string {
	words := []string{f.TypeName()}
	if f.Flags != 0 {
		words = append(words, f.FlagNames())
	}
	for i, h := range f.Headers {
		if i == maxShownHeaders {
			words = append(words, fmt.Sprintf("… %s more", plural(int64(len(f.Headers)-i), "header")))
			break
		}
		words = append(words, bare(h.Key)+"="+bare(h.Value))
	}
	if len(f.Payload) > 0 {
		words = append(words, sketch(f.Payload))
	}
	return words
}

// bare shows a key or value without quotes where that leaves no doubt.
func bare(b []byte) string {
	for _, octet := range b {
		if octet <= ' ' || octet >= 0x7f || octet == '"' || octet == '=' {
			return sketch(b)
		}
	}
	if len(b) == 0 || len(b) > sketchLen {
		return sketch(b)
	}
	return string(b)
}
