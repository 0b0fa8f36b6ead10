package netem_test

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/netem"
)

// rough is a link that does everything that a link can do to a datagram.
func rough() netem.Profile {
	i := netem.Impairments{
		Loss: 0.1, Burst: netem.Burst{Loss: 0.05, Mean: 3, Along: netem.AlongOrder},
		Delay: 20 * ms, Jitter: 10 * ms, KeepOrder: true,
		Reorder: netem.Reorder{Every: 7, Shift: 15 * ms}, Duplicate: netem.Duplicate{Chance: 0.1, Lag: 20 * ms},
		Corrupt: netem.Corrupt{Chance: 0.1, Octets: 2}, Rate: netem.Rate{Bandwidth: mbit, QueuePackets: 5, Overhead: 400},
		Hold: netem.Hold{Every: 50 * ms, For: 5 * ms, Random: true},
	}
	p := both(i)
	p.Name = "rough"
	p.Rules = []netem.Rule{{Match: "DATA 1*", Every: 9}}
	p.Phases = []netem.Phase{
		{On: &netem.Trigger{Match: "DATA 40"}, For: 20 * ms, BA: &netem.Impairments{Blackhole: true}},
		{After: 50 * ms, Every: 60 * ms, Rebind: true},
	}
	return p
}

// crossing sends 300 datagrams over a link, each client address known to whoever
// answers, and returns what arrived.
func crossing(l *netem.Link) []arrival {
	generation := 0
	for i := range 300 {
		p := netem.Packet{Dir: netem.Direction(i % 2), Generation: generation, Data: fmt.Append(nil, "DATA ", i/3)}
		f := l.Send(epoch.Add(time.Duration(i)*ms), p)
		if i%20 == 3 {
			generation = f.Generation
		}
	}
	return arrivals(l)
}

func written(t *testing.T, l *netem.Log) string {
	t.Helper()
	var b bytes.Buffer
	_, err := l.WriteTo(&b)
	require.NoError(t, err)
	return b.String()
}

// A record, its replay and the record of that are the same, octet for octet, and so
// is what arrives.
func TestReplayDoesTheSameAgain(t *testing.T) {
	recorder := &netem.Memory{}
	want := crossing(newLink(t, rough(), netem.Options{Seed: 11, Flow: "case", Recorder: recorder}))
	first := written(t, recorder.Log())
	reasons := map[netem.Reason]int{}
	for _, e := range recorder.Log().Events {
		reasons[e.Fate.Reason]++
	}
	for _, r := range []netem.Reason{netem.ReasonNone, netem.ReasonLoss, netem.ReasonBurst, netem.ReasonQueue, netem.ReasonScript, netem.ReasonBlackhole, netem.ReasonRebind} {
		assert.NotZero(t, reasons[r], "nothing was decided by %v: the record does not prove much", r)
	}

	log, err := netem.ReadLog(strings.NewReader(first))
	require.NoError(t, err)
	assert.Equal(t, recorder.Log(), log)
	again := &netem.Memory{}
	l := newLink(t, netem.Replay(log), netem.Options{Flow: "case", Recorder: again})
	assert.Equal(t, want, crossing(l))
	assert.Equal(t, first, written(t, again.Log()))
	assert.Zero(t, l.Stats().AB.Unscripted)
	assert.Equal(t, uint64(11), l.Seed())
}

// The order in which a replay meets the datagrams does not matter.
func TestReplayInAnotherOrder(t *testing.T) {
	recorder := &netem.Memory{}
	l := newLink(t, rough(), netem.Options{Seed: 12, Recorder: recorder})
	fates := map[string]netem.Fate{}
	for i := range 100 {
		text := fmt.Sprint("DATA ", i)
		fates[text] = send(l, netem.AB, time.Duration(i)*ms, text)
	}
	again := newLink(t, netem.Replay(recorder.Log()), netem.Options{})
	for i := range 100 {
		text := fmt.Sprint("DATA ", 99-i)
		assert.Equal(t, fates[text], send(again, netem.AB, 0, text), text)
	}
}

func TestReplayDeliversWhatItDoesNotKnow(t *testing.T) {
	recorder := &netem.Memory{}
	p := both(netem.Impairments{Delay: 20 * ms, Jitter: 5 * ms, Loss: 1})
	send(newLink(t, p, netem.Options{Seed: 1, Flow: "a", Recorder: recorder}), netem.AB, 0, "DATA 1")
	l := newLink(t, netem.Replay(recorder.Log()), netem.Options{Flow: "a"})
	assert.Equal(t, netem.Drop, send(l, netem.AB, 0, "DATA 1").Verdict)
	unknown := netem.Fate{Reason: netem.ReasonUnscripted, Delay: 20 * ms}
	assert.Equal(t, unknown, send(l, netem.AB, 0, "DATA 1"), "a second transmission")
	assert.Equal(t, unknown, send(l, netem.AB, 0, "DATA 2"))
	assert.Equal(t, unknown, send(l, netem.BA, 0, "DATA 1"))
	assert.Equal(t, 2, l.Stats().AB.Unscripted)
	assert.Equal(t, 1, l.Stats().BA.Unscripted)
	_, certain := l.Foresee(netem.AB, netem.Label{Text: "DATA 3"}, 1, 6)
	assert.False(t, certain)
	f, certain := l.Foresee(netem.AB, netem.Label{Text: "DATA 1"}, 1, 6)
	assert.True(t, certain)
	assert.Equal(t, netem.ReasonLoss, f.Reason)

	other := newLink(t, netem.Replay(recorder.Log()), netem.Options{Flow: "b"})
	assert.Equal(t, unknown, send(other, netem.AB, 0, "DATA 1"), "another flow")
}

func TestReplayRefusesOtherCircumstances(t *testing.T) {
	recorder := &netem.Memory{}
	newLink(t, rough(), netem.Options{Seed: 12, Recorder: recorder})
	_, err := netem.New(netem.Replay(recorder.Log()), netem.Options{Labeler: netem.Content{}})
	assert.EqualError(t, err, "the record was made with labels of plain/1 and cannot be replayed with those of content/1")
	_, err = netem.New(netem.Replay(recorder.Log()), netem.Options{Labeler: plain{}, Seed: 13})
	assert.EqualError(t, err, "the record was made with seed 12 and cannot be replayed with seed 13")
}

func TestWriterWritesWhatMemoryKeeps(t *testing.T) {
	var out bytes.Buffer
	w, memory := netem.NewWriter(&out), &netem.Memory{}
	crossing(newLink(t, rough(), netem.Options{Seed: 3, Recorder: w}))
	crossing(newLink(t, rough(), netem.Options{Seed: 3, Recorder: memory}))
	require.NoError(t, w.Flush())
	assert.Equal(t, written(t, memory.Log()), out.String())
}

// The form of a record, which other programs may read.
func TestRecordLines(t *testing.T) {
	var out bytes.Buffer
	w := netem.NewWriter(&out)
	p := netem.Profile{Name: "p", AB: netem.Impairments{Delay: 20 * ms, Loss: 0.5}}
	l := newLink(t, p, netem.Options{Seed: 8, Flow: "udp/echo", Recorder: w})
	for _, text := range []string{"DATA a", "DATA a", "DATA b"} {
		send(l, netem.AB, 1500*time.Microsecond, text)
	}
	send(l, netem.BA, 2*ms, "ACK \"b\"")
	require.NoError(t, w.Flush())
	assert.Equal(t, `{"netem_record":1,"seed":8,"labeler":"plain/1","profile":{"netem":1,"name":"p","ab":{"loss":"50%","delay":"20ms"}}}
{"t":"0s","f":"udp/echo","d":"ab","n":1,"l":"DATA a","o":1,"len":6,"v":"drop","r":"loss"}
{"t":"0s","f":"udp/echo","d":"ab","n":2,"l":"DATA a","o":2,"len":6,"v":"deliver","delay":"20ms"}
{"t":"0s","f":"udp/echo","d":"ab","n":3,"l":"DATA b","o":1,"len":6,"v":"deliver","delay":"20ms"}
{"t":"500µs","f":"udp/echo","d":"ba","n":1,"l":"ACK \"b\"","o":1,"len":7,"v":"deliver"}
`, out.String())
}

func TestReadLogFaults(t *testing.T) {
	const header = `{"netem_record":1,"seed":4,"labeler":"plain/1","profile":{"netem":1}}` + "\n"
	const event = `{"t":"0s","d":"ab","n":1,"l":"DATA a","o":1,"len":6,"v":"drop","r":"loss"}` + "\n"
	log, err := netem.ReadLog(strings.NewReader(header + event))
	require.NoError(t, err)
	require.Len(t, log.Events, 1)
	for _, c := range []struct{ record, want string }{
		{"", `line 1, column 1: the record is empty: it begins with a line with "netem_record"`},
		{`{"netem_record":2,"shiny":true}` + "\n", `line 1, column 17: netem_record: this is a record of version 2, and version 1 is the one that can be read`},
		{`{"netem":1}` + "\n", `line 1, column 2: there is no "netem" here; did you mean "netem_record"?`},
		{`{"seed":1}` + "\n", `line 1, column 1: netem_record: this is a record of version 0, and version 1 is the one that can be read`},
		{`{"netem_record":1,"profile":{"netem":1,"ab":{"loss":"101%"}}}` + "\n", `line 1, column 53: profile.ab.loss: 101% is not between 0% and 100%`},
		{header + "\n" + event, `line 2, column 1: an empty line`},
		{header + event + `{"t":"0s","d":"up","n":1,"l":"DATA a","o":1,"v":"drop"}`, `line 3, column 15: d: there is no "up" here; did you mean "ab"?`},
		{header + `{"t":"0s","d":"ab","n":1,"l":"DATA a","o":1,"v":"drop","r":"lost"}`, `line 2, column 60: r: there is no "lost" here; did you mean "loss"?`},
		{header + `{"t":"0s","d":"ab","n":1,"o":1,"v":"drop"}`, `line 2, column 1: an event needs a label "l" and an occurrence "o"`},
		{header + `{"t":"0s","d":"ab"`, `line 2, column 19: the JSON value ends too early`},
	} {
		_, err := netem.ReadLog(strings.NewReader(c.record))
		assert.EqualError(t, err, c.want)
		var parse *netem.ParseError
		assert.ErrorAs(t, err, &parse)
	}
}

func TestRecorderRefusesLinksOfAnotherKind(t *testing.T) {
	for name, r := range map[string]netem.Recorder{"memory": &netem.Memory{}, "writer": netem.NewWriter(&bytes.Buffer{})} {
		t.Run(name, func(t *testing.T) {
			newLink(t, rough(), netem.Options{Seed: 1, Flow: "a", Recorder: r})
			newLink(t, rough(), netem.Options{Seed: 1, Flow: "b", Recorder: r})
			_, err := netem.New(rough(), netem.Options{Seed: 2, Labeler: plain{}, Recorder: r})
			assert.EqualError(t, err, "recording: links that share a recorder have to have the same profile, seed and labeler")
		})
	}
}

func TestWriterKeepsTheFirstError(t *testing.T) {
	closed, err := os.CreateTemp(t.TempDir(), "record")
	require.NoError(t, err)
	require.NoError(t, closed.Close())
	w := netem.NewWriter(closed)
	crossing(newLink(t, rough(), netem.Options{Seed: 1, Recorder: w}))
	assert.ErrorIs(t, w.Flush(), os.ErrClosed)
	assert.ErrorIs(t, w.Flush(), os.ErrClosed)
}

// The same datagrams meet the same fates, whoever sends them in whatever order.
func TestFatesDoNotDependOnConcurrency(t *testing.T) {
	p := both(netem.Impairments{
		Loss: 0.2, Burst: netem.Burst{Loss: 0.1, Mean: 3}, Delay: 20 * ms, Jitter: 10 * ms,
		Duplicate: netem.Duplicate{Chance: 0.1, Lag: 5 * ms}, Corrupt: netem.Corrupt{Chance: 0.1},
	})
	type identity struct {
		label      string
		dir        netem.Direction
		occurrence int
	}
	run := func() map[identity]netem.Fate {
		recorder := &netem.Memory{}
		l := newLink(t, p, netem.Options{Seed: 21, Recorder: recorder})
		var senders sync.WaitGroup
		for s := range 8 {
			senders.Go(func() {
				for i := range 60 {
					// Two senders share each message, so that occurrences are mixed as well.
					send(l, netem.Direction(i%2), 0, fmt.Sprintf("DATA %d frag %d", s/2, i))
				}
			})
		}
		senders.Wait()
		fates := map[identity]netem.Fate{}
		for _, e := range recorder.Log().Events {
			fates[identity{e.Label, e.Dir, e.Occurrence}] = e.Fate
		}
		return fates
	}
	first := run()
	assert.Len(t, first, 8*60)
	for range 20 {
		require.Equal(t, first, run())
	}
}

func TestSeedFlowAndDirectionMakeOtherFates(t *testing.T) {
	drops := func(o netem.Options, d netem.Direction) string {
		l := newLink(t, both(netem.Impairments{Loss: 0.5}), o)
		var texts []string
		for i := range 64 {
			texts = append(texts, fmt.Sprint("DATA ", i))
		}
		return verdicts(l, d, texts...)
	}
	all := map[string]bool{}
	for _, o := range []netem.Options{{Seed: 1}, {Seed: 2}, {Seed: 1, Flow: "a"}, {Seed: 1, Flow: "b"}} {
		for _, d := range []netem.Direction{netem.AB, netem.BA} {
			all[drops(o, d)] = true
		}
	}
	assert.Len(t, all, 8)
	assert.Equal(t, drops(netem.Options{Seed: 1}, netem.AB), drops(netem.Options{Seed: 1}, netem.AB))
}

// A link that begins anew does what a new one with that seed does.
func TestRestart(t *testing.T) {
	l := newLink(t, rough(), netem.Options{Seed: 1})
	crossing(l)
	send(l, netem.AB, time.Hour, "in flight")
	require.NoError(t, l.Restart(2))
	assert.True(t, l.NextTimeout().IsZero())
	fresh := newLink(t, rough(), netem.Options{Seed: 2})
	assert.Equal(t, crossing(fresh), crossing(l))
	assert.Equal(t, fresh.Stats(), l.Stats())
	assert.Equal(t, uint64(2), l.Seed())

	recorder := &netem.Memory{}
	l = newLink(t, rough(), netem.Options{Seed: 1, Recorder: recorder})
	assert.ErrorContains(t, l.Restart(2), "the same profile, seed and labeler")
	assert.NoError(t, l.Restart(1))
	l = newLink(t, netem.Replay(recorder.Log()), netem.Options{})
	assert.EqualError(t, l.Restart(1), "a replay has one seed only")
}

func TestSeedOfTheProfile(t *testing.T) {
	p := netem.Profile{Seed: 7}
	assert.Equal(t, uint64(7), newLink(t, p, netem.Options{}).Seed())
	assert.Equal(t, uint64(8), newLink(t, p, netem.Options{Seed: 8}).Seed())
}

// Two datagrams of one instant are sorted by what they are; parts of a message stay.
func TestSendTogetherIsIndependentOfTheOrder(t *testing.T) {
	packets := func(order ...int) []netem.Packet {
		all := []netem.Packet{
			{Dir: netem.AB, Data: []byte("DATA b frag 1")},
			{Dir: netem.AB, Data: []byte("DATA b frag 0")},
			{Dir: netem.AB, Data: []byte("DATA a")},
			{Dir: netem.AB, Path: 1, Data: []byte("DATA a")},
			{Dir: netem.BA, Data: []byte("ACK a")},
		}
		var chosen []netem.Packet
		for _, i := range order {
			chosen = append(chosen, all[i])
		}
		return chosen
	}
	texts := func(packets []netem.Packet) (all []string) {
		newLink(t, netem.Profile{}, netem.Options{}).SendTogether(epoch, packets)
		for _, p := range packets {
			all = append(all, fmt.Sprint(p.Dir, p.Path, " ", string(p.Data)))
		}
		return all
	}
	want := []string{"ab 0 DATA a", "ab 0 DATA b frag 1", "ab 0 DATA b frag 0", "ab 1 DATA a", "ba 0 ACK a"}
	assert.Equal(t, want, texts(packets(0, 1, 2, 3, 4)))
	assert.Equal(t, want, texts(packets(4, 3, 0, 2, 1)))
	assert.Equal(t, want, texts(packets(2, 0, 4, 1, 3)))
}

func TestContentLabels(t *testing.T) {
	c := netem.Content{}
	assert.Equal(t, "content/1", c.Name())
	assert.Equal(t, netem.Label{Text: "ba7816bf8f01cfea 3"}, c.Label(netem.AB, 0, []byte("abc")))
	assert.Equal(t, c.Label(netem.AB, 0, []byte("abc")), c.Label(netem.BA, 9, []byte("abc")))
}

func TestStatsAreOnOneLine(t *testing.T) {
	l := newLink(t, both(netem.Impairments{MTU: 8}), netem.Options{})
	verdicts(l, netem.AB, "DATA 1", "DATA 10000", "DATA 10001")
	assert.Equal(t, "sent 3, dropped 2 (mtu 2), duplicated 0, corrupted 0, delivered 0, overtaken 0, in flight 1", l.Stats().Of(netem.AB).String())
	assert.Equal(t, "sent 0, dropped 0, duplicated 0, corrupted 0, delivered 0, overtaken 0, in flight 0", l.Stats().Of(netem.BA).String())
}
