package probe_test

import (
	"net"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance/forge"
	"github.com/vstp-project/vstp/conformance/probe"
	"github.com/vstp-project/vstp/conformance/target"
	"github.com/vstp-project/vstp/netem"
)

// echoingPeer sends every datagram back.
func echoingPeer(t *testing.T) *probe.T {
	t.Helper()
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 4096)
		for {
			n, from, err := c.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			_, _ = c.WriteToUDPAddrPort(buf[:n], from)
		}
	}()
	p := probe.New(probe.Config{Case: "a/b", Addrs: target.Addrs{UDP: c.LocalAddr().String()}})
	t.Cleanup(func() {
		p.Close()
		_ = c.Close()
		<-done
	})
	return p
}

// script is a profile with rules.
func script(rules ...netem.Rule) netem.Profile { return netem.Profile{Name: "script", Rules: rules} }

func TestCrossPutsTheLinkInBetween(t *testing.T) {
	p := echoingPeer(t)
	require.Nil(t, p.Crossing())
	require.NoError(t, p.Cross(script(netem.Rule{Ways: netem.OnlyBA, Match: "PING", Occurrence: netem.Range{From: 1, To: 1}}), 7))
	require.ErrorContains(t, p.Cross(netem.Profile{}, 0), "has a link already")
	s, err := p.Listen(t.Context(), "A", nil)
	require.NoError(t, err)
	ping := forge.Frame{Type: 4}.Bytes()
	require.NoError(t, s.Send(ping, "PING"))
	_, err = s.Next(t.Context(), never)
	require.ErrorIs(t, err, probe.ErrNothing)
	require.NoError(t, s.Send(ping, "PING"))
	d, err := s.Next(t.Context(), soon)
	require.NoError(t, err)
	assert.Equal(t, s.Target(), d.From)

	p.Close()
	crossing := p.Crossing()
	assert.Equal(t, probe.Crossed{Datagrams: 4, Drops: 1}, crossing.Crossed())
	assert.EqualValues(t, 7, crossing.Seed())
	events := crossing.Events()
	require.Len(t, events, 4)
	assert.Equal(t, "a/b", events[0].Flow)
	assert.Equal(t, "PING", events[0].Label)
	assert.False(t, crossing.Began().IsZero())
	assert.Equal(t, "vstp/1", crossing.Header().Labeler)
}

func TestBesideTheLinkNothingIsLost(t *testing.T) {
	p := echoingPeer(t)
	require.NoError(t, p.Cross(netem.Profile{AB: netem.Impairments{Blackhole: true}}, 0))
	require.NoError(t, p.Beside(func() error {
		s, err := p.Listen(t.Context(), "A", nil)
		if err != nil {
			return err
		}
		require.NoError(t, s.Send(hello, "HELLO"))
		_, err = s.Next(t.Context(), soon)
		return err
	}))
	assert.NotNil(t, p.Crossing())
	assert.Zero(t, p.Crossing().Crossed().Datagrams)
}

// What the link has altered is not held against the target.
func TestAlteredByTheLinkIsNoFault(t *testing.T) {
	p := echoingPeer(t)
	require.NoError(t, p.Cross(script(netem.Rule{
		Ways: netem.OnlyBA, Match: "DATA *", Occurrence: netem.Range{From: 1, To: 1}, Do: netem.DoDeliver, Flips: []netem.Flip{{At: 3, Mask: 1}},
	}), 0))
	s, err := p.Listen(t.Context(), "A", nil)
	require.NoError(t, err)
	require.NoError(t, s.Send(data, "DATA"))
	require.NoError(t, s.Send(data, "DATA"))
	d, err := s.Next(t.Context(), soon)
	require.NoError(t, err)
	assert.Equal(t, data, d.Frame.Raw)
}

func TestCrossRefusesALinkThatCannotBe(t *testing.T) {
	p := echoingPeer(t)
	require.ErrorContains(t, p.Cross(netem.Profile{Name: "odd", AB: netem.Impairments{Loss: 2}}, 0), "odd")
	assert.Nil(t, p.Crossing())
}

func TestCrossForConnections(t *testing.T) {
	p := peer(t, write(data))
	require.NoError(t, p.Cross(netem.Profile{StreamBA: netem.StreamPlan{Every: 4}}, 0))
	s := dial(t, p)
	a, err := s.Next(t.Context(), soon)
	require.NoError(t, err)
	assert.Equal(t, data, a.Frame.Raw)
	assert.Equal(t, 1, p.Crossing().Streams().Connections)
	assert.Positive(t, p.Crossing().Streams().Boundaries)
}
