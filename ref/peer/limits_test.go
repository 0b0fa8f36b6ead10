package peer_test

import (
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/peer"
	"github.com/vstp-project/vstp/ref/wire"
)

// wantErr reads an ERR with a code.
func wantErr(t *testing.T, r *wire.Reader, code string) {
	t.Helper()
	f, err := r.ReadFrame()
	require.NoError(t, err)
	require.Equal(t, wire.TypeErr, f.Type)
	got, _ := f.Headers.Get(wire.KeyErrCode)
	require.Equal(t, code, string(got))
}

// [LIM-3]
func TestMaxFrame(t *testing.T) {
	o := both()
	o.MaxFrame = 100
	c, r := dial(t, "tcp", run(t, t.Context(), o).tcp)
	send(t, c, wire.TypeData, strings.Repeat("x", 85))
	want(t, r, wire.TypeData, strings.Repeat("x", 85))
	send(t, c, wire.TypeData, strings.Repeat("x", 86))
	wantErr(t, r, "8")
}

// [SEC-3]
func TestMaxConnections(t *testing.T) {
	o := both()
	o.MaxConnections = 1
	p := run(t, t.Context(), o)
	c, r := dial(t, "tcp", p.tcp)
	send(t, c, wire.TypePing, "x")
	want(t, r, wire.TypePong, "x")
	_, refused := dial(t, "tcp", p.tcp)
	_, err := refused.ReadFrame()
	require.Error(t, err)
	send(t, c, wire.TypePing, "goes on")
	want(t, r, wire.TypePong, "goes on")
}

// [SEC-3]: both messages are there before a second is over.
func TestRates(t *testing.T) {
	for name, limit := range map[string]func(*peer.Options){
		"frames": func(o *peer.Options) { o.RateFrames = 1 },
		"octets": func(o *peer.Options) { o.RateOctets = 1 },
	} {
		for _, network := range []string{"tcp", "udp"} {
			o := both()
			limit(&o)
			p := run(t, t.Context(), o)
			c, r := dial(t, network, map[string]string{"tcp": p.tcp, "udp": p.udp}[network])
			send(t, c, wire.TypeData, name)
			send(t, c, wire.TypeData, "too much")
			got := map[wire.Type]wire.Frame{} // the ERR may come first [PRI-2]
			for range 2 {
				f, err := r.ReadFrame()
				require.NoError(t, err)
				got[f.Type] = f.Clone()
			}
			require.Equal(t, name, string(got[wire.TypeData].Payload))
			code, _ := got[wire.TypeErr].Headers.Get(wire.KeyErrCode)
			require.Equal(t, "16", string(code))
		}
	}
}

func TestLimitsThatAreRefused(t *testing.T) {
	for _, limit := range []func(*peer.Options){
		func(o *peer.Options) { o.MaxFrame = -1 },
		func(o *peer.Options) { o.MaxFrame = wire.Overhead - 1 },
		func(o *peer.Options) { o.MaxConnections = -1 },
		func(o *peer.Options) { o.RateFrames = -1 },
		func(o *peer.Options) { o.RateOctets = -1 },
	} {
		o := both()
		limit(&o)
		assert.Error(t, peer.Run(t.Context(), o, strings.NewReader(""), io.Discard))
	}
}
