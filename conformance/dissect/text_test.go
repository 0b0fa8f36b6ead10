package dissect_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance/dissect"
	"github.com/vstp-project/vstp/conformance/forge"
)

func TestString(t *testing.T) {
	frame := forge.Frame{Type: 3, Headers: forge.KV("test", "value"), Payload: []byte("Hello")}.Bytes()
	tests := []struct {
		name   string
		octets []byte
		want   string
	}{
		{"message", forge.Frame{Type: 3, Flags: 1, Headers: forge.KV("msg-id", "5"), Payload: []byte("x")}.Bytes(), `DATA REQ_ACK msg-id=5 "x" (25 octets)`},
		{"minimal", forge.Frame{Type: 1}.Bytes(), `HELLO (15 octets)`},
		{"text with quotes", forge.Frame{Type: 3, Headers: forge.KV("", "", "a b", `"`), Payload: []byte("a\"\n")}.Bytes(), `DATA ""="" "a b"="\"" "a\"\n" (26 octets)`},
		{"binary", forge.Frame{Type: 3, Headers: []forge.Header{{Key: []byte{0, 0xff}, Value: []byte("é")}}, Payload: []byte{0xc3, 0x28}}.Bytes(), `DATA 0x00ff="é" 0xc328 (23 octets)`},
		{"control characters are not printed", forge.Frame{Type: 3, Payload: []byte("\x1b[31m")}.Bytes(), `DATA 0x1b5b33316d (20 octets)`},
		{"long text", forge.Frame{Type: 3, Payload: []byte(strings.Repeat("é", 17) + "x")}.Bytes(), `DATA "` + strings.Repeat("é", 16) + `"… (50 octets)`},
		{"long text cut in a character", forge.Frame{Type: 3, Payload: []byte("x" + strings.Repeat("é", 17))}.Bytes(), `DATA "x` + strings.Repeat("é", 15) + `"… (50 octets)`},
		{"long binary", forge.Frame{Type: 3, Payload: make([]byte, 985)}.Bytes(), `DATA 0x` + strings.Repeat("00", 32) + `… (1,000 octets)`},
		{"many headers", forge.Frame{Type: 3, Headers: make([]forge.Header, 10)}.Bytes(), `DATA` + strings.Repeat(` ""=""`, 8) + ` … 2 headers more (35 octets)`},
		{"cut short", frame[:27], `DATA test=value "Hello" (27 of 31 octets) !Incomplete`},
		{"cut shorter", frame[:10], `DATA (10 octets) !Incomplete`},
		{"hardly anything", frame[:3], `no frame: 56 54 01 (3 octets) !Incomplete`},
		{"nothing", nil, `nothing (0 octets) !Incomplete`},
		{"another protocol", []byte("GET / HTTP/1.1\r\n\r\n"), `no frame: 47 45 54 20 2f 20 48 54 … (18 octets) !InvalidMagic`},
		{"another version", unhex(t, "5654 02 09 00 0000 00000001"), `TYPE(0x09) (11 of 16 octets) !InvalidVersion`},
		{"wrong checksum", forge.FlipBit(frame, 8*30), `DATA test=value "Hello" (31 octets) !CrcMismatch`},
		{"a sender's slip", forge.Frame{Type: 7, Headers: forge.KV("msg-id", "5", "a", "1")}.Bytes(), `ACK msg-id=5 a=1 (28 octets) ![ACK-18]`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			assert.Equal(t, test.want, dissect.Decode(test.octets, dissect.Options{}).String())
		})
	}
}

func TestDumpOfGoodFrame(t *testing.T) {
	b := forge.Frame{Type: 3, Flags: 1, Headers: forge.KV("msg-id", "5"), Payload: []byte("a longer payload")}.Bytes()
	assert.Equal(t, `DATA REQ_ACK msg-id=5 "a longer payload" (40 octets)
  offset  octets                     field      meaning
       0  56 54                      MAGIC      "VT"
       2  01                         VERSION    1
       3  03                         TYPE       DATA
       4  01                         FLAGS      REQ_ACK
       5  09 00                      HDR_LEN    9 octets of headers
       7  00 00 00 10                PAY_LEN    16 octets of payload
      11  06                         KEY_LEN    6
      12  01                         VALUE_LEN  1
      13  6d 73 67 2d 69 64          KEY        "msg-id"
      19  35                         VALUE      "5"
      20  61 20 6c 6f 6e 67 65 72 …  PAYLOAD    "a longer payload"
      36  7e 01 eb 9d                CRC32      7e01eb9d, right
`, dissect.Decode(b, dissect.Options{}).Dump())
}

func TestDumpMarksViolations(t *testing.T) {
	b := unhex(t, "5654 01 09 80 0200 00000005 0500 48656c6c6f 00000000")
	assert.Equal(t, `TYPE(0x09) 0x80 "Hello" (23 octets) !CrcMismatch !InvalidFrameType !Protocol
  offset  octets                     field      meaning
       0  56 54                      MAGIC      "VT"
       2  01                         VERSION    1
       3  09                         TYPE       unknown
!      3  [TYP-2] InvalidFrameType: TYPE is 0x09, which is neither 1 to 8 nor in the registry
       4  80                         FLAGS      0x80
       5  02 00                      HDR_LEN    2 octets of headers
       7  00 00 00 05                PAY_LEN    5 octets of payload
      11  05                         KEY_LEN    5
!     11  [HDR-6] Protocol: a header with a key of 5 and a value of 0 octets ends 5 octets past the header section
      12  00                         VALUE_LEN  0
      13  48 65 6c 6c 6f             PAYLOAD    "Hello"
      18  00 00 00 00                CRC32      00000000, not the d44807fd of the octets before it
!     18  [CRC-1] CrcMismatch: CRC32 is 00000000, and the octets before it give d44807fd
      22  4a                         TRAILING   "J"
!     22  [UDP-3] Protocol: the datagram goes on for 1 octet after its frame
`, dissect.DecodeDatagram(append(b, 'J'), dissect.Options{}).Dump())

	sent := dissect.Decode(forge.Frame{Type: 3, Flags: 0x80}.Bytes(), dissect.Options{})
	assert.Contains(t, sent.Dump(), "       4  80                         FLAGS      0x80\n!      4  [FLG-2] sender: reserved FLAGS bits 0x80 are set\n")
}

func TestDumpOfNothing(t *testing.T) {
	assert.Equal(t, "nothing (0 octets) !Incomplete\n!      0  [FRM-1] Incomplete: 0 octets of the 11 that come before the headers\n",
		dissect.Decode(nil, dissect.Options{}).Dump())
}

// A frame of very many headers does not make a table of very many lines, and
// a violation in the part that is left out still shows.
func TestDumpLeavesOutTheMiddle(t *testing.T) {
	section := make([]byte, 65534)
	section = append(section, 0)
	b := forge.Raw{Type: 3, HeaderSection: section, Payload: []byte("x")}.Bytes()
	f := dissect.Decode(b, dissect.Options{})
	require.Len(t, f.Headers, 32767)
	dump := f.Dump()
	assert.Less(t, strings.Count(dump, "\n"), 120)
	assert.Contains(t, dump, "fields left out")
	assert.Contains(t, dump, "[HDR-7]")
	assert.Contains(t, dump, "CRC32")

	section = append(forge.Section(make([]forge.Header, 100)), forge.Section(forge.KV("msg-id", "x"))...)
	section = append(section, forge.Section(make([]forge.Header, 100))...)
	f = dissect.Decode(forge.Raw{Type: 3, HeaderSection: section}.Bytes(), dissect.Options{})
	assert.Contains(t, f.Dump(), "!    211  [HDR-9] sender: msg-id is \"x\"")
}
