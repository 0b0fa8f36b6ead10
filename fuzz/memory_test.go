package fuzz

import (
	"bytes"
	"math"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance/dissect"
	"github.com/vstp-project/vstp/conformance/forge"
	"github.com/vstp-project/vstp/ref/wire"
)

// Lengths that are declared cost nothing: memory is for octets that have come.
// [LIM-5]
func TestDeclaredLengthsAreNotAllocated(t *testing.T) {
	most := uint32(math.MaxUint32)
	b := forge.Raw{Type: dissect.TypeData, HeaderLen: new(uint16(65535)), PayloadLen: &most, NoCRC: true}.Bytes()
	e := endpoint{limit: math.MaxInt}
	for name, read := range map[string]func(){
		"Parse":  func() { parse(b, e) },
		"Reader": func() { drain(t, bytes.NewReader(b), len(b), e) },
		"Decode": func() { dissect.Decode(b, e.options()) },
		"Split":  func() { dissect.Split(b, e.options()) },
	} {
		assert.Less(t, allocated(read), uint64(1<<20), "octets allocated by %s for %d octets that declare 4 GiB", name, len(b))
	}
}

// A frame of 8 MiB that comes slowly or stops coming holds as much room as has
// come of it, within a factor. [LIM-5]
func TestReaderGrowsWithWhatHasCome(t *testing.T) {
	b := forge.Frame{Type: dissect.TypeData, Payload: make([]byte, dissect.DefaultMaxFrame-overhead)}.Bytes()
	for _, come := range []int{fixedLen, 4096, patience - 1, patience, patience + 1, 3 * patience, 1 << 20, len(b) - 1, len(b)} {
		source := &cutReader{stream: b[:come], cuts: ^uint64(0)}
		events := drain(t, source, len(b), endpoint{})
		require.Equal(t, come == len(b), events[0].err == "", "%d octets", come)
		require.LessOrEqual(t, source.excess, 0, "room offered beyond what %d octets allow", come)
	}
}

// Taking a frame apart costs the reference nothing at all.
func TestParseDoesNotAllocate(t *testing.T) {
	tried := 0
	for _, s := range samples() {
		limits := endpoint{limit: s.limit}.limits()
		if _, _, err := wire.Parse(s.octets, limits); err != nil {
			continue
		}
		tried++
		require.Zero(t, testing.AllocsPerRun(10, func() {
			f, _, _ := wire.Parse(s.octets, limits)
			for key := range f.Headers.All() {
				_ = key
			}
		}), "%x", s.octets[:min(len(s.octets), 64)])
	}
	require.Greater(t, tried, 50)
}

// allocated returns how many octets f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}
