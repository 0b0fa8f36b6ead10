package probe_test

import (
	"encoding/json"
	"net"
	"testing"
	"time"

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

// A client under test is at the other end: what it puts into the link is seen there, lost
// or not, and the link leads to one listener of the judge.
func TestCrossInFrontOfTheJudge(t *testing.T) {
	p := probe.New(probe.Config{Case: "a/b", Adapter: &target.Adapter{}})
	t.Cleanup(p.Close)
	s, err := p.ListenUDP("A", nil)
	require.NoError(t, err)
	direct, err := p.UDPWay(s.Local().String())
	require.NoError(t, err)
	assert.Equal(t, s.Local().String(), direct)

	require.NoError(t, p.Cross(script(
		netem.Rule{Ways: netem.OnlyAB, Match: "DATA *", Occurrence: netem.Range{From: 1, To: 1}},
		netem.Rule{Ways: netem.OnlyAB, Match: "DATA *", Occurrence: netem.Range{From: 2, To: 2}, Do: netem.DoDeliver, Flips: []netem.Flip{{At: 3, Mask: 1}}},
	), 7))
	way, err := p.UDPWay(s.Local().String())
	require.NoError(t, err)
	assert.NotEqual(t, direct, way)
	_, err = p.UDPWay("127.0.0.1:9")
	require.ErrorContains(t, err, "the link leads to "+direct)

	client, err := net.Dial("udp", way)
	require.NoError(t, err)
	defer client.Close()
	for range 3 { // the first is lost, the second altered and discarded
		_, err = client.Write(data)
		require.NoError(t, err)
	}
	d, err := s.Next(t.Context(), soon)
	require.NoError(t, err)
	assert.Equal(t, data, d.Frame.Raw)
	_, err = s.Next(t.Context(), never)
	require.ErrorIs(t, err, probe.ErrNothing)
	entered := p.Crossing().Entered()
	require.Len(t, entered, 3)
	for i, e := range entered {
		assert.Equal(t, data, e.Octets)
		assert.LessOrEqual(t, e.At, p.Elapsed())
		if i > 0 {
			assert.GreaterOrEqual(t, e.At, entered[i-1].At)
		}
	}
	assert.Equal(t, netem.AB, p.Crossing().Events()[0].Dir)

	s.Talk(d.From)
	require.NoError(t, s.Send(hello, "HELLO"))
	buf := make([]byte, 100)
	n, err := client.Read(buf)
	require.NoError(t, err)
	assert.Equal(t, hello, buf[:n])
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

// nth is a range that holds one number alone.
func nth(n int) netem.Range { return netem.Range{From: n, To: n} }

// What the link did to each datagram is in the record, those that it dropped included.
func TestRecordSaysWhatTheLinkDid(t *testing.T) {
	p := echoingPeer(t)
	held := 40 * time.Millisecond
	require.NoError(t, p.Cross(script(
		netem.Rule{Ways: netem.OnlyAB, Match: "PING", Occurrence: nth(1)},
		netem.Rule{Ways: netem.OnlyBA, Match: "PING", Occurrence: nth(1)},
		netem.Rule{Ways: netem.OnlyBA, Match: "DATA *", Occurrence: nth(1), Do: netem.DoDeliver, Copies: []time.Duration{time.Millisecond}},
		netem.Rule{Ways: netem.OnlyAB, Match: "BYE", Occurrence: nth(1), Do: netem.DoDeliver, Delay: &held},
		netem.Rule{Ways: netem.OnlyBA, Match: "PONG", Occurrence: nth(1), Do: netem.DoDeliver, Flips: []netem.Flip{{At: 3, Mask: 1}}},
	), 7))
	s, err := p.Listen(t.Context(), "A", nil)
	require.NoError(t, err)
	ping, pong, bye := forge.Frame{Type: 4}.Bytes(), forge.Frame{Type: 5}.Bytes(), forge.Frame{Type: 6}.Bytes()
	send := func(octets []byte, answers int) {
		t.Helper()
		require.NoError(t, s.Send(octets, "sent"))
		for range answers {
			_, err := s.Next(t.Context(), soon)
			require.NoError(t, err)
		}
	}
	send(ping, 0) // lost on the way to the target
	send(ping, 0) // its answer is
	send(data, 2) // its answer comes twice
	require.NoError(t, s.Send(bye, "sent"))
	send(hello, 1) // overtakes what is held
	_, err = s.Next(t.Context(), soon)
	require.NoError(t, err)
	require.NoError(t, s.Send(pong, "sent")) // its answer is altered, and passed over
	_, err = s.Next(t.Context(), never)
	require.ErrorIs(t, err, probe.ErrNothing)
	p.Close()

	var told []string
	for _, e := range p.Events() {
		if e.Link != nil {
			told = append(told, e.Kind+" "+e.Frames()[0].TypeName()+": "+e.Link.String())
		}
	}
	// The direction ab has no delay of its own but for what was held.
	assert.ElementsMatch(t, []string{
		"drop-send PING: dropped, by a rule",
		"send PING: delivered at once",
		"drop-recv PING: dropped, by a rule",
		"send DATA: delivered at once",
		"recv DATA: delivered at once, and again 1.0 ms later",
		"recv DATA: copy 2",
		"send BYE: delivered after 40.0 ms, overtaken by 1",
		"send HELLO: delivered at once",
		"recv HELLO: delivered at once",
		"recv BYE: delivered at once",
		"send PONG: delivered at once",
		"recv PING: octet 3 altered", // as it came: the type is the fourth octet
	}, told)
	for i, e := range p.Events() {
		if e.Kind == probe.EventDropRecv {
			assert.Equal(t, "udp A", e.Channel)
			assert.Equal(t, ping, e.Octets)
			assert.Equal(t, "PING (15 octets)", e.Text)
			assert.LessOrEqual(t, p.Events()[i-1].At, e.At)
		}
	}
}

func TestPassageInWords(t *testing.T) {
	for _, c := range []struct {
		probe.Passage
		words string
		late  bool
	}{
		{probe.Passage{}, "delivered at once", true},
		{probe.Passage{Delay: 20 * time.Millisecond}, "delivered after 20.0 ms", true},
		{probe.Passage{Dropped: "mtu"}, "dropped, it was too long", false},
		{probe.Passage{Dropped: "meteor"}, "dropped, meteor", false},
		{probe.Passage{Altered: []int{1, 2, 3, 4, 5, 6, 7, 8, 9}}, "octets 1, 2, 3, 4, 5, 6, 7, 8, … altered", false},
		{probe.Passage{Delay: time.Second, Rebound: 2}, "delivered after 1000.0 ms, from another address of its sender", false},
	} {
		assert.Equal(t, c.words, c.String())
		assert.Equal(t, c.late, c.Late(), c.words)
		written, err := json.Marshal(probe.Event{Kind: probe.EventSend, Link: &c.Passage})
		require.NoError(t, err)
		var read probe.Event
		require.NoError(t, json.Unmarshal(written, &read))
		assert.Equal(t, &c.Passage, read.Link)
	}
}

// A connection that the link ends is noted as such: nobody is to look for the fault in
// the target.
func TestEndsByTheLinkAreNoted(t *testing.T) {
	p := peer(t, write(data))
	after := int64(4)
	require.NoError(t, p.Cross(netem.Profile{StreamAB: netem.StreamPlan{Reset: &after}}, 0))
	s := dial(t, p)
	require.NoError(t, s.Send(data, "DATA"))
	_, err := s.Next(t.Context(), soon)
	for err == nil { // the target's answer can come before the end
		_, err = s.Next(t.Context(), soon)
	}
	p.Close()
	var notes []string
	for _, e := range p.Events() {
		if e.Kind == probe.EventNote {
			notes = append(notes, e.Text)
		}
	}
	assert.Regexp(t, `^the link resets the connection that the judge opened at 127\.0\.0\.1:\d+, towards the target$`, notes[len(notes)-1])
}
