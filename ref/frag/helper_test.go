package frag_test

import (
	"encoding/hex"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/wire"
)

// start is when the virtual time of every test begins.
var start = time.Date(2025, 10, 20, 12, 0, 0, 0, time.UTC)

func at(d time.Duration) time.Time { return start.Add(d) }

// unhex returns octets written in hex, spaces being free.
func unhex(s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

var (
	alice = netip.MustParseAddrPort("192.0.2.1:4000")
	bob   = netip.MustParseAddrPort("192.0.2.2:4000")
)

// data makes a DATA frame. Headers are "key=value".
func data(t require.TestingT, flags wire.Flags, payload string, headers ...string) wire.Frame {
	f := wire.Frame{Type: wire.TypeData, Flags: flags, Payload: []byte(payload)}
	for _, h := range headers {
		key, value, found := strings.Cut(h, "=")
		require.True(t, found, "not a header: %s", h)
		var err error
		f.Headers, err = f.Headers.AppendText(key, value)
		require.NoError(t, err)
	}
	return f
}

// fragment makes a fragment, its fragment headers behind the others.
func fragment(t require.TestingT, id, index, total int, payload string, headers ...string) wire.Frame {
	return data(t, wire.FlagFrag, payload, append(headers[:len(headers):len(headers)],
		"frag-id="+strconv.Itoa(id), "frag-index="+strconv.Itoa(index), "frag-total="+strconv.Itoa(total))...)
}

// headersOf writes the headers of a frame as "key=value".
func headersOf(f wire.Frame) []string {
	out := []string{}
	for k, v := range f.Headers.All() {
		out = append(out, string(k)+"="+string(v))
	}
	return out
}
