package steps

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance/dissect"
	"github.com/vstp-project/vstp/conformance/forge"
	"github.com/vstp-project/vstp/conformance/probe"
)

// received is what comes back when frames are sent: each as a datagram, a
// millisecond after the one before.
func received(frames []forge.Frame) []probe.Datagram {
	ds := make([]probe.Datagram, len(frames))
	for i, f := range frames {
		ds[i] = probe.Datagram{Frame: dissect.DecodeDatagram(f.Bytes(), dissect.Options{}), At: time.Duration(i) * time.Millisecond}
	}
	return ds
}

func TestAssemblerPutsTogetherWhatWasCut(t *testing.T) {
	message := forge.Frame{Type: typeData, Headers: forge.KV("a", "1", "msg-id", "5"), Payload: []byte("the quick brown fox jumps over the lazy dog")}
	for _, n := range []int{1, 2, 7, 43, 50} {
		ds := received(cut(message, 9, n))
		require.Len(t, ds, n)
		rand.Shuffle(n, func(i, j int) { ds[i], ds[j] = ds[j], ds[i] })
		pieces := assembler{}
		for _, d := range ds[:n-1] {
			_, complete := pieces.add(d)
			require.False(t, complete, "%d pieces", n)
			_, complete = pieces.add(d) // a copy counts for nothing
			require.False(t, complete, "%d pieces", n)
		}
		m, complete := pieces.add(ds[n-1])
		require.True(t, complete, "%d pieces", n)
		assert.Equal(t, byte(9), m.id)
		f := m.message()
		assert.Equal(t, message.Payload, f.Payload)
		assert.Zero(t, f.Flags)
		assert.True(t, sameHeaders(f, message.Headers))
	}
}

func TestFaultsOfFragments(t *testing.T) {
	message := forge.Frame{Type: typeData, Headers: forge.KV("a", "1", "msg-id", "5"), Payload: make([]byte, 400)}
	good := func() []forge.Frame { return cut(message, 9, 4) }
	assert.Empty(t, numbering(received(good())))
	assert.Empty(t, unlike(received(good())))

	assert.Contains(t, numbering(received(good()[:3])), "without frag-index 3")
	assert.Contains(t, numbering(received(append(good(), good()[1]))), "frag-index 1 twice")
	assert.Contains(t, numbering(received(append(good()[:3], cut(message, 8, 4)[3]))), "frag-id 9 and 8")
	assert.Contains(t, numbering(received(append(good()[:3], cut(message, 9, 5)[3]))), "frag-total 4 and 5")
	acknowledged := message
	acknowledged.Flags = flagReqAck // it may be transmitted again
	assert.Empty(t, numbering(received(append(cut(acknowledged, 9, 4), cut(acknowledged, 9, 4)...))))

	assert.NotEmpty(t, unlike(received(append(good()[:3], cut(acknowledged, 9, 4)[3]))))
	other := message
	other.Headers = forge.KV("a", "2", "msg-id", "5")
	assert.NotEmpty(t, unlike(received(append(good()[:3], cut(other, 9, 4)[3]))))
}

// [FRG-13]: 64 fragments may come at once, and 65 take 10 ms.
func TestPacingOfFragments(t *testing.T) {
	ds := make([]probe.Datagram, 65)
	fault := func(ds []probe.Datagram) string {
		f, _, _ := pacing(ds)
		return f
	}
	assert.Empty(t, fault(ds[:64]))
	assert.NotEmpty(t, fault(ds))
	_, low, took := pacing(ds)
	assert.Equal(t, 10*time.Millisecond, low)
	assert.Zero(t, took)
	ds[64].At = 10 * time.Millisecond
	assert.Empty(t, fault(ds))
}
