package steps

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestJSONEqual(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{`{"a":1,"b":[null,true]}`, " {\"b\" :[ null ,true],\n\"a\":1.0}", true},
		{`1`, `1e0`, true},
		{`100`, `1.00E2`, true},
		{`-0`, `0`, true},
		{`123456789012345678901`, `123456789012345678902`, false},
		{`1e99999999`, `1e99999999`, true},
		{`1e99999999`, `10e99999998`, false},
		{`1`, `"1"`, false},
		{`"1"`, `1`, false},
		{`null`, `false`, false},
		{`null`, `null`, true},
		{`"\u00e4"`, `"ä"`, true},
		{`"a"`, `"b"`, false},
		{`[1,2]`, `[2,1]`, false},
		{`[1]`, `[1,1]`, false},
		{`[]`, `{}`, false},
		{`{"a":1}`, `{"a":1,"b":2}`, false},
		{`{"a":1}`, `{"b":1}`, false},
		{`{"a":1}`, `[1]`, false},
		{`{"a":1}`, `{"a":2}`, false},
		{`1 2`, `1 2`, false},
		{``, ``, false},
		{"\"\xff\"", "\"\xff\"", false},
		{`nope`, `nope`, false},
		{`1`, ``, false},
	} {
		assert.Equal(t, c.want, jsonEqual([]byte(c.a), []byte(c.b)), "%s and %s", c.a, c.b)
	}
}
