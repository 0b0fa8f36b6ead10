package main

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestParseHexAnySpelling(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		octets := rapid.SliceOf(rapid.Byte()).Draw(t, "octets")
		var text strings.Builder
		for _, digit := range hex.EncodeToString(octets) {
			text.WriteString(rapid.SampledFrom([]string{"", "", "", " ", "\n", "\t ", "\r\n", " 0x", "\n0X"}).Draw(t, "between"))
			text.WriteString(rapid.SampledFrom([]string{string(digit), strings.ToUpper(string(digit))}).Draw(t, "digit"))
		}
		got, err := parseHex(text.String())
		require.NoError(t, err, text.String())
		assert.Equal(t, string(octets), string(got))
	})
}

func TestParseHexSaysWhere(t *testing.T) {
	for _, c := range []struct {
		text     string
		position int
		problem  string
	}{
		{"5", 1, "odd (1)"},
		{"56 5", 4, "odd (3)"},
		{"0x5 ", 3, "odd (1)"},
		{"ä", 1, "'ä' is no hex digit"},
		{"56 ä", 4, "'ä' is no hex digit"},
		{"56,54", 3, "',' is no hex digit"},
		{"0x56 0x0x", 9, "'x' is no hex digit"},
		{"\\x56", 1, `'\\' is no hex digit`},
		{"56\x00", 3, `'\x00' is no hex digit`},
		{"56\xff", 3, "is no hex digit"},
	} {
		_, err := parseHex(c.text)
		var at *hexError
		require.ErrorAs(t, err, &at, c.text)
		assert.Equal(t, c.position, at.position, c.text)
		assert.Contains(t, at.problem, c.problem, c.text)
	}
}

func TestPlace(t *testing.T) {
	for _, c := range []struct{ position, line, column int }{
		{1, 1, 1}, {2, 1, 2}, {3, 1, 3}, {4, 2, 1}, {5, 2, 2}, {6, 3, 1}, {7, 4, 1},
	} {
		line, column := place("aä\nb\n\nc", c.position)
		assert.Equal(t, []int{c.line, c.column}, []int{line, column}, "position %d", c.position)
	}
}
