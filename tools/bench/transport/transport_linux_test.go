package main

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestMain is the other side, in a process of its own, where a test asks for one.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == "-serve" {
		if err := serve(context.Background()); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func TestContendersCarryMessages(t *testing.T) {
	peer, err := startPeer(t.Context())
	require.NoError(t, err)
	defer peer.stop()
	tcp, udp, hangUp, err := dialAll(t.Context(), peer.addrs)
	require.NoError(t, err)
	defer hangUp()
	for _, c := range tcp {
		for _, size := range []int{1, 64, 64 << 10} {
			assert.NoError(t, c.do(t.Context(), oneWay, 5, size), "%s, one way, %d octets", c.name, size)
			assert.NoError(t, c.do(t.Context(), roundTrip, 5, size), "%s, round trip, %d octets", c.name, size)
		}
	}
	for _, c := range udp {
		for _, size := range []int{1, 1185} {
			assert.NoError(t, c.do(t.Context(), roundTrip, 5, size), "%s, %d octets", c.name, size)
		}
	}

	lines, err := peer.measure(t.Context(), udp, roundTrip, 64, 1)
	require.NoError(t, err)
	require.Len(t, lines, 2)
	assert.Regexp(t, `^bare socket\t[\d.]+\t1\.00\t\d+\t1\.00$`, lines[0])
}
