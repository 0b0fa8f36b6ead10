package main

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance/target"
)

func TestAnswersAreHeldAgainstTheSchema(t *testing.T) {
	assert.Nil(t, (&validation{}).inspect())
	check := (&validation{validate: true}).inspect()
	for _, c := range []struct{ op, answer, want string }{
		{"start", `{"ok":true,"id":1,"name":"x","version":"1","roles":["codec"],"capabilities":[]}`, ""},
		{"start", `{"ok":true,"id":1,"name":"x","version":1,"roles":["codec"],"capabilities":[]}`, "version: got number, want string"},
		{"decode", `{"ok":false,"id":1,"error":"CrcMismatch"}`, ""},
		{"decode", `{"ok":false,"id":1,"error":"crc mismatch"}`, "error: value must be one of"},
		{"decode", `{"ok":true,"id":1,"consumed":15}`, "missing property 'frame'"},
		{"decode", `{"ok":true,"id":1,"consumed":15,"frame":{"version":1,"type":"DATA","flags":0,"headers":[],"payload":""}}`, "frame.type: got string, want integer"},
		{"encode", `{"ok":true,"id":1,"hex":"5G"}`, "hex: "},
		{"varint_decode", `{"ok":true,"id":1,"value":300,"consumed":2}`, "value: got number, want string"},
		{"stop", `{"ok":true,"id":1}`, ""},
		{"connect", `{"ok":true,"id":1,"conn":7}`, ""},
		{"connect", `{"ok":false,"id":1,"error":"Io"}`, ""},
		{"recv", `{"ok":true,"id":1,"frame":{"version":1,"type":3,"flags":0,"headers":[],"payload":""}}`, ""},
		{"recv", `{"ok":true,"id":1,"value":[1,"x"]}`, ""},
		{"local_addr", `{"ok":true,"id":1,"addr":"[::1]:9"}`, ""},
		{"fly", `{"ok":true}`, "fly-answer"},
	} {
		err := check(c.op, []byte(c.answer))
		if c.want == "" {
			assert.NoError(t, err, "%s %s", c.op, c.answer)
		} else {
			assert.ErrorContains(t, err, c.want, "%s %s", c.op, c.answer)
		}
	}
}

// oddAnswers are answers to each client operation that do not keep the schema, and what is
// said of them.
var oddAnswers = []struct{ op, members, want string }{
	{"connect", `"ok":true`, "missing property 'conn'"},
	{"connect", `"ok":true,"conn":"1"`, "conn: got string, want integer"},
	{"connect", `"ok":false,"error":"refused"`, "error: value must be one of"},
	{"send", `"ok":false,"error":"timeout"`, "error: value must be one of"},
	{"send_ack", `"ok":false,"error":"Timeout","remote":"no"`, "remote: got string, want boolean"},
	{"recv", `"ok":true`, "missing property"},
	{"recv", `"ok":true,"frame":{"version":1,"type":"DATA","flags":0,"headers":[],"payload":""}`, "frame.type: got string, want integer"},
	{"recv", `"ok":true,"frame":{"version":1,"type":3,"flags":0,"headers":[["6B"]],"payload":""}`, "frame.headers[0]: "},
	{"recv", `"ok":true,"frame":{"version":1,"type":3,"flags":0,"headers":[],"payload":""},"source":"here"`, "source: "},
	{"close", `"ok":false,"error":"Io","message":5`, "message: got number, want string"},
	{"local_addr", `"ok":true,"addr":["127.0.0.1",9]`, "addr: got array, want string"},
	{"local_addr", `"ok":true,"address":"127.0.0.1:9"`, "missing property 'addr'"},
}

// An adapter that breaks the schema in its answer to a client operation is caught at that
// answer, and at no other.
func TestClientAnswersAreHeldAgainstTheSchema(t *testing.T) {
	bin := t.TempDir()
	require.NoError(t, install(bin))
	requests := map[string]map[string]any{
		"connect": {"transport": "udp", "addr": "127.0.0.1:9"}, "send": {"conn": 1, "frame": target.Frame{Type: 3}},
		"send_ack": {"conn": 1, "frame": target.Frame{Type: 3}}, "recv": {"conn": 1, "timeout_ms": 0},
		"close": {"conn": 1}, "local_addr": {"conn": 1},
	}
	for _, c := range oddAnswers {
		t.Run(c.op+" "+c.members, func(t *testing.T) {
			v := validation{validate: true}
			inst, err := target.AdapterCommand{
				Name: "odd", Path: filepath.Join(bin, "odd-adapter"), Args: []string{c.op, c.members}, Inspect: v.inspect(),
			}.Start(t.Context())
			require.NoError(t, err)
			defer inst.Stop()
			adapter := inst.(target.Driven).Adapter()
			for op, request := range requests {
				if op != c.op {
					_, err := adapter.Call(t.Context(), op, request)
					require.NoError(t, err, op)
				}
			}
			_, err = adapter.Call(t.Context(), c.op, requests[c.op])
			require.ErrorContains(t, err, "is not in the form of the adapter protocol")
			require.ErrorContains(t, err, c.want)
		})
	}
}
