package netem_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vstp-project/vstp/netem"
)

const alphabet = "abcdefghijklmnopqrstuvwxyz"

func shaper(t testing.TB, p netem.Profile, conn int) *netem.Shaper {
	t.Helper()
	return newLink(t, p, netem.Options{Seed: 3}).NewShaper(netem.AB, conn)
}

// steps takes all steps and writes them as "abc|de FIN"; | is a boundary, : a slice
// that ends where the plan did not ask for it.
func steps(s *netem.Shaper) string {
	var b strings.Builder
	for at := s.NextTimeout(); !at.IsZero(); at = s.NextTimeout() {
		step, ok := s.Step(at)
		if !ok {
			return b.String() + " STUCK"
		}
		switch step.Kind {
		case netem.StepFin:
			b.WriteString(" FIN")
		case netem.StepReset:
			b.WriteString(" RESET")
		default:
			b.Write(step.Data)
			b.WriteString(map[bool]string{true: "|", false: ":"}[step.Boundary])
		}
	}
	return b.String()
}

func TestStreamPlans(t *testing.T) {
	size := func(n int64) *int64 { return &n }
	for name, c := range map[string]struct {
		plan netem.StreamPlan
		want string
	}{
		"none":              {netem.StreamPlan{}, "abcdefghijklmnopqrstuvwxyz: FIN"},
		"one octet":         {netem.StreamPlan{Every: 1}, strings.Join(strings.Split(alphabet, ""), "|") + "| FIN"},
		"every ten":         {netem.StreamPlan{Every: 10}, "abcdefghij|klmnopqrst|uvwxyz: FIN"},
		"at":                {netem.StreamPlan{At: []int64{1, 3, 20, 99}}, "a|bc|defghijklmnopqrst|uvwxyz: FIN"},
		"sweep":             {netem.StreamPlan{Sweep: 10}, "abc|defghijklmnopqrstuvwxyz: FIN"},
		"sweep comes round": {netem.StreamPlan{Sweep: 2}, "a|bcdefghijklmnopqrstuvwxyz: FIN"},
		"reset at once":     {netem.StreamPlan{Reset: size(0)}, " RESET"},
		"reset":             {netem.StreamPlan{Reset: size(3)}, "abc: RESET"},
		"reset at the end":  {netem.StreamPlan{Reset: size(26)}, "abcdefghijklmnopqrstuvwxyz: RESET"},
		"reset beyond":      {netem.StreamPlan{Reset: size(27)}, "abcdefghijklmnopqrstuvwxyz: FIN"},
		"half close":        {netem.StreamPlan{HalfClose: size(5)}, "abcde: FIN"},
		"stall for ever":    {netem.StreamPlan{Stall: &netem.Stall{After: 4}}, "abcd:"},
		"stall at once":     {netem.StreamPlan{Stall: &netem.Stall{}}, ""},
		"cut and reset":     {netem.StreamPlan{Every: 2, Reset: size(5)}, "ab|cd|e: RESET"},
	} {
		t.Run(name, func(t *testing.T) {
			s := shaper(t, netem.Profile{StreamAB: c.plan}, 3)
			s.Write(epoch, []byte(alphabet))
			s.CloseWrite(epoch)
			assert.Equal(t, c.want, steps(s))
			assert.Equal(t, strings.HasSuffix(c.want, "FIN") || strings.HasSuffix(c.want, "RESET"), s.Done())
			assert.Equal(t, !s.Done(), s.Stalled())
		})
	}
}

func TestRandomSlices(t *testing.T) {
	p := netem.Profile{StreamAB: netem.StreamPlan{Random: 8}}
	cut := func(conn int) string {
		s := shaper(t, p, conn)
		s.Write(epoch, []byte(strings.Repeat(alphabet, 40)))
		return steps(s)
	}
	got := cut(1)
	assert.Equal(t, got, cut(1), "the same on every run")
	assert.NotEqual(t, got, cut(2), "and another on another connection")
	lengths := map[int]bool{}
	for _, slice := range strings.Split(strings.TrimSuffix(got, ":"), "|") {
		lengths[len(slice)] = true
		assert.LessOrEqual(t, len(slice), 15)
	}
	assert.Greater(t, len(lengths), 10)
}

// A boundary lies where it is planned however the octets come.
func TestBoundariesDoNotDependOnWrites(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		places := []int64{1, 5, 11, 12, 25}
		l, err := netem.New(netem.Profile{StreamAB: netem.StreamPlan{At: places}}, netem.Options{})
		require.NoError(rt, err)
		s := l.NewShaper(netem.AB, 1)
		var boundaries []int64
		var got strings.Builder
		rest := alphabet
		for len(rest) > 0 {
			n := rapid.IntRange(1, len(rest)).Draw(rt, "write")
			s.Write(epoch, []byte(rest[:n]))
			rest = rest[n:]
			for !s.NextTimeout().IsZero() && (len(rest) == 0 || rapid.Bool().Draw(rt, "step")) {
				step, ok := s.Step(epoch)
				require.True(rt, ok)
				got.Write(step.Data)
				if step.Boundary {
					boundaries = append(boundaries, int64(got.Len()))
				}
			}
		}
		require.Equal(rt, alphabet, got.String())
		require.Equal(rt, places, boundaries)
		require.Zero(rt, s.Buffered())
	})
}

// times takes all steps and returns when each was due.
func times(s *netem.Shaper) (all []string) {
	for at := s.NextTimeout(); !at.IsZero(); at = s.NextTimeout() {
		step, _ := s.Step(at)
		what := fmt.Sprint(len(step.Data))
		if step.Kind == netem.StepFin {
			what = "FIN"
		}
		all = append(all, fmt.Sprint(at.Sub(epoch), " ", what))
	}
	return all
}

func TestStreamDelayAndStall(t *testing.T) {
	s := shaper(t, netem.Profile{
		AB: netem.Impairments{Delay: 10 * ms}, StreamAB: netem.StreamPlan{Stall: &netem.Stall{After: 4, For: 50 * ms}},
	}, 1)
	s.Write(epoch, []byte("abcdef"))
	s.Write(epoch.Add(5*ms), []byte("gh"))
	s.CloseWrite(epoch.Add(100 * ms))
	assert.Equal(t, []string{"10ms 4", "60ms 4", "110ms FIN"}, times(s))
}

func TestStreamJitterKeepsTheOrder(t *testing.T) {
	s := shaper(t, netem.Profile{AB: netem.Impairments{Delay: 10 * ms, Jitter: 10 * ms}}, 1)
	last := time.Time{}
	for i := range 50 {
		s.Write(epoch.Add(time.Duration(i)*ms), []byte{byte(i)})
	}
	next := byte(0)
	for at := s.NextTimeout(); !at.IsZero(); at = s.NextTimeout() {
		assert.False(t, at.Before(last))
		last = at
		step, ok := s.Step(at)
		require.True(t, ok)
		for _, octet := range step.Data {
			assert.Equal(t, next, octet)
			next++
		}
	}
	assert.Equal(t, byte(50), next)
}

func TestStreamRate(t *testing.T) {
	// 80 kbit/s are 100 octets in 10 ms, which is as much as goes at once.
	s := shaper(t, netem.Profile{AB: netem.Impairments{Rate: netem.Rate{Bandwidth: 80_000}}}, 1)
	s.Write(epoch, make([]byte, 250))
	s.CloseWrite(epoch)
	assert.Equal(t, []string{"0s 100", "10ms 100", "20ms 50", "25ms FIN"}, times(s))
}

func TestCoalesce(t *testing.T) {
	p := netem.Profile{StreamAB: netem.StreamPlan{Coalesce: netem.Coalesce{Octets: 5, For: 20 * ms}}}
	s := shaper(t, p, 1)
	s.Write(epoch, []byte("ab"))
	s.Write(epoch.Add(3*ms), []byte("cd"))
	assert.Equal(t, epoch.Add(20*ms), s.NextTimeout(), "there are not enough")
	s.Write(epoch.Add(7*ms), []byte("ef"))
	assert.Equal(t, []string{"7ms 6"}, times(s))
	s.Write(epoch.Add(10*ms), []byte("g"))
	assert.Equal(t, []string{"30ms 1"}, times(s), "patience ends")
	s.Write(epoch.Add(40*ms), []byte("h"))
	s.CloseWrite(epoch.Add(45 * ms))
	assert.Equal(t, []string{"45ms 1", "45ms FIN"}, times(s), "nothing more comes")
}

func TestShaperIgnoresWhatComesAfterItsEnd(t *testing.T) {
	s := shaper(t, netem.Profile{}, 1)
	_, ok := s.Step(epoch)
	assert.False(t, ok)
	s.CloseWrite(epoch)
	s.CloseWrite(epoch)
	s.Write(epoch, []byte("late"))
	assert.Equal(t, []string{"0s FIN"}, times(s))
	s.Write(epoch, []byte("late"))
	assert.True(t, s.NextTimeout().IsZero())
	assert.Zero(t, s.Buffered())
}
