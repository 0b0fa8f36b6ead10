package peer_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/compress"
	"github.com/vstp-project/vstp/ref/peer"
	"github.com/vstp-project/vstp/ref/wire"
	"github.com/vstp-project/vstp/vectors"
)

// abc is "abc" as a gzip member.
const abc = "1f8b08000000000000034b4c4a0600c241243503000000"

// without are the options of a peer that does not offer compression.
func without(o peer.Options) peer.Options {
	o.NoCompression = true
	return o
}

func compressed(t *testing.T, plain string) string {
	t.Helper()
	member, err := compress.Gzip([]byte(plain), 0)
	require.NoError(t, err)
	return string(member)
}

// [CMP-6] [CMP-7] [CMP-8]: the vectors of the family gzip.
func TestAdapterGzipVectors(t *testing.T) {
	set, err := vectors.Load()
	require.NoError(t, err)
	var kept []vectors.Vector
	lines := []string{startLine}
	for _, v := range set.All() {
		if v.Family != vectors.FamilyGzip {
			continue
		}
		limit := ""
		if v.Limit != 0 {
			limit = fmt.Sprintf(`,"limit":%d`, v.Limit)
		}
		lines = append(lines, fmt.Sprintf(`{"id":%d,"op":"decompress","hex":"%x"%s}`, len(kept), v.Octets, limit))
		kept = append(kept, v)
	}
	require.NotEmpty(t, kept)
	answers := converse(t, lines...)[1:]
	require.Len(t, answers, len(kept))
	schema := shape(t, "decompress")
	for i, v := range kept {
		answer := object(t, answers[i])
		assert.NoError(t, schema.Validate(answer), v.Name)
		want := map[string]any{"id": float64(i), "ok": false, "error": v.Expect.Error}
		if v.Expect.Result == vectors.ResultAccept {
			want = map[string]any{"id": float64(i), "ok": true, "hex": hex.EncodeToString(v.Expect.Plain)}
		}
		assert.True(t, assert.ObjectsAreEqual(want, silent(answer)), "%s: %.200v", v.Name, answer)
	}
}

func TestAdapterDecompressRefusesImproperRequests(t *testing.T) {
	for _, members := range []string{``, `,"hex":"1"`, `,"hex":7`, `,"hex":"","limit":"x"`, `,"hex":"","limit":-1`} {
		assert.Equal(t, "Protocol", askAdapter(t, `{"op":"decompress"`+members+`}`)["error"], members)
	}
}

// "An endpoint that does not offer compression MUST NOT deliver or acknowledge a COMP
// message." [CMP-11]
func TestAdapterWithoutCompression(t *testing.T) {
	var out bytes.Buffer
	in := strings.NewReader(startLine + "\n" + `{"op":"decompress","hex":"` + abc + `"}` + "\n")
	require.NoError(t, peer.RunAdapter(t.Context(), without(peer.Options{}), in, &out))
	answers := strings.Split(strings.TrimSpace(out.String()), "\n")
	require.Len(t, answers, 2)
	assert.NotContains(t, object(t, answers[0])["capabilities"], "compression")
	assert.Equal(t, map[string]any{"ok": false, "error": "Unsupported"}, silent(object(t, answers[1])))

	l := beginTalk(t, t.Context(), without(peer.Options{}), 1, 7)
	for _, transport := range []string{"tcp", "udp"} {
		var conn string
		if transport == "tcp" {
			var s lone
			conn, s = meet(t, l)
			send(t, s, wire.TypeHello, "")
		} else {
			conn = l.connect("udp", newRaw(t).addr())
		}
		for _, op := range []string{"send", "send_ack"} {
			l.refused("Unsupported", "compression is not offered", op, conn+`,"frame":{},"compress":true`)
		}
	}
	require.NoError(t, l.requests.Close())
}

// "compress":true compresses 1,024 octets and not 1,023; without it nothing is
// compressed. What comes compressed is received plain. [CMP-1] [CMP-3] [CMP-4] [CMP-5]
func TestAdapterCompresses(t *testing.T) {
	l := talk(t)
	p := run(t, t.Context(), both())
	tcpConn, s := meet(t, l)
	r := newRaw(t)
	for name, c := range map[string]struct {
		conn string
		next func() wire.Frame
	}{
		"tcp": {tcpConn, func() wire.Frame {
			f, err := s.frames.ReadFrame()
			require.NoError(t, err)
			return f
		}},
		"udp": {l.connect("udp", r.addr()), func() wire.Frame { f, _ := r.next(t); return f }},
	} {
		t.Run(name, func(t *testing.T) {
			for octets, flags := range map[int]wire.Flags{1_023: 0, 1_024: wire.FlagComp} {
				plain := strings.Repeat("x", octets)
				l.want(done, "send", payload(c.conn, plain)+`,"compress":true`)
				f := c.next()
				assert.Equal(t, flags, f.Flags)
				got, err := compress.Decompress(f, 0)
				require.NoError(t, err)
				assert.Equal(t, plain, string(got.Payload))
			}
			l.want(done, "send", payload(c.conn, strings.Repeat("x", 1_024)))
			assert.Zero(t, c.next().Flags)
		})
	}
	for transport, addr := range map[string]string{"tcp": p.tcp, "udp": p.udp} {
		conn := l.connect(transport, addr)
		plain := strings.Repeat("0123456789", 20_000)
		l.want(done, "send_ack", payload(conn, plain)+`,"compress":true`)
		answer := object(t, l.ask("recv", conn+patient))
		f := answer["frame"].(map[string]any)
		assert.True(t, inHex(plain) == f["payload"], transport)
	}
	l.want(done, "close", tcpConn)
	s.quit(t)
}

// The server answers what came compressed plain and without flags; without compression
// it refuses. [CMP-4] [CMP-10] [CMP-11]
func TestPeerAndCompressedMessages(t *testing.T) {
	for _, c := range []struct {
		options peer.Options
		offered bool
	}{{both(), true}, {without(both()), false}} {
		p := run(t, t.Context(), c.options)
		for network, addr := range map[string]string{"tcp": p.tcp, "udp": p.udp} {
			t.Run(fmt.Sprintf("%s, offered %v", network, c.offered), func(t *testing.T) {
				nc, frames := dial(t, network, addr)
				f, err := wire.NewBuilder(wire.TypeData).Flags(wire.FlagComp).Text("a", "1").Payload([]byte(compressed(t, "plain"))).Build()
				require.NoError(t, err)
				octets, err := f.AppendBinary(nil)
				require.NoError(t, err)
				_, err = nc.Write(octets)
				require.NoError(t, err)
				if !c.offered {
					send(t, nc, wire.TypeData, "sentinel")
				}
				f, err = frames.ReadFrame()
				require.NoError(t, err)
				switch {
				case c.offered:
					assert.Equal(t, wire.TypeData, f.Type)
					assert.Equal(t, "plain", string(f.Payload))
					assert.Zero(t, f.Flags)
					assert.Equal(t, 1, f.Headers.Len())
				case network == "udp":
					assert.Equal(t, "sentinel", string(f.Payload), "silence")
				default:
					code, _ := f.Headers.Get(wire.KeyErrCode)
					assert.Equal(t, "19", string(code))
					want(t, frames, wire.TypeData, "sentinel")
				}
			})
		}
	}
}
