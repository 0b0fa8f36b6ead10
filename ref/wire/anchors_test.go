package wire_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/wire"
)

// The anchors: frames written down octet by octet, one field per chunk, with a
// CRC32 from elsewhere. Nothing in this file was computed by this package.
//
//	MAGIC VERSION TYPE FLAGS HDR_LEN PAY_LEN  HEADERS  PAYLOAD  CRC32

type acceptAnchor struct {
	name    string
	octets  string
	typ     wire.Type
	flags   wire.Flags
	headers [][2]string
	payload string
}

var acceptAnchors = []acceptAnchor{
	{
		name: "V01 minimal HELLO", octets: "5654 01 01 00 0000 00000000 90a29464",
		typ: wire.TypeHello,
	},
	{
		name: "V02 minimal WELCOME", octets: "5654 01 02 00 0000 00000000 1e2d9387",
		typ: wire.TypeWelcome,
	},
	{
		name: "V03 minimal DATA", octets: "5654 01 03 00 0000 00000000 d2879319",
		typ: wire.TypeData,
	},
	{
		name: "V04 minimal PING", octets: "5654 01 04 00 0000 00000000 d8429a00",
		typ: wire.TypePing,
	},
	{
		name: "V05 minimal PONG", octets: "5654 01 05 00 0000 00000000 14e89a9e",
		typ: wire.TypePong,
	},
	{
		name: "V06 minimal BYE", octets: "5654 01 06 00 0000 00000000 9a679d7d",
		typ: wire.TypeBye,
	},
	{
		name: "V07 minimal ACK", octets: "5654 01 07 00 0000 00000000 56cd9de3",
		typ: wire.TypeAck,
	},
	{
		name: "V08 minimal ERR", octets: "5654 01 08 00 0000 00000000 8fed8f4f",
		typ: wire.TypeErr,
	},
	{
		name:   "V09 the guide's example with the right HDR_LEN",
		octets: "5654 01 03 00 0b00 00000005  04 05 74657374 76616c7565  48656c6c6f  6dffe407",
		typ:    wire.TypeData, headers: [][2]string{{"test", "value"}}, payload: "Hello",
	},
	{
		name: "V10 CRC flag set, empty", octets: "5654 01 03 02 0000 00000000 45188230",
		typ: wire.TypeData, flags: wire.FlagCRC,
	},
	{
		name:   "V11 REQ_ACK with msg-id",
		octets: "5654 01 03 01 0900 00000001  06 01 6d73672d6964 35  78  606c171f",
		typ:    wire.TypeData, flags: wire.FlagReqAck, headers: [][2]string{{"msg-id", "5"}}, payload: "x",
	},
	{
		name:   "V12 empty key",
		octets: "5654 01 03 00 0300 00000000  00 01 76  5cf657e8",
		typ:    wire.TypeData, headers: [][2]string{{"", "v"}},
	},
	{
		name:   "V13 empty value",
		octets: "5654 01 03 00 0300 00000000  01 00 6b  27296047",
		typ:    wire.TypeData, headers: [][2]string{{"k", ""}},
	},
	{
		name:   "V14 empty key and value",
		octets: "5654 01 03 00 0200 00000000  00 00  f1faace3",
		typ:    wire.TypeData, headers: [][2]string{{"", ""}},
	},
	{
		name:   "V15 a key that occurs twice",
		octets: "5654 01 03 00 0800 00000000  01 01 61 31  01 01 61 32  2354cf70",
		typ:    wire.TypeData, headers: [][2]string{{"a", "1"}, {"a", "2"}},
	},
	{
		name:   "V16 octets that are not UTF-8",
		octets: "5654 01 03 00 0600 00000002  02 02 00ff fe80  c328  b372751a",
		typ:    wire.TypeData, headers: [][2]string{{"\x00\xff", "\xfe\x80"}}, payload: "\xc3\x28",
	},
	{
		name:   "V17 a payload that is a frame",
		octets: "5654 01 03 00 0000 0000000f  5654 01 06 00 0000 00000000 9a679d7d  4a46bf04",
		typ:    wire.TypeData, payload: "\x56\x54\x01\x06\x00\x00\x00\x00\x00\x00\x00\x9a\x67\x9d\x7d",
	},
	{
		name:   "V18 ACK of msg-id 5",
		octets: "5654 01 07 00 0900 00000000  06 01 6d73672d6964 35  e15167a1",
		typ:    wire.TypeAck, headers: [][2]string{{"msg-id", "5"}},
	},
	{
		name:   "V19 WELCOME with session-id",
		octets: "5654 01 02 00 0f00 00000000  0a 03 73657373696f6e2d6964 313233  de5ba2b2",
		typ:    wire.TypeWelcome, headers: [][2]string{{"session-id", "123"}},
	},
	{
		name:   "V20 ERR with err-code and text",
		octets: "5654 01 08 00 0b00 0000000c  08 01 6572722d636f6465 34  756e6b6e6f776e2074797065  7f831642",
		typ:    wire.TypeErr, headers: [][2]string{{"err-code", "4"}}, payload: "unknown type",
	},
	{
		name: "V21 fragment 0 of 2",
		octets: "5654 01 03 11 2d00 00000004  06 01 6d73672d6964 35  07 01 667261672d6964 35" +
			"  0a 01 667261672d696e646578 30  0a 01 667261672d746f74616c 32  41414141  b7a40aa2",
		typ: wire.TypeData, flags: wire.FlagReqAck | wire.FlagFrag,
		headers: [][2]string{{"msg-id", "5"}, {"frag-id", "5"}, {"frag-index", "0"}, {"frag-total", "2"}}, payload: "AAAA",
	},
	{
		name: "V22 fragment 1 of 2",
		octets: "5654 01 03 11 2d00 00000002  06 01 6d73672d6964 35  07 01 667261672d6964 35" +
			"  0a 01 667261672d696e646578 31  0a 01 667261672d746f74616c 32  4242  cea4d598",
		typ: wire.TypeData, flags: wire.FlagReqAck | wire.FlagFrag,
		headers: [][2]string{{"msg-id", "5"}, {"frag-id", "5"}, {"frag-index", "1"}, {"frag-total", "2"}}, payload: "BB",
	},
	{
		name:   "V23 a compressed payload, handed over as transmitted",
		octets: "5654 01 03 20 0000 0000001d  1f8b080000000000000373741c05a360148c5400001afb37b700040000  4cadbad3",
		typ:    wire.TypeData, flags: wire.FlagComp,
		payload: "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x73\x74\x1c\x05\xa3\x60\x14\x8c\x54\x00\x00\x1a\xfb\x37\xb7\x00\x04\x00\x00",
	},
	{
		name:   "V24 reserved flag bits",
		octets: "5654 01 03 81 0900 00000001  06 01 6d73672d6964 35  78  dae0dcf7",
		typ:    wire.TypeData, flags: wire.FlagReqAck | 0x80, headers: [][2]string{{"msg-id", "5"}}, payload: "x",
	},
	// The next three are well-formed: their fault is in the compressed payload,
	// which is not this package's business.
	{
		name:   "I24 COMP on a payload that is not gzip",
		octets: "5654 01 03 20 0000 00000007  6e6f74677a6970  89364109",
		typ:    wire.TypeData, flags: wire.FlagComp, payload: "notgzip",
	},
	{
		name:   "I25 COMP on an empty payload",
		octets: "5654 01 03 20 0000 00000000  1d3aaa85",
		typ:    wire.TypeData, flags: wire.FlagComp,
	},
	{
		name: "I26 COMP on two gzip members",
		octets: "5654 01 03 20 0000 0000003a  1f8b080000000000000373741c05a360148c5400001afb37b700040000" +
			"  1f8b080000000000000373741c05a360148c5400001afb37b700040000  a9eefd2b",
		typ: wire.TypeData, flags: wire.FlagComp,
		payload: "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x73\x74\x1c\x05\xa3\x60\x14\x8c\x54\x00\x00\x1a\xfb\x37\xb7\x00\x04\x00\x00" +
			"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x73\x74\x1c\x05\xa3\x60\x14\x8c\x54\x00\x00\x1a\xfb\x37\xb7\x00\x04\x00\x00",
	},
}

// headerPairs returns the headers in wire order.
func headerPairs(h wire.Headers) [][2]string {
	var pairs [][2]string
	for key, value := range h.All() {
		pairs = append(pairs, [2]string{string(key), string(value)})
	}
	return pairs
}

func TestAnchorsAccepted(t *testing.T) {
	for _, a := range acceptAnchors {
		t.Run(a.name, func(t *testing.T) {
			octets := unhex(t, a.octets)

			f, n, err := wire.Parse(octets, wire.Limits{})

			require.NoError(t, err)
			assert.Equal(t, len(octets), n)
			assert.Equal(t, a.typ, f.Type)
			assert.Equal(t, a.flags, f.Flags)
			assert.Equal(t, a.headers, headerPairs(f.Headers))
			assert.Equal(t, a.payload, string(f.Payload))
			assert.Equal(t, len(octets), f.EncodedLen())
		})
	}
}

// What the octets say, put together anew, gives the octets again.
func TestAnchorsEncoded(t *testing.T) {
	for _, a := range acceptAnchors {
		t.Run(a.name, func(t *testing.T) {
			b := wire.NewBuilder(a.typ).Flags(a.flags &^ 0x80).Payload([]byte(a.payload))
			for _, h := range a.headers {
				b.Text(h[0], h[1])
			}
			f, err := b.Build()
			require.NoError(t, err)
			f.Flags = a.flags

			octets, err := f.AppendBinary(nil)

			if a.flags.Has(0x80) {
				require.ErrorIs(t, err, wire.Protocol, "a sender transmits reserved bits as zero [FLG-2]")
				return
			}
			require.NoError(t, err)
			assert.Equal(t, unhex(t, a.octets), octets)
		})
	}
}

// Every proper prefix of an acceptable frame asks for more, and for no more than
// the frame has. [FRM-7]
func TestAnchorsEveryPrefixIsShort(t *testing.T) {
	for _, a := range acceptAnchors {
		t.Run(a.name, func(t *testing.T) {
			octets := unhex(t, a.octets)
			known := 0
			for cut := range octets {
				f, n, err := wire.Parse(octets[:cut:cut], wire.Limits{})

				require.Equal(t, wire.ErrShort, err, "%d octets", cut)
				require.Equal(t, wire.Frame{}, f, "%d octets", cut)
				if cut < wire.FixedLen {
					require.Equal(t, wire.FixedLen, n, "%d octets", cut)
				} else {
					require.Equal(t, len(octets), n, "%d octets", cut)
				}
				require.GreaterOrEqual(t, n, known, "what is known to be needed never shrinks")
				require.Greater(t, n, cut)
				known = n
			}
		})
	}
}

// No single bit of a good frame can be wrong unnoticed.
func TestAnchorsEverySingleBitFlipIsNoticed(t *testing.T) {
	for _, a := range acceptAnchors {
		t.Run(a.name, func(t *testing.T) {
			octets := unhex(t, a.octets)
			for at := range octets {
				for bit := range 8 {
					flipped := append([]byte(nil), octets...)
					flipped[at] ^= 1 << bit

					_, _, err := wire.Parse(flipped, wire.Limits{})

					require.Contains(t, flipReasons(at), reasonOf(t, err), "octet %d, bit %d", at, bit)
				}
			}
		})
	}
}

// flipReasons says how a flipped bit in the given octet may show.
func flipReasons(at int) []wire.Reason {
	switch {
	case at < 2:
		return []wire.Reason{wire.InvalidMagic}
	case at == 2:
		return []wire.Reason{wire.InvalidVersion}
	case 5 <= at && at < wire.FixedLen:
		// A length: the frame seems longer, shorter or too large.
		return []wire.Reason{wire.Incomplete, wire.CrcMismatch, wire.FrameTooLarge}
	default:
		return []wire.Reason{wire.CrcMismatch}
	}
}

type rejectAnchor struct {
	name   string
	octets string
	reason wire.Reason
	offset int
	n      int // octets to go on behind, where that is known
}

var rejectAnchors = []rejectAnchor{
	{
		name: "I01 MAGIC 58 58", octets: "5858 01 03 00 0000 00000000 9acd5891",
		reason: wire.InvalidMagic, offset: 0,
	},
	{
		name: "I02 VERSION 2", octets: "5654 02 03 00 0000 00000000 eb0aafdc",
		reason: wire.InvalidVersion, offset: 2,
	},
	{
		name: "I03 VERSION 0", octets: "5654 00 03 00 0000 00000000 c5fc875a",
		reason: wire.InvalidVersion, offset: 2,
	},
	{
		name:   "I04 the last bit of CRC32 flipped",
		octets: "5654 01 03 00 0b00 00000005  04 05 74657374 76616c7565  48656c6c6f  6dffe406",
		reason: wire.CrcMismatch, offset: 27,
	},
	{
		name:   "I05 a bit of the payload flipped",
		octets: "5654 01 03 00 0b00 00000005  04 05 74657374 76616c7565  68656c6c6f  6dffe407",
		reason: wire.CrcMismatch, offset: 27,
	},
	{
		name: "I06 TYPE 0", octets: "5654 01 00 00 0000 00000000 5c0894fa",
		reason: wire.InvalidFrameType, offset: 3, n: 15,
	},
	{
		name: "I07 TYPE 9", octets: "5654 01 09 00 0000 00000000 43478fd1",
		reason: wire.InvalidFrameType, offset: 3, n: 15,
	},
	{
		name: "I08 TYPE FF", octets: "5654 01 ff 00 0000 00000000 7a43921c",
		reason: wire.InvalidFrameType, offset: 3, n: 15,
	},
	{
		name:   "I09 a header that runs into the payload",
		octets: "5654 01 03 00 0200 00000005  05 00  48656c6c6f  30349509",
		reason: wire.Protocol, offset: 11, n: 22,
	},
	{
		name:   "I10 a header that runs into CRC32",
		octets: "5654 01 03 00 0200 00000000  04 00  959669e7",
		reason: wire.Protocol, offset: 11, n: 17,
	},
	{
		name:   "I11 a header section of one octet",
		octets: "5654 01 03 00 0100 00000002  00  0078  26aaaba3",
		reason: wire.Protocol, offset: 11, n: 18,
	},
	{
		name:   "I12 one octet left over behind a header",
		octets: "5654 01 03 00 0300 00000003  00 00  00  015a71  dddc96c2",
		reason: wire.Protocol, offset: 13, n: 21,
	},
	{
		name:   "I14 CRC32 little-endian",
		octets: "5654 01 03 00 0b00 00000005  04 05 74657374 76616c7565  48656c6c6f  07e4ff6d",
		reason: wire.CrcMismatch, offset: 27,
	},
	{
		name:   "I15 CRC32 over HEADERS and PAYLOAD alone",
		octets: "5654 01 03 00 0b00 00000005  04 05 74657374 76616c7565  48656c6c6f  16ac5409",
		reason: wire.CrcMismatch, offset: 27,
	},
	{
		name:   "I16 CRC-32C",
		octets: "5654 01 03 00 0b00 00000005  04 05 74657374 76616c7565  48656c6c6f  af1170c7",
		reason: wire.CrcMismatch, offset: 27,
	},
	{
		name:   "I19 PAY_LEN little-endian",
		octets: "5654 01 03 00 0b00 05000000  04 05 74657374 76616c7565  48656c6c6f  b2dbd894",
		reason: wire.FrameTooLarge, offset: 5,
	},
	{
		name: "I20 one octet above the default limit, fixed part alone", octets: "5654 01 03 00 0000 007ffff2",
		reason: wire.FrameTooLarge, offset: 5,
	},
	{
		name: "I21 the largest PAY_LEN, fixed part alone", octets: "5654 01 03 00 0000 ffffffff",
		reason: wire.FrameTooLarge, offset: 5,
	},
	{
		name: "I22 wrong CRC32 comes before wrong TYPE", octets: "5654 01 09 00 0000 00000000 00000000",
		reason: wire.CrcMismatch, offset: 11,
	},
	{
		name: "I23 wrong MAGIC comes before wrong VERSION", octets: "5858 02 03 00 0000 00000000 a3406454",
		reason: wire.InvalidMagic, offset: 0,
	},
}

func TestAnchorsRejected(t *testing.T) {
	for _, a := range rejectAnchors {
		t.Run(a.name, func(t *testing.T) {
			f, n, err := wire.Parse(unhex(t, a.octets), wire.Limits{})

			require.Equal(t, &wire.DecodeError{Offset: a.offset, Reason: a.reason}, err)
			assert.Equal(t, a.n, n)
			assert.Equal(t, wire.Frame{}, f)
		})
	}
}

// Anchors whose lengths promise more than there is: no error, but a wait.
func TestAnchorsIncomplete(t *testing.T) {
	for _, a := range []struct {
		name   string
		octets string
		needed int
	}{
		{
			"I13 the guide's dump as printed, HDR_LEN 13",
			"5654 01 03 00 0d00 00000005  04 05 74657374 76616c7565  48656c6c6f  1f0ebe87", 33,
		},
		{
			"I17 no CRC32",
			"5654 01 03 00 0b00 00000005  04 05 74657374 76616c7565  48656c6c6f", 31,
		},
		{
			"I18 HDR_LEN big-endian",
			"5654 01 03 00 000b 00000005  04 05 74657374 76616c7565  48656c6c6f  b328e4d2", 2836,
		},
	} {
		t.Run(a.name, func(t *testing.T) {
			_, n, err := wire.Parse(unhex(t, a.octets), wire.Limits{})

			require.Equal(t, wire.ErrShort, err)
			assert.Equal(t, a.needed, n)
		})
	}
}
