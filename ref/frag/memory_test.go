package frag_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/frag"
)

// heap returns the octets that are reachable or not yet collected.
func heap() int {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// What a thousand sessions cost that promise 255 fragments and have one octet. The
// 306,000 octets that each of them promises are not reserved.
func TestMemoryOfEmptySessions(t *testing.T) {
	r := newReceiver(frag.Config{})
	before := heap()
	for i := range 1000 {
		r.keeps(t, host(i/60), fragment(t, i%256, 254, 255, "x", fmt.Sprint("msg-id=", i)))
	}
	each := (heap() - before) / 1000
	assert.Equal(t, 1000, r.Sessions())
	assert.Less(t, each, 2_500)
	t.Logf("%d octets for each session", each)
}

// The flood of section 2 of the test contract: 240 messages of 255 x 1,200 octets
// from 4 addresses, each without its last fragment, in turn. [RAS-20]
func TestMemoryOfFullSessions(t *testing.T) {
	r := newReceiver(frag.Config{})
	full := strings.Repeat("x", 1200)
	before := heap()
	refused := 0
	for index := range 254 {
		for i := range 240 {
			_, complete, err := r.Add(start, host(i/60), fragment(t, i, index, 255, full, fmt.Sprint("msg-id=", i)))
			require.False(t, complete)
			if err != nil {
				require.ErrorIs(t, err, frag.BudgetFull)
				refused++
			}
		}
	}
	grown := heap() - before
	assert.Equal(t, 240*254-(64<<20)/1200, refused)
	assert.LessOrEqual(t, r.Octets(), 64<<20)
	assert.Less(t, grown, 80<<20)
	t.Logf("%.1f MiB for %.1f MiB of payload", float64(grown)/(1<<20), float64(r.Octets())/(1<<20))

	r.Advance(at(frag.DefaultLifetime))
	assert.Zero(t, r.Sessions())
	assert.Less(t, heap()-before, 1<<20, "given back by timer [RAS-16]")
}

// A completed message leaves nothing behind but what is remembered of it, and that
// for 30 s.
func TestMemoryOfDeliveredMessages(t *testing.T) {
	r := newReceiver(frag.Config{})
	before := heap()
	for i := range 10_000 {
		id := fmt.Sprint("msg-id=", i)
		r.keeps(t, alice, fragment(t, i%256, 0, 2, "A", id))
		r.completes(t, alice, fragment(t, i%256, 1, 2, "B", id), "AB")
	}
	each := (heap() - before) / 10_000
	assert.Less(t, each, 300)
	t.Logf("%d octets for each message remembered", each)
	r.Advance(at(frag.DefaultLifetime))
	assert.Less(t, heap()-before, 100_000)
	runtime.KeepAlive(r)
}

// Nor do sources whose sessions are over.
func TestMemoryOfPastSources(t *testing.T) {
	r := newReceiver(frag.Config{})
	before := heap()
	for i := range 20_000 {
		r.keeps(t, host(i), fragment(t, 1, 0, 2, "A"))
		r.now = r.now.Add(time.Second)
	}
	assert.Less(t, heap()-before, 100_000)
	assert.Equal(t, 30, r.Sessions())
}
