package main

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"unicode/utf8"

	"github.com/vstp-project/vstp/conformance/dissect"
	"github.com/vstp-project/vstp/vectors"
)

// The families that are no frames are read here once more with what the standard
// library has for them.

// outcome compares what was found out about the octets with the result: err is why
// they are refused.
func (c vectorChecker) outcome(v vectors.Vector, err error) (accepted bool) {
	switch wanted := v.Expect.Result == vectors.ResultAccept; {
	case wanted && err != nil:
		c.fault(v, "octets", "are refused, but the result is accept: %v", err)
	case !wanted && err == nil:
		c.fault(v, "expect.result", "is %s, but nothing is wrong with the octets", v.Expect.Result)
	default:
		return wanted
	}
	return false
}

var errOverLimit = errors.New("the output is larger than the limit")

func (c vectorChecker) gzip(v vectors.Vector) {
	limit := v.Limit
	if limit == 0 {
		limit = dissect.DefaultMaxFrame
	}
	plain, err := gunzip(v.Octets, limit)
	if c.outcome(v, err) && !bytes.Equal(plain, v.Expect.Plain) {
		c.fault(v, "expect.plain", "has %d octets, but other ones than the %d that the member holds", len(v.Expect.Plain), len(plain))
	}
	if over := errors.Is(err, errOverLimit); err != nil && v.Expect.Error != "" && over != (v.Expect.Error == "FrameTooLarge") {
		c.fault(v, "expect.error", "is %s, but the octets are refused otherwise: %v", v.Expect.Error, err)
	}
}

// gunzip decompresses what is to be one gzip member and nothing else. [CMP-7]
func gunzip(octets []byte, limit int) ([]byte, error) {
	rest := bytes.NewReader(octets)
	member, err := gzip.NewReader(rest)
	if err != nil {
		return nil, err
	}
	const reserved = 0xe0 // bits of the octet FLG, see RFC 1952
	if octets[3]&reserved != 0 {
		return nil, errors.New("reserved bits of FLG are set")
	}
	member.Multistream(false)
	plain, err := io.ReadAll(io.LimitReader(member, int64(limit)+1))
	switch {
	case len(plain) > limit:
		return nil, errOverLimit
	case err != nil:
		return nil, err
	case rest.Len() > 0:
		return nil, errors.New("octets follow the member")
	}
	return plain, nil
}

// easy looks for a fault in a JSON text that is to be refused. The reader of the
// vectors has compared the value of one that is accepted.
func (c vectorChecker) easy(v vectors.Vector) {
	err := errors.New("not JSON in UTF-8")
	if utf8.Valid(v.Octets) && json.Valid(v.Octets) {
		err = nil
	}
	c.outcome(v, err)
}

func (c vectorChecker) varint(v vectors.Vector) {
	value, n := binary.Uvarint(v.Octets)
	var err error
	switch {
	case n == 0:
		err = errors.New("the octets end within the number")
	case n < 0:
		err = errors.New("the number has more than 64 bits")
	}
	switch {
	case !c.outcome(v, err):
	case value != v.Expect.Value:
		c.fault(v, "expect.value", "is %d, but the octets are %d", v.Expect.Value, value)
	case n != v.Expect.Consumed:
		c.fault(v, "expect.consumed", "is %d, but the number takes %d octets", v.Expect.Consumed, n)
	}
}

func (c vectorChecker) binaryString(v vectors.Vector) {
	if v.Octets == nil {
		if n := len(v.Expect.Text); n <= 65535 {
			c.fault(v, "expect.text", "has %d octets: an encoder has no reason to refuse it", n)
		}
		return
	}
	text, err := readBinaryString(v.Octets)
	if c.outcome(v, err) && text != v.Expect.Text {
		c.fault(v, "expect.text", "is another text than that of the octets, %q", text)
	}
}

// readBinaryString reads a length of two octets, the least significant first, and
// that many octets of UTF-8. [STR-1] [STR-3]
func readBinaryString(octets []byte) (string, error) {
	if len(octets) < 2 {
		return "", errors.New("the octets end within the length")
	}
	length, rest := int(binary.LittleEndian.Uint16(octets)), octets[2:]
	if length > len(rest) {
		return "", errors.New("the octets end within the text")
	}
	if !utf8.Valid(rest[:length]) {
		return "", errors.New("the text is not UTF-8")
	}
	return string(rest[:length]), nil
}
