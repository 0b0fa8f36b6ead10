package tap

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"io"
	"math/big"
	"slices"
	"strconv"
	"time"

	"github.com/vstp-project/vstp/conformance/dissect"
)

// digest stands for octets.
type digest [16]byte

func digestOf(parts ...[]byte) digest {
	h := sha256.New()
	for _, part := range parts {
		fmt.Fprintf(h, "%d:", len(part))
		h.Write(part)
	}
	var d digest
	copy(d[:], h.Sum(nil))
	return d
}

// fact is what a frame means for its receiver.
type fact struct {
	typ, flags byte
	known      bool // TYPE is
	class      string
	id         string // the first msg-id as it stands; "" for none
	validID    bool
	payload    digest
	empty      bool // there is no payload
	size       int  // of the frame
	badGzip    bool // COMP is set and the payload is no gzip member
	code       uint64
	hasCode    bool
	end        int64 // of the frame in its stream
}

func (f fact) has(flag byte) bool { return f.flags&flag != 0 }

// answer says whether the frame is one that is never acknowledged. [ACK-7]
func (f fact) answer() bool {
	switch f.typ {
	case dissect.TypeAck, dissect.TypePong, dissect.TypeWelcome, dissect.TypeErr:
		return true
	}
	return false
}

func factOf(f dissect.Frame) fact {
	out := fact{
		typ: f.Type, flags: f.Flags, known: !hasClass(f, "InvalidFrameType"), class: f.Class(),
		payload: digestOf(f.Payload), empty: len(f.Payload) == 0, size: len(f.Raw),
	}
	if value, ok := f.Header(dissect.KeyMsgID); ok {
		out.id, out.validID = string(value), canonical(value, 64)
	}
	if value, ok := f.Header(dissect.KeyErrCode); ok && canonical(value, 64) {
		out.code, _ = strconv.ParseUint(string(value), 10, 64)
		out.hasCode = true
	}
	if f.Class() == "" && f.Type == dissect.TypeData && out.has(dissect.FlagComp) && !out.has(dissect.FlagFrag) {
		out.badGzip = !oneGzipMember(f.Payload)
	}
	return out
}

func hasClass(f dissect.Frame, class string) bool {
	return slices.ContainsFunc(f.Violations, func(v dissect.Violation) bool { return v.Class == class })
}

// canonical says whether value is a canonical decimal of at most so many bits.
func canonical(value []byte, bits int) bool {
	if len(value) == 0 || len(value) > bits || len(value) > 1 && value[0] == '0' {
		return false
	}
	for _, octet := range value {
		if octet < '0' || octet > '9' {
			return false
		}
	}
	n, ok := new(big.Int).SetString(string(value), 10)
	return ok && n.BitLen() <= bits
}

// small reads a canonical decimal of 8 bits.
func small(f dissect.Frame, key string) (int, bool) {
	value, ok := f.Header(key)
	if !ok || !canonical(value, 8) {
		return 0, false
	}
	n, err := strconv.Atoi(string(value))
	return n, err == nil
}

// maxInflated bounds what is decompressed of a payload, which is enough to tell that
// it does not stop being a gzip member at once.
const maxInflated = 16 << 20

// oneGzipMember says whether a payload is exactly one gzip member, as far as its first
// 16 MiB tell.
func oneGzipMember(payload []byte) bool {
	rest := bytes.NewReader(payload)
	r, err := gzip.NewReader(rest)
	if err != nil {
		return false
	}
	r.Multistream(false)
	switch n, err := io.CopyN(io.Discard, r, maxInflated); {
	case err == nil && n == maxInflated:
		return true // nobody looks further
	case err != io.EOF:
		return false
	}
	return rest.Len() == 0
}

// senderRule is for the requirements of a receiver by which the decoder names a fault
// of the sender: what the sender has broken there.
var senderRule = map[string]string{"UDP-2": "UDP-1", "UDP-3": "UDP-1", "HDR-6": "HDR-1", "HDR-7": "HDR-1"}

// frame reports what is wrong with a frame by itself.
func (c *conversation) frame(now time.Time, by Side, f dissect.Frame, what fact, at place) {
	at.octets = f.Raw
	violations := f.Violations
	switch f.Class() {
	case "InvalidMagic", "InvalidVersion", "Incomplete", "CrcMismatch":
		violations = violations[:1] // what else is wrong can come of that
	}
	for _, v := range violations {
		requirement := v.Requirement
		if mapped := senderRule[requirement]; mapped != "" {
			requirement = mapped
		}
		if requirement == "SES-2" && c.tap.o.Profile != Strict {
			// The guide has this spelling in one place, and core takes it.
			if value, ok := f.Header("session_id"); ok && canonical(value, 128) {
				continue
			}
		}
		at.offset, at.length = v.Offset, v.Length
		c.find(now, by, requirement, at, "%s", v.Text)
	}
	at.offset, at.length = 0, 0
	if what.badGzip {
		at.offset, at.length = 11+f.HeaderLen, len(f.Payload)
		c.find(now, by, "CMP-1", at, "COMP is set and the payload is not exactly one gzip member")
	}
}
