package soak

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance/dissect"
)

func TestCheck(t *testing.T) {
	good := Options{Seconds: 1, Connections: 1}
	require.NoError(t, good.Check())
	for want, change := range map[string]func(*Options){
		`there is no trial "idel": there are idle, slow, bomb, length, reassembly, flood, random, kill`: func(o *Options) { o.Only = []string{"idle", "idel"} },
		"--seconds 0: give 1 or more":      func(o *Options) { o.Seconds = 0 },
		"--connections -1: give 1 or more": func(o *Options) { o.Connections = -1 },
	} {
		o := good
		change(&o)
		assert.EqualError(t, o.Check(), want)
	}
}

func TestVerdictFollowsFromFiguresAndErrors(t *testing.T) {
	trial := Trial{Name: "idle", About: "about"}
	within, beyond := new(run), new(run)
	within.atMost("x", "", 1, 1)
	beyond.atMost("x", "", 2, 1)
	for _, c := range []struct {
		r    *run
		err  error
		want Verdict
		why  string
	}{
		{within, nil, Held, ""},
		{beyond, nil, NotHeld, ""},
		{within, errors.New("the server has died"), NotHeld, "the server has died"},
		{within, fmt.Errorf("dialing: %w", notRun("limit is %d", 5)), NotRun, "limit is 5"},
	} {
		got := c.r.result(trial, c.err, time.Second)
		assert.Equal(t, c.want, got.Verdict)
		assert.Equal(t, c.why, got.Why)
		assert.Equal(t, "about", got.Did)
		assert.Equal(t, c.want != NotHeld, AllHeld([]Result{got}))
	}
}

func TestShow(t *testing.T) {
	r := new(run)
	r.atMost("goroutines left", "", 3, 0)
	r.says("connections that are %s", strings.Repeat("idle and ", 10)+"idle")
	results := []Result{
		r.result(Trial{Name: "idle"}, nil, 2*time.Second),
		r.result(Trial{Name: "flood"}, notRun("no room"), time.Second),
	}
	var b strings.Builder
	Show(&b, results[:1])
	assert.Equal(t, `idle        not held  2.0 s
  did  connections that are idle and idle and idle and idle and idle and idle and idle and
       idle and idle and idle and idle
  saw  goroutines left 3 (at most 0, NOT HELD)

`, b.String())
	b.Reset()
	Show(&b, results[1:])
	assert.Contains(t, b.String(), "  why  no room\n")
	assert.Equal(t, "2 trials in 3 s: 0 held, 1 not held, 1 not run", Summary(results))
	b.Reset()
	require.NoError(t, WriteJSON(&b, results))
	assert.Contains(t, b.String(), `"verdict": "not held"`)
}

// What is said to be a bomb goes off.
func TestBombUnfolds(t *testing.T) {
	const mib = 20
	member := deflated(mib)
	assert.Less(t, len(member), 64<<10)
	r, err := gzip.NewReader(bytes.NewReader(member))
	require.NoError(t, err)
	n, err := io.Copy(io.Discard, r)
	assert.Equal(t, int64(mib<<20), n)
	assert.ErrorIs(t, err, io.ErrUnexpectedEOF, "it has no end")
}

// What is said to be a fragment is one, and what is said to be invalid is not a frame.
func TestDatagrams(t *testing.T) {
	whole := random(3000, 1)
	var joined []byte
	all := message{id: 9, flags: flagComp, payload: whole}.fragments(7)
	require.Len(t, all, 3)
	for _, b := range all {
		d := dissect.DecodeDatagram(b, dissect.Options{})
		require.Empty(t, d.Violations)
		joined = append(joined, d.Payload...)
	}
	assert.Equal(t, whole, joined)
	for i, b := range invalidDatagrams() {
		assert.NotEmpty(t, dissect.DecodeDatagram(b, dissect.Options{}).Violations, "datagram %d", i)
	}
}

func TestProc(t *testing.T) {
	if _, err := readProc("self", "fd"); err != nil {
		t.Skip("there is no /proc: reading memory, descriptors and processor time was not tried")
	}
	n, err := countDescriptors("self")
	require.NoError(t, err)
	assert.Positive(t, n)
	most, err := maxDescriptors("self")
	require.NoError(t, err)
	assert.GreaterOrEqual(t, most, n)
	now, peak, err := memory("self")
	require.NoError(t, err)
	assert.GreaterOrEqual(t, peak, now)
	_, err = processor("self")
	require.NoError(t, err)
}

func TestEachStopsAtAnError(t *testing.T) {
	fault := errors.New("fault")
	calls := 0
	assert.ErrorIs(t, each(100, 1, func(i int) error {
		calls++
		if i == 2 {
			return fault
		}
		return nil
	}), fault)
	assert.Equal(t, 3, calls)
	assert.NoError(t, each(0, 4, func(int) error { return fault }))
}

func TestTailKeepsTheEnd(t *testing.T) {
	var b tail
	for i := range 3000 {
		fmt.Fprintf(&b, "line %d\n", i)
	}
	assert.Len(t, b.String(), keeps)
	assert.True(t, strings.HasSuffix(b.String(), "line 2999\n"))
}
