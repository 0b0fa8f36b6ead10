package udp_test

import (
	"bytes"
	"context"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/netem"
	"github.com/vstp-project/vstp/netem/memnet"
	"github.com/vstp-project/vstp/ref/udp"
	"github.com/vstp-project/vstp/ref/wire"
)

// firstMsgID gives msg-ids and frag-ids that have the same number of digits in every
// run, whichever of several goroutines gets the first.
const firstMsgID = 1<<63 + 100

// senders is how many messages are under way at once.
const senders = 8

// untidy is a link whose fates depend on the order of datagrams as well.
func untidy() netem.Profile {
	i := netem.Impairments{
		Delay: 20 * ms, Jitter: 2 * ms, Loss: 0.2, Duplicate: netem.Duplicate{Chance: 0.1, Lag: 5 * ms},
		Burst: netem.Burst{Loss: 0.05, Mean: 3, Along: netem.AlongOrder}, Reorder: netem.Reorder{Every: 9, Shift: 5 * ms},
	}
	return netem.Profile{Name: "untidy", AB: i, BA: i}
}

// traceOf returns the record of eight sends that begin at once, each from a Conn of its
// own and answered with another message, or all from one Conn.
func traceOf(t *testing.T, seed uint64, conns int) string {
	t.Helper()
	var trace bytes.Buffer
	synctest.Test(t, func(t *testing.T) {
		o, memory := newOracle(), &netem.Memory{}
		link, err := netem.New(untidy(), netem.Options{Seed: seed, Labeler: newLabels(), Recorder: memory})
		require.NoError(t, err)
		n := memnet.New(link, memnet.Options{})
		s, err := udp.Serve(t.Context(), n.Server(), udp.Config{FirstMsgID: firstMsgID, Handler: func(ctx context.Context, r *udp.Request) {
			o.delivered(r.Message.Payload)
			if conns > 1 { // answers to one destination would follow each other as their goroutines do
				name := "answer-to-" + nameOf(r.Message.Payload)
				o.end(name, r.AnswerReliable(ctx, wire.Frame{Type: wire.TypeData, Payload: o.send(name, 5_000)}))
			}
		}})
		require.NoError(t, err)
		var all []*udp.Conn
		for range conns {
			conn, err := udp.NewConn(n.Client(), udp.Config{FirstMsgID: firstMsgID})
			require.NoError(t, err)
			go o.receive(t.Context(), conn)
			all = append(all, conn)
		}
		size := tenFragments
		if conns == 1 {
			size = 2_000 // two fragments, so that all leave in one burst, in whatever order
		}
		var sending sync.WaitGroup
		for i := range senders {
			name := "m" + strconv.Itoa(i)
			payload := o.send(name, size)
			sending.Go(func() {
				o.end(name, all[i%conns].SendReliable(t.Context(), addrOf(t, n.Server()), wire.Frame{Type: wire.TypeData, Payload: payload}))
			})
		}
		sending.Wait()
		time.Sleep(10 * time.Second)
		for _, conn := range all {
			require.NoError(t, conn.Close())
		}
		require.NoError(t, s.Close())
		require.NoError(t, o.verdict())
		_, err = memory.Log().WriteTo(&trace)
		require.NoError(t, err)
	})
	return trace.String()
}

// Eight sends at the same instants, goroutines of Conns and of a Server between them,
// and yet the record of all datagrams, in their order and with their times and fates,
// is the same octet for octet in every run: 5 runs of each of 8 seeds, with
// VSTP_NIGHTLY in the environment 25 of 40.
func TestOrderedTraceIsTheSameInEveryRun(t *testing.T) {
	seeds, runs := nightly(8, 40), nightly(5, 25)
	for name, conns := range map[string]int{"eight Conns": senders, "one Conn": 1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			distinct := map[string]bool{}
			for seed := range seeds {
				first := traceOf(t, uint64(seed)+1, conns)
				require.Greater(t, strings.Count(first, "\n"), 3*senders)
				distinct[first] = true
				for range runs - 1 {
					require.Equal(t, first, traceOf(t, uint64(seed)+1, conns), "seed %d", seed+1)
				}
			}
			assert.Len(t, distinct, seeds)
		})
	}
}
