package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
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
