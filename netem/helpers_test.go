package netem_test

import (
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/netem"
)

const (
	ms   = time.Millisecond
	mbit = 1_000_000
)

// epoch is when the runs of these tests begin.
var epoch = time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC)

// plain labels a datagram with its own text: "DATA a", or "DATA a frag 3" which
// belongs to the group "DATA a".
type plain struct{}

func (plain) Name() string { return "plain/1" }

func (plain) Label(_ netem.Direction, _ int, datagram []byte) netem.Label {
	l := netem.Label{Text: string(datagram)}
	if group, part, ok := strings.Cut(l.Text, " frag "); ok {
		l.Group = group
		l.Part, _ = strconv.Atoi(part)
	}
	return l
}

func both(i netem.Impairments) netem.Profile { return netem.Profile{AB: i, BA: i} }

func newLink(t testing.TB, p netem.Profile, o netem.Options) *netem.Link {
	t.Helper()
	if o.Labeler == nil {
		o.Labeler = plain{}
	}
	o.ExactTime = true
	l, err := netem.New(p, o)
	require.NoError(t, err)
	return l
}

func send(l *netem.Link, d netem.Direction, at time.Duration, text string) netem.Fate {
	return l.Send(epoch.Add(at), netem.Packet{Dir: d, Data: []byte(text)})
}

// sendAll sends many datagrams and takes them off the link again, so that they do
// not pile up.
func sendAll(l *netem.Link, d netem.Direction, n int, text func(int) string, each func(netem.Fate)) {
	var due []netem.Delivery
	for i := range n {
		each(send(l, d, 0, text(i)))
		due = l.Due(epoch, due[:0])
	}
}

// arrival is what left a link and when.
type arrival struct {
	at   time.Duration
	text string
}

// arrivals takes everything off a link.
func arrivals(l *netem.Link) []arrival {
	var all []arrival
	for {
		at := l.NextTimeout()
		if at.IsZero() {
			return all
		}
		for _, d := range l.Due(at, nil) {
			all = append(all, arrival{d.At.Sub(epoch), string(d.Data)})
		}
	}
}

// within999 says whether k of n is inside the two-sided interval in which a
// binomial variable lies in 999 of 1,000 cases.
func within999(t *testing.T, p float64, k, n int) {
	t.Helper()
	const z = 3.2905
	margin := z * math.Sqrt(p*(1-p)/float64(n))
	assert.InDelta(t, p, float64(k)/float64(n), margin, "%d of %d", k, n)
}
