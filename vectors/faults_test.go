package vectors_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// bases are small files that are right, one for each family. The faults below
// change them in one place.
var bases = func() map[string]string {
	names, err := filepath.Glob("testdata/bases/*.json")
	if err != nil {
		panic(err)
	}
	files := map[string]string{}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			panic(err)
		}
		files[strings.TrimSuffix(filepath.Base(name), ".json")] = string(data)
	}
	return files
}()

// fault is one change to a base that breaks one rule.
type fault struct {
	name     string
	family   string
	old, new string
	vector   string // name that the error gives
	field    string // field that the error gives
	line     string // a piece of the line that the error gives, after the change

	beyondSchema bool // no JSON Schema can see it
}

func (f fault) data(t *testing.T) string {
	t.Helper()
	base := bases[f.family]
	require.Equal(t, 1, strings.Count(base, f.old), "the text to be changed stands once in the base")
	return strings.Replace(base, f.old, f.new, 1)
}

var faults = []fault{
	// the file
	{name: "schema of another format", family: "frame", old: "vstp-vectors/1", new: "vstp-vectors/2", field: "schema", line: "vstp-vectors/2"},
	{name: "another edition", family: "frame", old: `"1.0"`, new: `"2.0"`, field: "spec", line: `"2.0"`},
	{name: "unknown family", family: "frame", old: `"family": "frame"`, new: `"family": "smtp"`, field: "family", line: "smtp"},
	{name: "unknown field of the file", family: "frame", old: `"description"`, new: `"remark"`, field: "remark", line: "remark"},
	{name: "empty description", family: "frame", old: `"Frames"`, new: `" "`, field: "description", line: `" "`},
	{name: "no tombstones", family: "varint", old: "  \"tombstones\": [],\n", new: "", line: "{"},
	{name: "tombstone without reason", family: "frame", old: "      \"reason\": \"It was the same as another one\",\n", new: "", field: "tombstones[0]", line: "    {"},
	{name: "tombstone renamed to nothing", family: "frame", old: `"renamed": "good"`, new: `"renamed": "better"`, field: "tombstones[0].renamed", line: "better", beyondSchema: true},
	{name: "tombstoned name used", family: "frame", old: `"name": "bad"`, new: `"name": "buried"`, vector: "buried", field: "name", line: `"buried",`, beyondSchema: true},

	// the vector
	{name: "name used twice", family: "frame", old: `"name": "bad"`, new: `"name": "good"`, vector: "good", field: "name", line: `"name": "good"`, beyondSchema: true},
	{name: "name with capital", family: "frame", old: `"name": "bad"`, new: `"name": "Bad"`, vector: "Bad", field: "name", line: `"Bad"`},
	{name: "no name", family: "frame", old: "      \"name\": \"bad\",\n", new: "", line: "    {"},
	{name: "unknown field", family: "frame", old: `"limit": 1000`, new: `"limits": 1000`, vector: "short", field: "limits", line: "limits"},
	{name: "field in capitals", family: "frame", old: `"limit": 1000`, new: `"Limit": 1000`, vector: "short", field: "Limit", line: "Limit"},
	{name: "field twice", family: "frame", old: `"limit": 1000`, new: `"limit": 1000, "limit": 1001`, vector: "short", field: "limit", line: "limit", beyondSchema: true},
	{name: "no requirement", family: "frame", old: `["FRM-2"]`, new: `[]`, vector: "bad", field: "requirements", line: "[]"},
	{name: "malformed requirement", family: "frame", old: `"FRM-2"`, new: `"VSTP-FRM-002"`, vector: "bad", field: "requirements", line: "VSTP-FRM-002"},
	{name: "requirement twice", family: "frame", old: `"HDR-1"`, new: `"FRM-1"`, vector: "good", field: "requirements", line: `["FRM-1", "FRM-1"]`},
	{name: "requirements no array", family: "frame", old: `["FRM-2"]`, new: `"FRM-2"`, vector: "bad", field: "requirements", line: "FRM-2"},
	{name: "no comment", family: "frame", old: "      \"comment\": \"Bad\",\n", new: "", vector: "bad", line: "    {"},
	{name: "empty comment", family: "frame", old: `"Bad"`, new: `""`, vector: "bad", field: "comment", line: `"comment": ""`},
	{name: "comment a number", family: "frame", old: `"Bad"`, new: `7`, vector: "bad", field: "comment", line: `"comment": 7`},
	{name: "unknown origin", family: "frame", old: `"forge"`, new: `"ref"`, vector: "bad", field: "origin", line: `"ref"`},
	{name: "unknown tag", family: "frame", old: `["precedence"]`, new: `["slow"]`, vector: "bad", field: "tags", line: "slow"},
	{name: "tag twice", family: "frame", old: `["precedence"]`, new: `["precedence", "precedence"]`, vector: "bad", field: "tags", line: `"precedence", "precedence"`},
	{name: "no tags in tags", family: "frame", old: `["precedence"]`, new: `[]`, vector: "bad", field: "tags", line: "[]"},
	{name: "decode-only on a rejected one", family: "frame", old: `["precedence"]`, new: `["decode-only"]`, vector: "bad", field: "tags", line: "decode-only"},
	{name: "encode-only on a frame", family: "frame", old: `["precedence"]`, new: `["encode-only"]`, vector: "bad", field: "octets", line: "58*2"},
	{name: "no octets", family: "frame", old: "      \"octets\": \"58*2 020300\",\n", new: "", vector: "bad", line: "    {"},
	{name: "odd hex", family: "frame", old: "020300", new: "02030", vector: "bad", field: "octets", line: "02030"},
	{name: "capital hex", family: "frame", old: "020300", new: "02030A", vector: "bad", field: "octets", line: "02030A"},
	{name: "two spaces", family: "frame", old: "58*2 02", new: "58*2  02", vector: "bad", field: "octets", line: "58*2  02"},
	{name: "space at the end", family: "frame", old: "020300", new: "020300 ", vector: "bad", field: "octets", line: "020300 "},
	{name: "once in a row", family: "frame", old: "58*2", new: "5858*1", vector: "bad", field: "octets", line: "5858*1"},
	{name: "number of times with a zero in front", family: "frame", old: "58*2", new: "58*02", vector: "bad", field: "octets", line: "58*02"},
	{name: "number of times missing", family: "frame", old: "58*2", new: "58*", vector: "bad", field: "octets", line: "58*"},
	{name: "more octets than a line can carry", family: "frame", old: "58*2", new: "58*15728641", vector: "bad", field: "octets", line: "58*15728641", beyondSchema: true},
	{name: "number of times beyond all bounds", family: "frame", old: "58*2", new: "58*99999999999999999999", vector: "bad", field: "octets", line: "58*999", beyondSchema: true},
	{name: "limit below a frame", family: "frame", old: "1000,", new: "14,", vector: "short", field: "limit", line: "14,"},
	{name: "limit beyond 32 bits", family: "frame", old: "1000,", new: "2147483648,", vector: "short", field: "limit", line: "2147483648"},
	{name: "limit with a fraction", family: "frame", old: "1000,", new: "1000.5,", vector: "short", field: "limit", line: "1000.5"},
	{name: "limit null", family: "frame", old: "1000,", new: "null,", vector: "short", field: "limit", line: "null"},

	// what is expected
	{name: "unknown result", family: "frame", old: `"reject"`, new: `"either"`, vector: "bad", field: "expect.result", line: "either"},
	{name: "reject without error", family: "frame", old: "\"reject\",\n        \"error\": \"InvalidMagic\"", new: `"reject"`, vector: "bad", field: "expect", line: `"expect"`},
	{name: "unknown error", family: "frame", old: "InvalidMagic", new: "BadMagic", vector: "bad", field: "expect.error", line: "BadMagic"},
	{name: "incomplete as an error", family: "frame", old: "InvalidMagic", new: "Incomplete", vector: "bad", field: "expect.error", line: "Incomplete"},
	{name: "reject with a frame", family: "frame", old: `"error": "InvalidMagic"`, new: `"error": "InvalidMagic", "frame": {}`, vector: "bad", field: "expect.frame", line: "frame"},
	{name: "incomplete without needed", family: "frame", old: "\"incomplete\",\n        \"needed\": 1000", new: `"incomplete"`, vector: "short", field: "expect", line: `"expect"`},
	{name: "needed that the octets deny", family: "frame", old: `"needed": 1000`, new: `"needed": 1001`, vector: "short", field: "expect.needed", line: "1001", beyondSchema: true},
	{name: "needed though nothing is missing", family: "frame", old: `"56540103000000000003d9"`, new: `"56540103000000000003d9 00*989"`, vector: "short", field: "expect.needed", line: "needed", beyondSchema: true},
	{name: "needed below the fixed part", family: "frame", old: `"needed": 1000`, new: `"needed": 10`, vector: "short", field: "expect.needed", line: "10"},
	{name: "accept without frame", family: "frame", old: `"frame": {`, new: `"content": {`, vector: "good", field: "expect.content", line: "content"},
	{name: "consumed more than there is", family: "frame", old: `"consumed": 31`, new: `"consumed": 32`, vector: "good", field: "expect.consumed", line: "32", beyondSchema: true},
	{name: "consumed less than the frame", family: "frame", old: `"consumed": 31`, new: `"consumed": 30`, vector: "good", field: "expect.consumed", line: "30", beyondSchema: true},
	{name: "frame without flags", family: "frame", old: "          \"flags\": 0,\n", new: "", vector: "good", field: "expect.frame", line: "frame"},
	{name: "flags beyond an octet", family: "frame", old: `"flags": 0`, new: `"flags": 256`, vector: "good", field: "expect.frame.flags", line: "256"},
	{name: "another version than the octets", family: "frame", old: `"version": 1`, new: `"version": 2`, vector: "good", field: "expect.frame", line: "frame", beyondSchema: true},
	{name: "another type than the octets", family: "frame", old: `"type": 3`, new: `"type": 4`, vector: "good", field: "expect.frame", line: "frame", beyondSchema: true},
	{name: "another length than the octets", family: "frame", old: `48656c6c6f"`, new: `48656c6c"`, vector: "good", field: "expect.consumed", line: "consumed", beyondSchema: true},
	{name: "another header length than the octets", family: "frame", old: "0b00 00000005", new: "0a00 00000006", vector: "good", field: "expect.frame", line: "frame", beyondSchema: true},
	{name: "another payload than the octets", family: "frame", old: `48656c6c6f"`, new: `48656c6c00"`, vector: "good", field: "expect.frame", line: "frame", beyondSchema: true},
	{name: "other headers than the octets", family: "frame", old: `["74657374", "76616c7565"]`, new: `["746573", "7476616c7565"]`, vector: "good", field: "expect.frame", line: "frame", beyondSchema: true},
	{name: "header of one part", family: "frame", old: `["74657374", "76616c7565"]`, new: `["74657374"]`, vector: "good", field: "expect.frame.headers[0]", line: "headers"},
	{name: "header of four parts", family: "frame", old: `["74657374", "76616c7565"]`, new: `["74657374", "76616c7565", 2, 2]`, vector: "good", field: "expect.frame.headers[0]", line: "headers"},
	{name: "header once in a row", family: "frame", old: `["74657374", "76616c7565"]`, new: `["74657374", "76616c7565", 1]`, vector: "good", field: "expect.frame.headers[0][2]", line: "headers"},
	{name: "header with odd hex", family: "frame", old: `["74657374"`, new: `["7465737"`, vector: "good", field: "expect.frame.headers[0][0]", line: "headers"},
	{name: "header too long", family: "frame", old: `["74657374"`, new: `["74*256"`, vector: "good", field: "expect.frame", line: "frame", beyondSchema: true},

	{name: "value as a number", family: "varint", old: `"300"`, new: `300`, vector: "good", field: "expect.value", line: "300"},
	{name: "value with a zero in front", family: "varint", old: `"300"`, new: `"0300"`, vector: "good", field: "expect.value", line: "0300"},
	{name: "value beyond 64 bits", family: "varint", old: `"300"`, new: `"18446744073709551616"`, vector: "good", field: "expect.value", line: "1616", beyondSchema: true},
	{name: "varint without consumed", family: "varint", old: "        \"consumed\": 2,\n", new: "", vector: "good", field: "expect", line: "expect"},
	{name: "varint with an error", family: "varint", old: `"reject"`, new: `"reject", "error": "Protocol"`, vector: "bad", field: "expect.error", line: "Protocol"},
	{name: "varint incomplete", family: "varint", old: `"reject"`, new: `"incomplete"`, vector: "bad", field: "expect.result", line: "incomplete"},
	{name: "varint with a limit", family: "varint", old: `"octets": "",`, new: `"octets": "", "limit": 20,`, vector: "bad", field: "limit", line: "limit"},
	{name: "varint encode-only", family: "varint", old: "      \"octets\": \"\",\n", new: "      \"tags\": [\"encode-only\"],\n", vector: "bad", field: "expect.result", line: "reject"},

	{name: "text of another length", family: "string", old: `"repeat": 3`, new: `"repeat": 4`, vector: "good", field: "expect.consumed", line: "consumed", beyondSchema: true},
	{name: "text that is no text", family: "string", old: "\"text\": \"a\",\n        \"repeat\": 3", new: "\"text\": \"\\ud800\"", vector: "good", field: "expect.text", line: "ud800", beyondSchema: true},
	{name: "text beyond all bounds", family: "string", old: `65536`, new: `15728641`, vector: "refused", field: "expect.repeat", line: "15728641", beyondSchema: true},
	{name: "text once in a row", family: "string", old: `65536`, new: `1`, vector: "refused", field: "expect.repeat", line: `"repeat": 1`},
	{name: "refused text without its tag", family: "string", old: "      \"tags\": [\"encode-only\"],\n", new: "      \"octets\": \"\",\n", vector: "refused", field: "expect.text", line: `"text"`},
	{name: "encode-only accepted", family: "string", old: "\"reject\",\n", new: "\"accept\",\n", vector: "refused", field: "expect.result", line: "accept"},

	// generated files
	{name: "digest of other content", family: "generated", old: `"comment": "Good"`, new: `"comment": "Changed"`, field: "sha256", line: "sha256", beyondSchema: true},
	{name: "no digest", family: "gofuzz", old: "  \"sha256\": ", new: "  \"sha-256\": ", field: "sha-256", line: "sha-256"},
	{name: "digest in capitals", family: "generated", old: `"sha256": "`, new: `"sha256": "A`, field: "sha256", line: `"sha256": "A`},
	{name: "digest in a file made by hand", family: "frame", old: `  "tombstones"`, new: "  \"sha256\": \"00\",\n  \"tombstones\"", field: "sha256", line: "sha256"},
	{name: "fault in a generated file", family: "gofuzz", old: "InvalidMagic", new: "BadMagic", vector: "bad", field: "expect.error", line: "BadMagic"},

	{name: "headers that are not the octets", family: "header", old: `"76616c7565"]]`, new: `"76616c7566"]]`, vector: "good", field: "expect.headers", line: "76616c7566", beyondSchema: true},
	{name: "header section with a header too long", family: "header", old: `[["74657374", `, new: `[["74*256", `, vector: "good", field: "expect.headers", line: "74*256", beyondSchema: true},
	{name: "header section with another error", family: "header", old: `"Protocol"`, new: `"CrcMismatch"`, vector: "bad", field: "expect.error", line: "CrcMismatch"},
	{name: "header section with a limit", family: "header", old: `"octets": "05",`, new: `"octets": "05", "limit": 20,`, vector: "bad", field: "limit", line: "limit"},
	{name: "headers that can be encoded", family: "header", old: `"6b*256"`, new: `"6b*255"`, vector: "refused", field: "expect.headers", line: "6b*255", beyondSchema: true},
	{name: "refused headers without their tag", family: "header", old: "      \"tags\": [\"encode-only\"],\n", new: "      \"octets\": \"\",\n", vector: "refused", field: "expect.headers", line: "headers"},
	{name: "refused headers with octets", family: "header", old: "      \"tags\": [\"encode-only\"],\n", new: "      \"tags\": [\"encode-only\"], \"octets\": \"\",\n", vector: "refused", field: "octets", line: "octets"},

	{name: "checksum of three octets", family: "crc", old: `"cbf43926"`, new: `"cbf439"`, vector: "good", field: "expect.crc", line: "cbf439"},
	{name: "checksum as a number", family: "crc", old: `"cbf43926"`, new: `3421780262`, vector: "good", field: "expect.crc", line: "3421780262"},
	{name: "checksum rejected", family: "crc", old: `"accept"`, new: `"reject"`, vector: "good", field: "expect.result", line: "reject"},

	{name: "flags of two octets", family: "flags", old: `"octets": "81"`, new: `"octets": "8181"`, vector: "good", field: "octets", line: "8181"},
	{name: "flags with other names", family: "flags", old: "[\"REQ_ACK\"],\n        \"reserved\": 128", new: "[\"CRC\"],\n        \"reserved\": 128", vector: "good", field: "expect.names", line: "CRC", beyondSchema: true},
	{name: "flags with unknown name", family: "flags", old: "[\"REQ_ACK\"],\n        \"reserved\": 128", new: "[\"ACK\"],\n        \"reserved\": 128", vector: "good", field: "expect.names", line: "names"},
	{name: "flags with other reserved bits", family: "flags", old: `"reserved": 128`, new: `"reserved": 64`, vector: "good", field: "expect.reserved", line: "64", beyondSchema: true},
	{name: "flags with type and no transport", family: "flags", old: "      \"transport\": \"udp\",\n", new: "", vector: "honoured", field: "type", line: `"type": 4`},
	{name: "flags with transport and no type", family: "flags", old: "      \"type\": 4,\n", new: "", vector: "honoured", field: "transport", line: "udp"},
	{name: "flags over another transport", family: "flags", old: `"udp"`, new: `"sctp"`, vector: "honoured", field: "transport", line: "sctp"},
	{name: "flags honoured on no frame", family: "flags", old: `"reserved": 128`, new: `"reserved": 128, "honoured": []`, vector: "good", field: "expect.names", line: "names"},
	{name: "flags of a frame, and none honoured", family: "flags", old: ",\n        \"honoured\": [\"REQ_ACK\"]", new: "", vector: "honoured", field: "expect.names", line: "names"},
	{name: "flags honoured that are not set", family: "flags", old: `"honoured": ["REQ_ACK"]`, new: `"honoured": ["CRC"]`, vector: "honoured", field: "expect.honoured[0]", line: "CRC", beyondSchema: true},
	{name: "flags discarded for another reason", family: "flags", old: `"BadFragment"`, new: `"Protocol"`, vector: "bad", field: "expect.error", line: "Protocol"},

	{name: "priority beyond an octet", family: "priority", old: `"priority": 50`, new: `"priority": 256`, vector: "good", field: "expect.priority", line: "256"},
	{name: "control as a word", family: "priority", old: `"control": false`, new: `"control": "no"`, vector: "good", field: "expect.control", line: "no"},
	{name: "type without name", family: "priority", old: "        \"name\": \"DATA\",\n", new: "", vector: "good", field: "expect", line: "expect"},
	{name: "type of no octet", family: "priority", old: `"octets": "03"`, new: `"octets": ""`, vector: "good", field: "octets", line: "octets"},

	{name: "refused frame accepted", family: "refuse", old: `"reject"`, new: `"accept"`, vector: "bad", field: "expect.result", line: "accept"},
	{name: "refused frame with an error", family: "refuse", old: `"reject"`, new: `"reject", "error": "Protocol"`, vector: "bad", field: "expect.error", line: "Protocol"},
	{name: "refused frame missing", family: "refuse", old: `"frame": {`, new: `"frames": {`, vector: "bad", field: "frames", line: "frames"},
	{name: "refused frame with octets", family: "refuse", old: `"limit": 100`, new: `"octets": "", "limit": 100`, vector: "bad", field: "octets", line: "octets"},
	{name: "refused frame without payload", family: "refuse", old: ",\n        \"payload\": \"\"", new: "", vector: "bad", field: "frame", line: "frame"},

	{name: "plain octets above the limit", family: "gzip", old: `"limit": 3`, new: `"limit": 2`, vector: "good", field: "expect.plain", line: "plain", beyondSchema: true},
	{name: "limit of nothing", family: "gzip", old: `"limit": 3`, new: `"limit": 0`, vector: "good", field: "limit", line: `"limit": 0`},
	{name: "gzip with odd hex", family: "gzip", old: `"616263"`, new: `"61626"`, vector: "good", field: "expect.plain", line: "61626"},
	{name: "gzip with an error of frames", family: "gzip", old: `"BadCompression"`, new: `"Protocol"`, vector: "bad", field: "expect.error", line: "Protocol"},
	{name: "tag of time lines elsewhere", family: "gzip", old: "\"Bad\",\n      \"origin\": \"hand\",", new: "\"Bad\",\n      \"origin\": \"hand\", \"tags\": [\"compression\"],", vector: "bad", field: "tags", line: "tags"},

	{name: "stream with another frame", family: "stream", old: `"payload": "48656c6c6f"`, new: `"payload": "48656c6c00"`, vector: "good", field: "expect.frames[2]", line: "48656c6c00", beyondSchema: true},
	{name: "stream with a frame too many", family: "stream", old: `{"error": "InvalidFrameType"},`, new: `{"error": "InvalidFrameType"}, {"error": "InvalidFrameType"}, {"error": "InvalidFrameType"},`, vector: "good", field: "expect.frames[3]", line: "InvalidFrameType", beyondSchema: true},
	{name: "stream with a frame too few", family: "stream", old: `"consumed": 15,
        "frames": [
          {"version": 1, "type": 1, "flags": 0, "headers": [], "payload": ""}
        ]
      }
    },
    {`, new: `"consumed": 15,
        "frames": []
      }
    },
    {`, vector: "bad", field: "expect.consumed", line: "consumed", beyondSchema: true},
	{name: "stream that goes on", family: "stream", old: `"consumed": 61`, new: `"consumed": 30`, vector: "good", field: "expect.frames[2]", line: `"type": 3`, beyondSchema: true},
	{name: "stream that ends by an error that does not end it", family: "stream", old: `"error": "InvalidMagic"`, new: `"error": "InvalidFrameType"`, vector: "bad", field: "expect.error", line: "InvalidFrameType"},
	{name: "stream with a fault that ends it in the middle", family: "stream", old: `{"error": "InvalidFrameType"}`, new: `{"error": "CrcMismatch"}`, vector: "good", field: "expect.frames[1].error", line: "CrcMismatch"},
	{name: "stream without fault", family: "stream", old: "90a29464 5858", new: "90a29464", vector: "bad", field: "expect.error", line: "error", beyondSchema: true},
	{name: "stream with octets that nothing is said about", family: "stream", old: "6dffe407\"", new: "6dffe407 56\"", vector: "good", field: "expect.consumed", line: "consumed", beyondSchema: true},
	{name: "stream that needs another number", family: "stream", old: `"needed": 31`, new: `"needed": 30`, vector: "short", field: "expect.needed", line: "30", beyondSchema: true},
	{name: "incomplete stream without frames", family: "stream", old: "\"needed\": 31,\n        \"consumed\": 15,\n", new: "\"needed\": 31,\n", vector: "short", field: "expect", line: "expect"},
	{name: "stream with a frame that lacks a field", family: "stream", old: `{"error": "InvalidFrameType"}`, new: `{"fault": "InvalidFrameType"}`, vector: "good", field: "expect.frames[1].fault", line: "fault"},

	{name: "fewest fragments miscounted", family: "split", old: `"count": [2, 255]`, new: `"count": [3, 255]`, vector: "two", field: "expect.count", line: "[3, 255]", beyondSchema: true},
	{name: "most fragments above 255", family: "split", old: `"count": [2, 255]`, new: `"count": [2, 256]`, vector: "two", field: "expect.count[1]", line: "256"},
	{name: "count of one number", family: "split", old: `"count": [2, 255]`, new: `"count": [2]`, vector: "two", field: "expect.count", line: "[2]"},
	{name: "whole message in fragments", family: "split", old: `"count": [1, 1]`, new: `"count": [1, 2]`, vector: "whole", field: "expect.count", line: "[1, 2]", beyondSchema: true},
	{name: "type that cannot be split", family: "split", old: `"flags": 1,`, new: `"type": 4, "flags": 1,`, vector: "two", field: "expect.count", line: "count", beyondSchema: true},
	{name: "split without msg-id", family: "split", old: "      \"msg_id\": \"5\",\n", new: "", vector: "two", field: "expect.count", line: "count", beyondSchema: true},
	{name: "msg-id as a number", family: "split", old: `"msg_id": "5"`, new: `"msg_id": 5`, vector: "two", field: "msg_id", line: "msg_id"},
	{name: "frag-id of nine bits", family: "split", old: `"frag_id": "7"`, new: `"frag_id": "256"`, vector: "two", field: "frag_id", line: "256"},
	{name: "datagrams too few", family: "split", old: `"5654 01 03 11 3100 0000012c 0101 6b 76 0601 6d73672d6964 35 0701 667261672d6964 37 0a01 667261672d696e646578 31 0a01 667261672d746f74616c 32 78*300 f6e4a31b"`, new: `"5654 01 03 11 3100 00000000 0101 6b 76 0601 6d73672d6964 35 0701 667261672d6964 37 0a01 667261672d696e646578 31 0a01 667261672d746f74616c 32 f6e4a31b"`, vector: "two", field: "expect.datagrams", line: "datagrams", beyondSchema: true},
	{name: "datagram with other headers", family: "split", old: "696e646578 30 0a01", new: "696e646578 31 0a01", vector: "two", field: "expect.datagrams[0]", line: "696e646578 31", beyondSchema: true},
	{name: "datagram too long", family: "split", old: "78*1000", new: "78*1200", vector: "two", field: "expect.datagrams[0]", line: "78*1200", beyondSchema: true},
	{name: "either without what is free", family: "split", old: ",\n        \"free\": \"payload of 284,326 to 306,000 octets over UDP\"", new: "", vector: "either", field: "expect", line: "expect"},
	{name: "either with nothing free", family: "split", old: `"payload of 284,326 to 306,000 octets over UDP"`, new: `""`, vector: "either", field: "expect.free", line: "free"},
	{name: "accepted with what is free", family: "split", old: `"result": "either"`, new: `"result": "accept"`, vector: "either", field: "expect.free", line: "free"},
	{name: "refused though it fits", family: "split", old: "78*306001", new: "78*289790", vector: "bad", field: "expect.error", line: "error", beyondSchema: true},
	{name: "refused with another error", family: "split", old: `"FrameTooLarge"`, new: `"Protocol"`, vector: "bad", field: "expect.error", line: "Protocol"},

	{name: "reassembly with expect", family: "reassembly", old: `      "limit": 2000,`, new: "      \"expect\": {\"result\": \"accept\"}, \"limit\": 2000,", vector: "good", field: "expect", line: "expect"},
	{name: "reassembly without events", family: "reassembly", old: `"events"`, new: `"event"`, vector: "good", field: "event", line: "event"},
	{name: "reassembly with an answer", family: "reassembly", old: `{"ack": "5", "to": "A"}`, new: `{"pong": "", "to": "A"}`, vector: "good", field: "events[1].out[0]", line: "pong"},
	{name: "reassembly of octets", family: "reassembly", old: `"from": "A"}, "out": []`, new: `"from": "A", "octets": ""}, "out": []`, vector: "good", field: "events[0].in.octets", line: "octets"},

	{name: "unknown machine", family: "trace", old: `"tcp-server"`, new: `"sctp-server"`, vector: "tcp", field: "machine", line: "sctp"},
	{name: "no machine", family: "trace", old: "      \"machine\": \"tcp-server\",\n", new: "", vector: "tcp", field: "", line: "    {"},
	{name: "event in the past", family: "trace", old: `"at_ms": 2,`, new: `"at_ms": 0,`, vector: "tcp", field: "events[2].at_ms", line: `"at_ms": 0, "in": {"octets"`, beyondSchema: true},
	{name: "event before the first", family: "trace", old: `"at_ms": 0, "in": {"send_ack"`, new: `"at_ms": 1, "in": {"send_ack"`, vector: "udp", field: "events[0].at_ms", line: "send_ack"},
	{name: "event after an hour", family: "trace", old: `30000`, new: `3600001`, vector: "tcp", field: "events[4].at_ms", line: "3600001"},
	{name: "event without out", family: "trace", old: `{"receive": true}, "out": []`, new: `{"receive": true}`, vector: "udp", field: "events[2]", line: "receive"},
	{name: "tolerance for an input", family: "trace", old: `{"at_ms": 11,`, new: `{"at_ms": 11, "late_ms": 5,`, vector: "udp", field: "events[2].late_ms", line: "late_ms"},
	{name: "first event of time alone", family: "trace", old: `{"at_ms": 0, "in": {"connected": true}, "out": []}`, new: `{"at_ms": 0, "out": []}`, vector: "tcp", field: "events[0]", line: `"out": []`},
	{name: "connection that does not begin", family: "trace", old: `{"at_ms": 0, "in": {"connected": true}, "out": []}`, new: `{"at_ms": 0, "in": {"end": true}, "out": []}`, vector: "tcp", field: "events[0].in.end", line: "end", beyondSchema: true},
	{name: "connection that begins twice", family: "trace", old: `{"answer": {"flags": 0, "headers": [], "payload": "78"}, "of": 1}`, new: `{"connected": true}`, vector: "tcp", field: "events[3].in.connected", line: "connected", beyondSchema: true},
	{name: "connected as false", family: "trace", old: `{"connected": true}`, new: `{"connected": false}`, vector: "tcp", field: "events[0].in.connected", line: "false"},
	{name: "two inputs at once", family: "trace", old: `{"receive": true}`, new: `{"receive": true, "close": true}`, vector: "udp", field: "events[2].in", line: "receive"},
	{name: "no input in in", family: "trace", old: `{"receive": true}`, new: `{}`, vector: "udp", field: "events[2].in", line: `"in": {}`},
	{name: "input of another machine", family: "trace", old: `{"receive": true}`, new: `{"connected": true}`, vector: "udp", field: "events[2].in.connected", line: "connected"},
	{name: "input of a client at a server", family: "trace", old: `{"answer": {"flags": 0, "headers": [], "payload": "78"}, "of": 1}`, new: `{"receive": true}`, vector: "tcp", field: "events[3].in.receive", line: "receive", beyondSchema: true},
	{name: "output of another machine", family: "trace", old: `[{"success": "6"}]`, new: `[{"welcome": "S", "to": "A"}]`, vector: "udp", field: "events[1].out[0].welcome", line: "welcome", beyondSchema: true},
	{name: "datagram from nowhere", family: "trace", old: `7858361b", "from": "A"}`, new: `7858361b"}`, vector: "udp", field: "events[1].in", line: "7858361b"},
	{name: "sent to nowhere", family: "trace", old: `4b4144dc", "to": "A"}`, new: `4b4144dc"}`, vector: "udp", field: "events[0].out[0]", line: "4b4144dc"},
	{name: "sent to somewhere over TCP", family: "trace", old: `{"welcome": "S"}`, new: `{"welcome": "S", "to": "A"}`, vector: "tcp", field: "events[1].out[0].to", line: "welcome"},
	{name: "label in lower case", family: "trace", old: `7858361b", "from": "A"}`, new: `7858361b", "from": "a"}`, vector: "udp", field: "events[1].in.from", line: "7858361b"},
	{name: "answer to a message that was not delivered", family: "trace", old: `"of": 1}, "out": [{"data"`, new: `"of": 2}, "out": [{"data"`, vector: "tcp", field: "events[3].in.of", line: `"of": 2`, beyondSchema: true},
	{name: "failure of a message that was not delivered", family: "trace", old: `{"return": {"b":[1,"x"],"a":null}, "of": 1}`, new: `{"fail": 2}`, vector: "easy", field: "events[1].in.fail", line: "fail", beyondSchema: true},
	{name: "two answers to one message", family: "trace", old: `{"at_ms": 30000,`, new: `{"at_ms": 4, "in": {"answer": {"flags": 0, "headers": [], "payload": "78"}, "of": 1}, "out": []}, {"at_ms": 30000,`, vector: "tcp", field: "events[4].in.of", line: `"at_ms": 4`, beyondSchema: true},
	{name: "answer without its message", family: "trace", old: `, "of": 1}, "out": [{"data"`, new: `}, "out": [{"data"`, vector: "tcp", field: "events[3].in", line: "answer"},
	{name: "success of no send", family: "trace", old: `{"success": "6"}`, new: `{"success": "7"}`, vector: "udp", field: "events[1].out[0].success", line: "success", beyondSchema: true},
	{name: "failure without error", family: "trace", old: `{"success": "6"}`, new: `{"failure": "6"}`, vector: "udp", field: "events[1].out[0]", line: "failure"},
	{name: "unknown error reported", family: "trace", old: `"ServerError"`, new: `"ServerFault"`, vector: "udp", field: "events[3].out[0].report", line: "ServerFault"},
	{name: "remote as false", family: "trace", old: `"remote": true`, new: `"remote": false`, vector: "udp", field: "events[3].out[0].remote", line: "false"},
	{name: "msg-id with a zero in front", family: "trace", old: `"msg_id": "6"`, new: `"msg_id": "06"`, vector: "udp", field: "events[0].in.msg_id", line: "06"},
	{name: "acknowledged send without msg-id", family: "trace", old: `"msg_id": "6", `, new: ``, vector: "udp", field: "events[0].in", line: "send_ack"},
	{name: "free choice without words", family: "trace", old: `"free": "a choice"`, new: `"free": " "`, vector: "tcp", field: "events[4].out[0].free", line: "free"},
	{name: "message without headers", family: "trace", old: `{"deliver": {"flags": 0, "headers": [], "payload": "78"}}`, new: `{"deliver": {"flags": 0, "payload": "78"}}`, vector: "tcp", field: "events[2].out[0].deliver", line: "deliver"},
	{name: "code beyond an octet", family: "trace", old: `"err": 9`, new: `"err": 256`, vector: "tcp", field: "events[4].out[0].err", line: "256"},
	{name: "events no array", family: "trace", old: `        {"at_ms": 11, "in": {"receive": true}, "out": []},`, new: `        7,`, vector: "udp", field: "events[2]", line: "7,"},

	{name: "JSON of another value", family: "easy", old: `{"n":1}`, new: `{"n":2}`, vector: "good", field: "expect.json", line: `{"n":2}`, beyondSchema: true},
	{name: "JSON with a member more", family: "easy", old: `{"n":1}`, new: `{"n":1,"m":1}`, vector: "good", field: "expect.json", line: `"m"`, beyondSchema: true},
	{name: "JSON text that is none", family: "easy", old: `7b226e223a317d`, new: `7b226e223a31`, vector: "good", field: "expect.json", line: `{"n":1}`, beyondSchema: true},
	{name: "JSON refused as a frame", family: "easy", old: `"DeserializationError"`, new: `"Protocol"`, vector: "bad", field: "expect.error", line: "Protocol"},
	{name: "JSON without value", family: "easy", old: ",\n        \"json\": {\"n\":1}", new: "", vector: "good", field: "expect", line: "expect"},
}
