package peer

import (
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/wire"
)

// A line may be as long as the limit with its end.
func TestAdapterLineLength(t *testing.T) {
	for _, limit := range []int{100, 64 << 10, 64<<10 + 1, 200_000} {
		pad := strings.Repeat("x", limit)
		lines := newLineReader(strings.NewReader("short\n"+pad[1:]+"\n\n"+pad+"\n"+pad+pad+"\n"+pad[2:]+"\nrest"), limit)
		for _, want := range []string{"short", pad[1:], "", "too long", "too long", pad[2:], "rest"} {
			line, err := lines.next()
			if want == "too long" {
				require.Equal(t, errLongLine, err)
				continue
			}
			require.NoError(t, err)
			assert.Equal(t, len(want), len(line))
			assert.True(t, want == string(line))
		}
		_, err := lines.next()
		assert.Equal(t, io.EOF, err)
	}
}

// An answer can be longer than its request: a header takes more room in it.
func TestAdapterDoesNotAnswerTooLong(t *testing.T) {
	const around = len(`{"ok":true,"id":5,"value":""}` + "\n")
	id := uint64(5)
	for octets, fits := range map[int]bool{maxLine: true, maxLine + 1: false} {
		value := strings.Repeat("x", octets-around)
		line := answer{OK: true, ID: &id, Value: &value}.line()
		if fits {
			assert.Len(t, line, maxLine)
		} else {
			assert.Equal(t, `{"ok":false,"id":5,"error":"Protocol","message":"the answer would be longer than 33554432 octets"}`+"\n", string(line))
		}
	}
}

// A frame may have 8,388,608 octets and no more [LIM-4].
func TestAdapterEncodesUpToTheLimit(t *testing.T) {
	for octets, want := range map[int]wire.Reason{wire.DefaultMaxFrame: 0, wire.DefaultMaxFrame + 1: wire.FrameTooLarge} {
		payload := `"` + strings.Repeat("78", octets-wire.Overhead) + `"`
		reply, err := new(adapter).encode(members{"frame": []byte(`{"type":3,"payload":` + payload + `}`)})
		if want == 0 {
			require.NoError(t, err)
			assert.Len(t, *reply.Hex, 2*octets)
		} else {
			assert.ErrorIs(t, err, want)
		}
	}
}
