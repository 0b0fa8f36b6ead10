package relay_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/netem"
	"github.com/vstp-project/vstp/netem/relay"
)

func TestUDPRelaysBothWays(t *testing.T) {
	target, first, second := listenUDP(t), listenUDP(t), listenUDP(t)
	u := relayUDP(t, newLink(t, both(netem.Impairments{Delay: 2 * ms}), netem.Options{}), target)
	var upstream []net.Addr
	for _, client := range []*net.UDPConn{first, second, first} {
		writeTo(t, client, addrOf(u), "request")
		text, from := readFrom(t, target)
		assert.Equal(t, "request", text)
		upstream = append(upstream, from)
		writeTo(t, target, from, "answer")
		text, from = readFrom(t, client)
		assert.Equal(t, "answer", text)
		assert.Equal(t, addrOf(u).String(), from.String())
	}
	assert.Equal(t, upstream[0], upstream[2], "a client keeps its address")
	assert.NotEqual(t, upstream[0], upstream[1])

	s := u.Stats()
	assert.Equal(t, 2, s.Clients)
	assert.Equal(t, 3, s.Link.AB.Delivered)
	assert.Equal(t, 3, s.Link.BA.Delivered)
	assert.Equal(t, 6, s.Late.Deliveries)
	assert.LessOrEqual(t, s.Late.P50, s.Late.P99)
	assert.Positive(t, s.Late.Max)
	assert.Empty(t, s.Inconclusive())
}

// Eight senders at once, 20 % loss: the datagrams that are dropped are the same in
// every run, and exactly those do not arrive.
func TestDropsAreTheSameInEveryRun(t *testing.T) {
	const seeds, runs, senders, each = 10, 10, 8, 25
	same := 0
	for seed := range uint64(seeds) {
		var first []string
		for range runs {
			dropped := dropsOfARun(t, seed+1, senders, each)
			if first == nil {
				first = dropped
				assert.NotEmpty(t, first)
			}
			if slices.Equal(first, dropped) {
				same++
			}
		}
	}
	assert.Equal(t, seeds*runs, same, "runs with the same drops as the first of their seed")
}

func dropsOfARun(t *testing.T, seed uint64, senders, each int) []string {
	t.Helper()
	target, client := listenUDP(t), listenUDP(t)
	recorder := newTally(senders * each)
	link := newLink(t, both(netem.Impairments{Loss: 0.2, Delay: ms / 2, Jitter: ms / 2}), netem.Options{Seed: seed, Recorder: recorder})
	u := relayUDP(t, link, target)
	var sending sync.WaitGroup
	for s := range senders {
		sending.Go(func() {
			for i := range each {
				_, err := client.WriteTo(fmt.Appendf(nil, "DATA %d/%d", s, i), addrOf(u))
				assert.NoError(t, err)
			}
		})
	}
	sending.Wait()
	recorder.wait(t)
	var dropped, arrived, through []string
	for _, e := range recorder.Log().Events {
		if e.Fate.Verdict == netem.Drop {
			dropped = append(dropped, e.Label)
		} else {
			through = append(through, e.Label)
		}
	}
	for range through {
		text, _ := readFrom(t, target)
		arrived = append(arrived, text)
	}
	for _, list := range [][]string{dropped, through, arrived} {
		slices.Sort(list)
	}
	require.Equal(t, through, arrived)
	require.Empty(t, u.Stats().Inconclusive())
	require.NoError(t, u.Close())
	return dropped
}

// At a fixed delay nothing overtakes anything.
func TestUDPKeepsTheOrderAtAFixedDelay(t *testing.T) {
	target, client := listenUDP(t), listenUDP(t)
	u := relayUDP(t, newLink(t, both(netem.Impairments{Delay: 3 * ms}), netem.Options{}), target)
	want := texts("DATA ", 300)
	for _, text := range want {
		writeTo(t, client, addrOf(u), text)
	}
	var got []string
	for range want {
		text, _ := readFrom(t, target)
		got = append(got, text)
	}
	assert.Equal(t, want, got)
	assert.Zero(t, u.Stats().Link.AB.Overtaken)
}

// A record of one run in front of real sockets, replayed in front of real sockets.
func TestReplayOverSockets(t *testing.T) {
	var fates [2]map[string]netem.Fate
	p, seed := both(netem.Impairments{Loss: 0.3, Delay: ms, Jitter: ms, Duplicate: netem.Duplicate{Chance: 0.3, Lag: ms}}), uint64(5)
	for run := range fates {
		target, client := listenUDP(t), listenUDP(t)
		recorder := newTally(100)
		u := relayUDP(t, newLink(t, p, netem.Options{Seed: seed, Recorder: recorder}), target)
		for _, text := range texts("DATA ", 100) {
			writeTo(t, client, addrOf(u), text)
		}
		recorder.wait(t)
		fates[run] = map[string]netem.Fate{}
		for _, e := range recorder.Log().Events {
			fates[run][e.Label] = e.Fate
		}
		p, seed = netem.Replay(recorder.Log()), 0
	}
	assert.Equal(t, fates[0], fates[1])
}

func TestRebindingChangesTheAddressTowardsTheTarget(t *testing.T) {
	p := netem.Profile{Phases: []netem.Phase{{On: &netem.Trigger{Match: "REBIND"}, Rebind: true}}}
	target, client := listenUDP(t), listenUDP(t)
	recorder := newTally(4)
	u := relayUDP(t, newLink(t, p, netem.Options{Recorder: recorder}), target)
	writeTo(t, client, addrOf(u), "REBIND")
	_, before := readFrom(t, target)
	writeTo(t, client, addrOf(u), "DATA")
	_, after := readFrom(t, target)
	assert.NotEqual(t, before.String(), after.String())
	writeTo(t, target, before, "to the old address")
	writeTo(t, target, after, "to the new address")
	text, _ := readFrom(t, client)
	assert.Equal(t, "to the new address", text)
	recorder.wait(t)
	s := u.Stats()
	assert.Equal(t, map[string]int{"rebind": 1}, s.Link.BA.ByReason)
	assert.Equal(t, 1, s.Link.Rebindings)
	assert.Equal(t, 1, s.Clients)
	assert.Empty(t, s.Inconclusive())
}

// More rebindings than sockets are kept for.
func TestManyRebindings(t *testing.T) {
	p := netem.Profile{Rules: []netem.Rule{{Ways: netem.OnlyAB, Match: "*", Do: netem.DoDeliver, Rebind: true}}}
	target, client := listenUDP(t), listenUDP(t)
	u := relayUDP(t, newLink(t, p, netem.Options{}), target)
	seen := map[string]bool{}
	for range 30 {
		writeTo(t, client, addrOf(u), "DATA")
		_, from := readFrom(t, target)
		seen[from.String()] = true
		writeTo(t, target, from, "ACK")
		readFrom(t, client)
	}
	assert.Greater(t, len(seen), 20, "the host gives a port again after some time")
	assert.Equal(t, 30, u.Stats().Link.Rebindings)
	assert.Empty(t, u.Stats().Inconclusive())
}

// A client with an address of its own on the loopback interface keeps it.
func TestClientsKeepTheirLoopbackAddress(t *testing.T) {
	client, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 1, 2, 3)})
	if err != nil {
		t.Skip("not tried: this host has no loopback address but 127.0.0.1:", err)
	}
	defer func() { _ = client.Close() }()
	target := listenUDP(t)
	u := relayUDP(t, newLink(t, netem.Profile{}, netem.Options{}), target)
	writeTo(t, client, addrOf(u), "DATA")
	_, from := readFrom(t, target)
	assert.Equal(t, "127.1.2.3", from.(*net.UDPAddr).IP.String())
}

func TestUDPOverIPv6(t *testing.T) {
	listen := func() *net.UDPConn {
		c, err := net.ListenUDP("udp6", &net.UDPAddr{IP: net.IPv6loopback})
		if err != nil {
			t.Skip("not tried: this host has no IPv6:", err)
		}
		t.Cleanup(func() { _ = c.Close() })
		require.NoError(t, c.SetDeadline(time.Now().Add(guard)))
		return c
	}
	target, client := listen(), listen()
	u, err := relay.ListenUDP(context.Background(), newLink(t, netem.Profile{}, netem.Options{}), "[::1]:0", target.LocalAddr().String())
	require.NoError(t, err)
	defer func() { require.NoError(t, u.Close()) }()
	writeTo(t, client, addrOf(u), "DATA")
	_, from := readFrom(t, target)
	writeTo(t, target, from, "ACK")
	text, _ := readFrom(t, client)
	assert.Equal(t, "ACK", text)
	assert.Empty(t, u.Stats().Inconclusive())
}

func TestStrangersAreNotPassedOn(t *testing.T) {
	target, client, stranger := listenUDP(t), listenUDP(t), listenUDP(t)
	u := relayUDP(t, newLink(t, netem.Profile{}, netem.Options{}), target)
	writeTo(t, client, addrOf(u), "DATA")
	_, from := readFrom(t, target)
	writeTo(t, stranger, from, "from elsewhere")
	writeTo(t, target, from, "from the target")
	text, _ := readFrom(t, client)
	assert.Equal(t, "from the target", text)
	assert.Equal(t, 1, u.Stats().Strangers)
	assert.Empty(t, u.Stats().Inconclusive(), "nothing was lost")
}

// A target that does not read loses datagrams in its socket, which the link has not
// dropped, and which the run must not be judged by.
func TestDropsThatNobodyDecidedAreCounted(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("not tried: this host does not tell what its sockets drop")
	}
	target, client := listenUDP(t), listenUDP(t)
	require.NoError(t, target.SetReadBuffer(8<<10))
	const sent = 200
	recorder := newTally(sent)
	u := relayUDP(t, newLink(t, netem.Profile{}, netem.Options{Recorder: recorder}), target)
	filler := string(make([]byte, 1000))
	for _, text := range texts("DATA ", sent) {
		writeTo(t, client, addrOf(u), text+"\x00"+filler)
	}
	recorder.wait(t)
	deadline := time.Now().Add(guard)
	for u.Stats().Link.AB.Delivered < sent || u.Stats().Late.Deliveries < sent {
		require.True(t, time.Now().Before(deadline), "the relay has not passed everything on")
		runtime.Gosched()
	}
	require.NoError(t, u.Close())
	// What is left in the socket and what it has dropped is everything.
	arrived := 0
	require.NoError(t, target.SetReadDeadline(time.Now().Add(50*ms)))
	for b := make([]byte, 2048); ; arrived++ {
		if _, _, err := target.ReadFrom(b); err != nil {
			assert.ErrorIs(t, err, os.ErrDeadlineExceeded)
			break
		}
	}
	s := u.Stats()
	assert.True(t, s.Undecided.Known)
	assert.Equal(t, sent-arrived, s.Undecided.Target)
	assert.Positive(t, s.Undecided.Target)
	assert.Equal(t, fmt.Sprintf("datagrams were lost that the link did not drop: %d found no room in the target's receive buffer", s.Undecided.Target), s.Inconclusive())
}

func TestInconclusiveNamesEveryCause(t *testing.T) {
	s := relay.UDPStats{Undecided: relay.Undecided{Relay: 1, Clients: 2, Failed: 3, Refused: 4}}
	assert.Equal(t, "datagrams were lost that the link did not drop: 1 found no room in the relay's receive buffer, 2 found no room in a client's receive buffer, 3 could not be sent, 4 came from more clients than the relay serves", s.Inconclusive())
}

func TestUDPCloseAndContext(t *testing.T) {
	target := listenUDP(t)
	ctx, cancel := context.WithCancel(context.Background())
	u, err := relay.ListenUDP(ctx, newLink(t, both(netem.Impairments{Delay: time.Hour}), netem.Options{}), "127.0.0.1:0", target.LocalAddr().String())
	require.NoError(t, err)
	client := listenUDP(t)
	writeTo(t, client, addrOf(u), "never arrives")
	cancel()
	require.NoError(t, u.Close())
	require.NoError(t, u.Close())
	u.Stats()

	cancelled, err := relay.ListenUDP(ctx, newLink(t, netem.Profile{}, netem.Options{}), "127.0.0.1:0", target.LocalAddr().String())
	require.NoError(t, err)
	require.NoError(t, cancelled.Close())
}

func TestListenRefusesBadAddresses(t *testing.T) {
	l := newLink(t, netem.Profile{}, netem.Options{})
	ctx := context.Background()
	_, err := relay.ListenUDP(ctx, l, "127.0.0.1:0", "nowhere")
	assert.ErrorContains(t, err, "the target's address: ")
	_, err = relay.ListenUDP(ctx, l, "127.0.0.1:port", "127.0.0.1:1")
	assert.ErrorContains(t, err, "the relay's address: ")
	_, err = relay.ListenUDP(ctx, l, "192.0.2.1:0", "127.0.0.1:1")
	assert.ErrorContains(t, err, "listening for clients: ")
	_, err = relay.ListenTCP(ctx, l, "127.0.0.1:0", "nowhere")
	assert.ErrorContains(t, err, "the target's address: ")
	_, err = relay.ListenTCP(ctx, l, "127.0.0.1:port", "127.0.0.1:1")
	assert.ErrorContains(t, err, "the relay's address: ")
	_, err = relay.ListenTCP(ctx, l, "192.0.2.1:0", "127.0.0.1:1")
	assert.ErrorContains(t, err, "listening for clients: ")
}
