package frag_test

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vstp-project/vstp/ref/frag"
	"github.com/vstp-project/vstp/ref/wire"
)

// The limits of the machine, small enough to be reached.
const (
	modelLifetime  = 30 * time.Second
	modelSessions  = 6
	modelPerSource = 2
	modelOctets    = 24
	modelRecent    = 4
)

// modelSession is a half-received message as one would write it down: everything
// that has come, in the clear.
type modelSession struct {
	key     string
	addr    netip.Addr
	total   int
	look    string         // flags and own headers
	parts   map[int]string // by index
	until   time.Time
	opened  int // in the order of opening
	counted bool
}

// machine drives a Reassembler and a model of it that looks at everything it has at
// every step.
type machine struct {
	r        *frag.Reassembler
	now      time.Time
	sessions []*modelSession
	recent   []struct {
		key   string
		until time.Time
	}
	opened int
}

func (m *machine) octets() int {
	n := 0
	for _, s := range m.sessions {
		for _, p := range s.parts {
			n += len(p)
		}
	}
	return n
}

func (m *machine) expire() {
	m.sessions = slices.DeleteFunc(m.sessions, func(s *modelSession) bool { return !m.now.Before(s.until) })
	for len(m.recent) > 0 && !m.now.Before(m.recent[0].until) {
		m.recent = m.recent[1:]
	}
}

func (m *machine) drop(s *modelSession) {
	m.sessions = slices.DeleteFunc(m.sessions, func(other *modelSession) bool { return other == s })
}

// remember notes a completed message.
func (m *machine) remember(key string) {
	if m.isRecent(key) {
		return
	}
	if len(m.recent) == modelRecent {
		m.recent = m.recent[1:]
	}
	m.recent = append(m.recent, struct {
		key   string
		until time.Time
	}{key, m.now.Add(modelLifetime)})
}

func (m *machine) isRecent(key string) bool {
	for _, r := range m.recent {
		if r.key == key {
			return true
		}
	}
	return false
}

// Wait lets time pass.
func (m *machine) Wait(t *rapid.T) {
	m.now = m.now.Add(time.Duration(rapid.SampledFrom([]int64{
		1, int64(time.Second), int64(10 * time.Second), int64(30*time.Second) - 1, int64(30 * time.Second),
	}).Draw(t, "wait")))
	m.expire()
	m.r.Advance(m.now)
}

// Fragment sends one, good or bad, that may fit others or contradict them.
func (m *machine) Fragment(t *rapid.T) {
	from := rapid.SampledFrom([]string{"10.0.0.1:1", "10.0.0.1:2", "10.0.0.2:1", "10.0.0.3:1", "10.0.0.4:1"}).Draw(t, "source")
	id := rapid.IntRange(0, 1).Draw(t, "frag-id")
	msgID := rapid.SampledFrom([]string{"", "msg-id=1", "msg-id=2", "msg-id=01"}).Draw(t, "msg-id")
	total := rapid.SampledFrom([]int{2, 2, 2, 3, 3, 1, 0}).Draw(t, "total")
	index := rapid.IntRange(0, 3).Draw(t, "index")
	payload := strings.Repeat(string(rune('a'+index)), rapid.SampledFrom([]int{3, 3, 3, 3, 0, 7, 1201}).Draw(t, "octets"))
	flags := rapid.SampledFrom([]wire.Flags{0, 0, 0, 0, wire.FlagReqAck, 0x80}).Draw(t, "flags")
	m.fragment(t, from, id, msgID, total, index, payload, flags)
}

func (m *machine) fragment(t *rapid.T, from string, id int, msgID string, total, index int, payload string, flags wire.Flags) {
	var headers []string
	if msgID != "" {
		headers = []string{msgID}
	}
	f := fragment(t, id, index, total, payload, headers...)
	f.Flags |= flags
	source := netip.MustParseAddrPort(from)
	got, complete, err := m.r.Add(m.now, source, f)

	// What the rules say, one after the other.
	m.expire()
	if index >= total || len(payload) > 1200 {
		require.Error(t, err)
		require.False(t, complete)
		return
	}
	valid := msgID
	if msgID == "msg-id=01" {
		valid = ""
	}
	key := fmt.Sprint(from, " ", id, " ", valid)
	look := fmt.Sprint(flags&^0x80, headers)
	place := slices.IndexFunc(m.sessions, func(s *modelSession) bool { return s.key == key })
	var s *modelSession
	if place >= 0 {
		s = m.sessions[place]
		stored, has := s.parts[index]
		if s.total != total || s.look != look || has && stored != payload {
			m.drop(s)
			s = nil
		}
	}
	if total == 1 {
		require.True(t, complete)
		require.Equal(t, payload, string(got.Payload))
		m.remember(key)
		return
	}
	if s == nil {
		if s = m.open(key, source.Addr(), payload); s == nil {
			require.Error(t, err)
			require.False(t, complete)
			return
		}
		s.total, s.look = total, look
	} else if _, has := s.parts[index]; has {
		require.NoError(t, err)
		require.False(t, complete)
		return
	} else if len(s.parts) < total-1 && m.octets()+len(payload) > modelOctets {
		require.ErrorIs(t, err, frag.BudgetFull)
		require.False(t, complete)
		return
	}
	require.NoError(t, err)
	s.parts[index] = payload
	require.Equal(t, len(s.parts) == total, complete)
	if !complete {
		return
	}
	want := ""
	for i := range total {
		want += s.parts[i]
	}
	require.Equal(t, want, string(got.Payload))
	require.Equal(t, flags&^0x80, got.Flags)
	require.Equal(t, append([]string{}, headers...), headersOf(got))
	m.drop(s)
	m.remember(key)
}

// open opens a session, or returns nil if a limit says no.
func (m *machine) open(key string, addr netip.Addr, payload string) *modelSession {
	recent := m.isRecent(key)
	var mine []*modelSession
	for _, s := range m.sessions {
		if s.addr == addr && s.counted != recent {
			mine = append(mine, s)
		}
	}
	slices.SortFunc(mine, func(a, b *modelSession) int { return cmp.Compare(a.opened, b.opened) })
	before := m.sessions
	if len(mine) >= modelPerSource {
		if !recent {
			return nil
		}
		before = slices.Clone(before)
		m.drop(mine[0])
	}
	if len(m.sessions) >= modelSessions || m.octets()+len(payload) > modelOctets {
		m.sessions = before
		return nil
	}
	m.opened++
	s := &modelSession{
		key: key, addr: addr, parts: map[int]string{}, opened: m.opened,
		counted: !recent, until: m.now.Add(modelLifetime),
	}
	m.sessions = append(m.sessions, s)
	return s
}

// Check holds the two against each other.
func (m *machine) Check(t *rapid.T) {
	require.Equal(t, len(m.sessions), m.r.Sessions())
	require.Equal(t, m.octets(), m.r.Octets())
	require.LessOrEqual(t, m.r.Sessions(), modelSessions)
	require.LessOrEqual(t, m.r.Octets(), modelOctets)
	var next time.Time
	for _, s := range m.sessions {
		if next.IsZero() || s.until.Before(next) {
			next = s.until
		}
	}
	if len(m.sessions) == 0 && len(m.recent) > 0 {
		next = m.recent[len(m.recent)-1].until
	}
	require.True(t, next.Equal(m.r.NextTimeout()), "%v, not %v", m.r.NextTimeout(), next)
}

// Nothing corrupted, nothing spliced, nothing beyond its bounds, and nothing lost
// that the rules do not give up.
func TestReassemblerAgainstAModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &machine{
			r: frag.NewReassembler(frag.Config{
				Lifetime: modelLifetime, MaxSessions: modelSessions, MaxPerSource: modelPerSource,
				MaxOctets: modelOctets, MaxRecent: modelRecent,
			}),
			now: start,
		}
		t.Repeat(rapid.StateMachineActions(m))
	})
}
