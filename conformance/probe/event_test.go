package probe_test

import (
	"encoding/hex"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance/probe"
)

func TestEventFrames(t *testing.T) {
	pings, err := hex.DecodeString("5654010400000000000000d8429a00" + "5654010400000000000000d8429a00")
	require.NoError(t, err)
	frames := func(channel string, octets []byte, length int) (classes []string) {
		for _, f := range (probe.Event{Channel: channel, Octets: octets, Length: length}).Frames() {
			classes = append(classes, f.Class())
		}
		return classes
	}
	assert.Equal(t, []string{"", ""}, frames("tcp A", pings, 30))
	assert.Equal(t, []string{"Protocol"}, frames("udp A", pings, 30), "a datagram holds one frame")
	assert.Equal(t, []string{"Incomplete"}, frames("tcp A", pings[:14], 14))
	assert.Equal(t, []string{"Incomplete"}, frames("udp A", pings[:14], 14))
	assert.Equal(t, []string{""}, frames("tcp A", pings[:14], 15), "cut for the record")
	assert.Equal(t, []string{""}, frames("udp A", pings[:14], 15), "cut for the record")
	assert.Empty(t, frames("adapter", nil, 0))
}

// A time that has been written is read as the same: no fraction of a millisecond is
// exact in binary.
func TestEventTimesSurviveJSON(t *testing.T) {
	for us := range 2000 {
		e := probe.Event{At: time.Duration(us) * time.Microsecond, Kind: probe.EventNote}
		doc, err := json.Marshal(e)
		require.NoError(t, err)
		var read probe.Event
		require.NoError(t, json.Unmarshal(doc, &read))
		require.Equal(t, e.At, read.At)
	}
}
