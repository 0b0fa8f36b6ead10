package peer_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/peer"
	"github.com/vstp-project/vstp/ref/wire"
)

// typeNote is the first value that an extension can allocate.
const typeNote wire.Type = 0x10

var extended = wire.NewTypeSet(typeNote)

// sendNote sends a frame of a type beyond the eight, and what is known to be
// answered behind it.
func sendNote(t *testing.T, o peer.Options, network string) *wire.Reader {
	t.Helper()
	p := run(t, t.Context(), o)
	addr := map[string]string{"tcp": p.tcp, "udp": p.udp}[network]
	c, frames := dial(t, network, addr)
	note, err := wire.NewBuilder(typeNote).Text("msg-id", "7").Flags(wire.FlagReqAck).Build()
	require.NoError(t, err)
	require.NoError(t, wire.NewWriter(c, wire.Limits{Types: extended}).WriteFrame(note))
	send(t, c, wire.TypePing, "p")
	return frames
}

// A type that the peer has been told of is taken without a word, and without an
// ACK; one that it has not been told of is reported over TCP. [TYP-3] [TYP-4] [TYP-5]
func TestTypesBeyondTheEight(t *testing.T) {
	known := both()
	known.Types = extended
	want(t, sendNote(t, known, "tcp"), wire.TypePong, "p")
	want(t, sendNote(t, known, "udp"), wire.TypePong, "p")

	want(t, sendNote(t, both(), "udp"), wire.TypePong, "p")
	frames := sendNote(t, both(), "tcp")
	f, err := frames.ReadFrame()
	require.NoError(t, err)
	assert.Equal(t, wire.TypeErr, f.Type)
	code, _ := f.Headers.Get(wire.KeyErrCode)
	assert.Equal(t, "4", string(code))
	want(t, frames, wire.TypePong, "p")
}

func TestAdapterTypesBeyondTheEight(t *testing.T) {
	const note = "565401100000000000000020b3a5d1"
	requests := strings.Join([]string{
		startLine,
		`{"op":"decode","hex":"` + note + `"}`,
		`{"op":"encode","frame":{"version":1,"type":16,"flags":0,"headers":[],"payload":""}}`,
	}, "\n")
	for name, c := range map[string]struct {
		o              peer.Options
		decode, encode string
	}{
		"known": {
			peer.Options{Types: extended},
			`{"ok":true,"frame":{"version":1,"type":16,"flags":0,"headers":[],"payload":""},"consumed":15}`,
			fmt.Sprintf(`{"ok":true,"hex":"%s"}`, note),
		},
		"unknown": {peer.Options{}, `{"ok":false,"error":"InvalidFrameType"`, `{"ok":false,"error":"Protocol"`},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			require.NoError(t, peer.RunAdapter(t.Context(), c.o, strings.NewReader(requests), &out))
			answers := strings.Split(out.String(), "\n")
			require.Len(t, answers, 4)
			assert.True(t, strings.HasPrefix(answers[1], c.decode), answers[1])
			assert.True(t, strings.HasPrefix(answers[2], c.encode), answers[2])
		})
	}
}
