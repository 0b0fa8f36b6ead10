package wire_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/wire"
)

func TestHeadersZeroValueIsEmpty(t *testing.T) {
	var h wire.Headers
	assert.Zero(t, h.Len())
	assert.Zero(t, h.Size())
	assert.Nil(t, h.Bytes())
	assert.Zero(t, h.Count(""))
	assert.Nil(t, headerPairs(h))
	_, ok := h.Get("")
	assert.False(t, ok)

	parsed, err := wire.ParseHeaders([]byte{})
	require.NoError(t, err)
	assert.Equal(t, h, parsed)
}

// [HDR-1] [HDR-3] [HDR-5]
func TestParseHeaders(t *testing.T) {
	section := unhex(t, "01 01 61 31  00 00  01 00 62  00 01 78  01 01 61 32")

	h, err := wire.ParseHeaders(section)

	require.NoError(t, err)
	assert.Equal(t, [][2]string{{"a", "1"}, {"", ""}, {"b", ""}, {"", "x"}, {"a", "2"}}, headerPairs(h))
	assert.Equal(t, 5, h.Len())
	assert.Equal(t, len(section), h.Size())
	assert.Equal(t, section, h.Bytes())
}

// [HDR-6] [HDR-7]
func TestParseHeadersRefused(t *testing.T) {
	for name, test := range map[string]struct {
		section string
		offset  int
	}{
		"a single octet":                          {"00", 0},
		"a single octet behind a header":          {"01 01 61 31  00", 4},
		"a single octet behind an empty header":   {"00 00  00", 2},
		"key one octet too long":                  {"02 00 61", 0},
		"value one octet too long":                {"01 02 61 31", 0},
		"key fits, value is missing":              {"01 01 61", 0},
		"lengths alone":                           {"ff ff", 0},
		"second header one octet too long":        {"01 01 61 31  01 02 62 32", 4},
		"second header with the largest lengths":  {"01 01 61 31  ff ff 62 32", 4},
		"third of three, after two that are good": {"00 00  00 00  00 01", 4},
	} {
		t.Run(name, func(t *testing.T) {
			h, err := wire.ParseHeaders(unhex(t, test.section))
			require.Equal(t, &wire.DecodeError{Offset: test.offset, Reason: wire.Protocol}, err)
			assert.Zero(t, h)
		})
	}
}

// Every cut through a section is refused, except between two headers.
func TestParseHeadersEveryCut(t *testing.T) {
	section := unhex(t, "01 01 61 31  00 00  02 03 6262 787878")
	ends := map[int]bool{0: true, 4: true, 6: true, 13: true}
	for cut := range len(section) + 1 {
		_, err := wire.ParseHeaders(section[:cut])
		if ends[cut] {
			assert.NoError(t, err, "%d octets", cut)
		} else {
			assert.ErrorIs(t, err, wire.Protocol, "%d octets", cut)
		}
	}
}

// [HDR-8]
func TestParseHeadersAtTheLimit(t *testing.T) {
	empty := make([]byte, wire.MaxHeaderSection-1)
	h, err := wire.ParseHeaders(empty)
	require.NoError(t, err)
	assert.Equal(t, 32767, h.Len())

	_, err = wire.ParseHeaders(make([]byte, wire.MaxHeaderSection+1))
	require.Equal(t, &wire.DecodeError{Offset: 65535, Reason: wire.Protocol}, err)
}

func TestHeadersGetIsTheFirst(t *testing.T) {
	h := mustSection(t, "a", "1", "b", "", "a", "2")

	value, ok := h.Get("a")
	assert.True(t, ok)
	assert.Equal(t, "1", string(value))

	value, ok = h.Get("b")
	assert.True(t, ok, "an empty value is not a missing header")
	assert.Empty(t, value)

	_, ok = h.Get("c")
	assert.False(t, ok)

	assert.Equal(t, 2, h.Count("a"))
	assert.Equal(t, 1, h.Count("b"))
	assert.Equal(t, 0, h.Count("c"))
}

// [HDR-10]
func TestHeadersCompareKeysOctetByOctet(t *testing.T) {
	h := mustSection(t, "Msg-Id", "6", "msg-id\x00", "7", "msg-i", "8")
	_, ok := h.Get(wire.KeyMsgID)
	assert.False(t, ok)
	assert.Zero(t, h.Count(wire.KeyMsgID))
}

func TestHeadersAllStops(t *testing.T) {
	var seen []string
	for key := range mustSection(t, "a", "", "b", "", "c", "").All() {
		seen = append(seen, string(key))
		if len(seen) == 2 {
			break
		}
	}
	assert.Equal(t, []string{"a", "b"}, seen)
}

// Appending to what All and Get hand out leaves the section as it is.
func TestHeadersSlicesAreCapped(t *testing.T) {
	h := mustSection(t, "k1", "v1", "k2", "v2")
	want := bytes.Clone(h.Bytes())
	for key, value := range h.All() {
		_ = append(key, "XXXX"...)
		_ = append(value, "XXXX"...)
	}
	value, _ := h.Get("k1")
	_ = append(value, "XXXX"...)
	_ = append(h.Bytes(), "XXXX"...)
	assert.Equal(t, want, h.Bytes())
}

// [HDR-2]
func TestHeadersAppendLimitsOfOneHeader(t *testing.T) {
	longest := strings.Repeat("k", 255)
	for _, test := range []struct {
		name       string
		key, value string
		ok         bool
	}{
		{"both at the limit", longest, longest, true},
		{"key above", longest + "k", "", false},
		{"value above", "", longest + "v", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := mustSection(t, "a", "1")

			text, textErr := before.AppendText(test.key, test.value)
			binary, binaryErr := before.Append([]byte(test.key), []byte(test.value))

			if !test.ok {
				require.ErrorIs(t, textErr, wire.Protocol)
				require.ErrorIs(t, binaryErr, wire.Protocol)
				assert.Contains(t, textErr.Error(), "[HDR-2]")
				assert.Zero(t, text)
				assert.Zero(t, binary)
				return
			}
			require.NoError(t, textErr)
			require.NoError(t, binaryErr)
			assert.Equal(t, text, binary)
			assert.Equal(t, [][2]string{{"a", "1"}, {test.key, test.value}}, headerPairs(text))
		})
	}
}

// 127 headers of full size are 65,024 octets; 511 more fit. [FRM-8]
func TestHeadersAppendFullSizeHeaders(t *testing.T) {
	full := strings.Repeat("x", 255)
	var h wire.Headers
	for range 127 {
		var err error
		h, err = h.AppendText(full, full)
		require.NoError(t, err)
	}
	require.Equal(t, 65024, h.Size())

	_, err := h.AppendText(full, full)
	require.ErrorIs(t, err, wire.FrameTooLarge)
	assert.Contains(t, err.Error(), "[FRM-8]")
	assert.Equal(t, 127, h.Len(), "what was refused leaves no trace")

	exact, err := h.AppendText(full, full[:254])
	require.NoError(t, err)
	assert.Equal(t, wire.MaxHeaderSection, exact.Size())

	_, err = exact.AppendText("", "")
	require.ErrorIs(t, err, wire.FrameTooLarge)
}

// Appending copies: two children of one parent do not meet.
func TestHeadersAppendLeavesItsParentAlone(t *testing.T) {
	parent := mustSection(t, "a", "1")
	left, err := parent.AppendText("b", "left")
	require.NoError(t, err)
	right, err := parent.AppendText("b", "right")
	require.NoError(t, err)

	assert.Equal(t, [][2]string{{"a", "1"}}, headerPairs(parent))
	assert.Equal(t, [][2]string{{"a", "1"}, {"b", "left"}}, headerPairs(left))
	assert.Equal(t, [][2]string{{"a", "1"}, {"b", "right"}}, headerPairs(right))
}

// A parent that aliases a receive buffer has octets of others behind it.
func TestHeadersAppendDoesNotWriteIntoItsBuffer(t *testing.T) {
	buffer := []byte("\x01\x01a1" + "neighbour")
	parent, err := wire.ParseHeaders(buffer[:4])
	require.NoError(t, err)

	child, err := parent.AppendText("b", "2")
	require.NoError(t, err)
	assert.Equal(t, "\x01\x01a1neighbour", string(buffer))

	buffer[2] = 'X'
	value, _ := child.Get("a")
	assert.Equal(t, "1", string(value), "the child has octets of its own")
}

func TestHeadersAppendRetainsNothing(t *testing.T) {
	key, value := []byte("key"), []byte("value")
	h, err := wire.Headers{}.Append(key, value)
	require.NoError(t, err)
	clear(key)
	clear(value)
	assert.Equal(t, [][2]string{{"key", "value"}}, headerPairs(h))
}
