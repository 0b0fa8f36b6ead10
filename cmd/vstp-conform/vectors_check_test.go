package main

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/spec"
	"github.com/vstp-project/vstp/vectors"
)

// familyFile is a file with one vector, of which these are the fields that are
// its own.
func familyFile(t *testing.T, family, fields string) fstest.MapFS {
	t.Helper()
	text := fmt.Sprintf(`{"schema": "vstp-vectors/1", "spec": "1.0", "family": %q, "description": "d", "tombstones": [],
		"vectors": [{"name": "v", "requirements": ["FRM-1"], "comment": "c", "origin": "hand", %s}]}`, family, fields)
	data, err := vectors.Format([]byte(text))
	require.NoError(t, err, text)
	return fstest.MapFS{family + ".json": {Data: data}}
}

const (
	hello = "5654 01 01 00 0000 00000000 90a29464"
	ping  = "5654 01 04 00 0000 00000000 d8429a00"
	nine  = "5654 01 09 00 0000 00000000 43478fd1"
	pingF = `{"version": 1, "type": 4, "flags": 0, "headers": [], "payload": ""}`
)

func TestVectorsAreHeldAgainstTheirOctets(t *testing.T) {
	for name, c := range map[string]struct{ family, fields, want string }{
		"frame that is whole": {"frame", `"octets": "` + ping + `", "limit": 15, "expect": {"result": "incomplete", "needed": 15}`, "needed: is 15, and there are 15 octets"},
		"stream: too few frames": {
			"stream", `"octets": "` + ping + " " + ping + `", "expect": {"result": "reject", "error": "Protocol", "consumed": 15, "frames": [` + pingF + `]}`,
			"expect.frames: end before the octets do: another frame follows",
		},
		"stream: a frame that is refused": {
			"stream", `"octets": "` + strings.Replace(ping, "9a00", "9a01", 1) + `", "expect": {"result": "accept", "consumed": 15, "frames": [` + pingF + `]}`,
			"expect.frames[0]: does not agree with the octets: what stands there is refused as CrcMismatch",
		},
		"stream: a frame that is accepted": {
			"stream", `"octets": "` + ping + `", "expect": {"result": "accept", "consumed": 15, "frames": [{"error": "InvalidFrameType"}]}`,
			"expect.frames[0]: does not agree with the octets: what stands there is a frame that is accepted",
		},
		"stream: another error": {
			"stream", `"octets": "` + ping + ` ff56", "expect": {"result": "reject", "error": "Protocol", "consumed": 15, "frames": [` + pingF + `]}`,
			"expect.error: is Protocol, but the rest is refused as InvalidMagic",
		},
		"stream: not refused but incomplete": {
			"stream", `"octets": "` + ping + ` 56", "expect": {"result": "reject", "error": "Protocol", "consumed": 15, "frames": [` + pingF + `]}`,
			"expect.result: is reject, but the last frame is incomplete",
		},
		"stream: not incomplete but refused": {
			"stream", `"octets": "` + ping + ` ff56", "expect": {"result": "incomplete", "needed": 11, "consumed": 15, "frames": [` + pingF + `]}`,
			"expect.result: is incomplete, but the rest is refused as InvalidMagic",
		},
		"stream: unknown type": {
			"stream", `"octets": "` + nine + `", "expect": {"result": "accept", "consumed": 15, "frames": [` + strings.Replace(pingF, "4", "9", 1) + `]}`,
			"what stands there is refused as InvalidFrameType",
		},
		"header: nothing wrong": {"header", `"octets": "0101 61 62", "expect": {"result": "reject", "error": "Protocol"}`, "expect.result: is reject, but nothing is wrong"},
		"split: checksum": {
			"split", `"message": {"flags": 0, "headers": [], "payload": ""}, "expect": {"result": "accept", "count": [1, 1], "datagrams": ["5654 01 03 00 0000 00000000 d2879318"]}`,
			"expect.datagrams[0]: is no datagram that a sender may send: CRC32 is d2879318",
		},
		"trace: checksum": {
			"trace", `"machine": "udp-client", "events": [{"at_ms": 0, "in": {"send": {"flags": 0, "headers": [], "payload": "78"}, "to": "A"}, "out": [{"datagram": "5654 01 03 00 0000 00000001 78 f17e0890", "to": "A"}]}]`,
			"events[0].out[0]: is no datagram that a sender may send: CRC32",
		},
		"refuse: nothing to refuse": {"refuse", `"frame": ` + pingF + `, "expect": {"result": "reject"}`, "frame: gives an encoder nothing to refuse"},
		"priority: another name":    {"priority", `"octets": "03", "expect": {"result": "accept", "name": "DATUM", "priority": 50, "control": false}`, "expect.name: is DATUM, but the registry has DATA"},
		"priority: another number":  {"priority", `"octets": "03", "expect": {"result": "accept", "name": "DATA", "priority": 51, "control": false}`, "expect.priority: is 51, but the registry has 50"},
		"priority: control":         {"priority", `"octets": "03", "expect": {"result": "accept", "name": "DATA", "priority": 50, "control": true}`, "expect.control: is true, but the registry has false"},
		"priority: unknown":         {"priority", `"octets": "10", "expect": {"result": "accept", "name": "NOTE", "priority": 50, "control": true}`, "octets: are a TYPE that is not in the registry"},
		"priority: known":           {"priority", `"octets": "03", "expect": {"result": "reject", "error": "InvalidFrameType"}`, "expect.result: is reject, but the registry has the TYPE 0x03 as DATA"},
		"gzip: other content":       {"gzip", `"octets": "1f8b08000000000000ff4b4c4a0600c241243503000000", "expect": {"result": "accept", "plain": "616264"}`, "expect.plain: has 3 octets, but other ones than the 3"},
		"gzip: refused":             {"gzip", `"octets": "1f8b08000000000000ff4b4c4a0600c24124350300000000", "expect": {"result": "accept", "plain": "616263"}`, "octets: are refused, but the result is accept: octets follow the member"},
		"gzip: accepted":            {"gzip", `"octets": "1f8b08000000000000ff4b4c4a0600c241243503000000", "expect": {"result": "reject", "error": "BadCompression"}`, "expect.result: is reject, but nothing is wrong"},
		"gzip: not the size":        {"gzip", `"octets": "1f8b", "expect": {"result": "reject", "error": "FrameTooLarge"}`, "expect.error: is FrameTooLarge, but the octets are refused otherwise"},
		"gzip: the size":            {"gzip", `"octets": "1f8b08000000000000ff4b4c4a0600c241243503000000", "limit": 2, "expect": {"result": "reject", "error": "BadCompression"}`, "expect.error: is BadCompression, but the octets are refused otherwise: the output is larger"},
		"easy: accepted":            {"easy", `"octets": "7b7d", "expect": {"result": "reject", "error": "DeserializationError"}`, "expect.result: is reject, but nothing is wrong"},
		"varint: refused":           {"varint", `"octets": "80", "expect": {"result": "accept", "value": "0", "consumed": 1}`, "octets: are refused, but the result is accept: the octets end within the number"},
		"varint: too large":         {"varint", `"octets": "ffffffffffffffffff02", "expect": {"result": "accept", "value": "0", "consumed": 10}`, "the number has more than 64 bits"},
		"varint: consumed":          {"varint", `"octets": "0001", "expect": {"result": "accept", "value": "0", "consumed": 2}`, "expect.consumed: is 2, but the number takes 1 octets"},
		"string: other text":        {"string", `"octets": "0100 61", "expect": {"result": "accept", "text": "b", "consumed": 3}`, `expect.text: is another text than that of the octets, "a"`},
		"string: refused":           {"string", `"octets": "0001 61", "expect": {"result": "accept", "text": "a", "consumed": 3}`, "octets: are refused, but the result is accept: the octets end within the text"},
		"string: not UTF-8":         {"string", `"octets": "0100 ff", "expect": {"result": "accept", "text": "a", "consumed": 3}`, "octets: are refused, but the result is accept: the text is not UTF-8"},
		"string: accepted":          {"string", `"octets": "0100 61", "expect": {"result": "reject"}`, "expect.result: is reject, but nothing is wrong"},
		"string: half a length":     {"string", `"octets": "01", "expect": {"result": "accept", "text": "", "consumed": 1}`, "expect.consumed: is 1, but the text takes 2 octets"},
		"string: nothing to refuse": {"string", `"tags": ["encode-only"], "expect": {"result": "reject", "text": "a"}`, "expect.text: has 1 octets: an encoder has no reason to refuse it"},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := verifyVectors(familyFile(t, c.family, c.fields), nil)
			require.NoError(t, err)
			require.Len(t, found.faults, 1)
			fault := found.faults[0]
			assert.Contains(t, fault.Field+": "+fault.Rule, c.want)
			assert.Equal(t, "v", fault.Vector)
			assert.Equal(t, c.family+".json", fault.File)
			assert.Greater(t, fault.Line, 7)
		})
	}
}

// A registry decides what types, flags and errors there are.
func TestVectorsAreHeldAgainstTheRegistry(t *testing.T) {
	registry := spec.DefaultRegistry()
	registry.Types = append(registry.Types, spec.TypeEntry{Value: 0x10, Name: "NOTE", Priority: 75, Control: true, Reference: "TYP-5"})
	registry.Flags = append(registry.Flags, spec.FlagEntry{Mask: 0x04, Name: "URGENT", Reference: "FLG-1"})
	registry.ErrorCodes = registry.ErrorCodes[:5]

	const note = "5654 01 10 00 0000 00000000 20b3a5d1"
	for name, c := range map[string]struct{ family, fields, shipped, own string }{
		"type": {
			"frame", `"octets": "` + note + `", "expect": {"result": "accept", "consumed": 15, "frame": ` + strings.Replace(pingF, "4", "16", 1) + `}`,
			"expect.frame.type: is 16, but a TYPE 0x10 is not in the registry", "",
		},
		"priority": {
			"priority", `"octets": "10", "expect": {"result": "accept", "name": "NOTE", "priority": 75, "control": true}`,
			"octets: are a TYPE that is not in the registry", "",
		},
		"flag":    {"flags", `"octets": "04", "expect": {"result": "accept", "names": [], "reserved": 4}`, "", "expect.names: lack URGENT, which the registry has for 0x04"},
		"error":   {"frame", `"octets": "` + strings.Replace(ping, "9a00", "9a01", 1) + `", "expect": {"result": "reject", "error": "CrcMismatch"}`, "", "expect.error: CrcMismatch is no error of the registry"},
		"timeout": {"trace", `"machine": "tcp-client", "events": [{"at_ms": 0, "in": {"connected": true}, "out": [{"report": "Timeout"}]}]`, "", "events[0].out[0]: Timeout is no error of the registry"},
		"code":    {"trace", `"machine": "tcp-server", "events": [{"at_ms": 0, "in": {"connected": true}, "out": [{"err": 9}]}]`, "", "events[0].out[0]: 9 is no error code of the registry"},
	} {
		t.Run(name, func(t *testing.T) {
			for registry, want := range map[*spec.Registry]string{nil: c.shipped, registry: c.own} {
				found, err := verifyVectors(familyFile(t, c.family, c.fields), registry)
				require.NoError(t, err)
				assert.Empty(t, found.notes)
				if want == "" {
					assert.Empty(t, found.faults)
					continue
				}
				require.Len(t, found.faults, 1)
				assert.Contains(t, found.faults[0].Field+": "+found.faults[0].Rule, want)
			}
		})
	}

	// What was unknown and is allocated now is no fault of the vector.
	unknown := familyFile(t, "frame", `"octets": "`+note+`", "expect": {"result": "reject", "error": "InvalidFrameType"}`)
	found, err := verifyVectors(unknown, nil)
	require.NoError(t, err)
	assert.Empty(t, found.faults)
	assert.Empty(t, found.notes)
	found, err = verifyVectors(unknown, registry)
	require.NoError(t, err)
	assert.Empty(t, found.faults)
	require.Len(t, found.notes, 1)
	assert.EqualError(t, found.notes[0], `frame.json:8: vector "v": does not apply: it takes TYPE 0x10 to be unknown, and the registry has it as NOTE`)
}

// The eight are known, whatever a vector says.
func TestVectorOfAKnownTypeIsNotUnknown(t *testing.T) {
	found, err := verifyVectors(familyFile(t, "frame", `"octets": "`+hello+`", "expect": {"result": "reject", "error": "InvalidFrameType"}`), nil)
	require.NoError(t, err)
	require.Len(t, found.faults, 1)
	assert.Contains(t, found.faults[0].Error(), "expect.result: is reject, but nothing is wrong with the octets")
}

// What only the schema finds is reported with its place; what the reader of the
// vectors has found is not reported twice.
func TestSchemaFaultsHavePlaces(t *testing.T) {
	const text = `{
"schema": "vstp-vectors/1", "spec": "1.0", "family": "crc", "description": "d", "tombstones": [],
"vectors": [
{"name": "a", "requirements": ["CRC-1"], "comment": "c", "origin": "hand",
"octets": 7,
"expect": {"result": "accept", "crc": "00000000"}}
]}`
	files := []*vectorFile{{name: "crc.json", data: []byte(text)}}
	found := &findings{files: files}
	found.schema()
	require.Len(t, found.faults, 1)
	assert.EqualError(t, found.faults[0], `crc.json:5: vector "a": octets: got number, want string`)

	found = &findings{files: files, faults: []*vectors.Error{{File: "crc.json", Vector: "a", Rule: "something"}}}
	found.schema()
	assert.Len(t, found.faults, 1)
}
