package metrics_test

import (
	"encoding/json"
	"expvar"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/metrics"
	"github.com/vstp-project/vstp/spec"
)

var _ expvar.Var = (*metrics.Metrics)(nil)

// counted returns a Metrics in which every number is another one.
func counted(endpoint string) *metrics.Metrics {
	m := &metrics.Metrics{Endpoint: endpoint}
	for range 3 {
		m.FrameSent(3)
	}
	m.FrameSent(0x10)
	for range 2 {
		m.FrameReceived(7)
	}
	m.AddFragmentationSessions(7)
	m.AddFragmentationSessions(-2)
	for range 4 {
		m.CRCError()
	}
	for range 6 {
		m.Reconnection()
	}
	for range 8 {
		m.ReceiveDropped()
	}
	for range 9 {
		m.SendDropped()
	}
	return m
}

// zeros returns the eight types, of which there was no frame.
func zeros(change map[string]uint64) map[string]uint64 {
	counts := map[string]uint64{"hello": 0, "welcome": 0, "data": 0, "ping": 0, "pong": 0, "bye": 0, "ack": 0, "err": 0}
	for name, n := range change {
		counts[name] = n
	}
	return counts
}

func TestSnapshot(t *testing.T) {
	assert.Equal(t, metrics.Snapshot{
		FramesSent:            zeros(map[string]uint64{"data": 3, "0x10": 1}),
		FramesReceived:        zeros(map[string]uint64{"ack": 2}),
		FragmentationSessions: 5,
		CRCErrors:             4,
		Reconnections:         6,
		ReceiveDrops:          8,
		SendDrops:             9,
	}, counted("").Snapshot())
}

func TestZeroValueAndNil(t *testing.T) {
	zero := metrics.Snapshot{FramesSent: zeros(nil), FramesReceived: zeros(nil)}
	assert.Equal(t, zero, new(metrics.Metrics).Snapshot())

	var none *metrics.Metrics
	none.FrameSent(3)
	none.FrameReceived(3)
	none.AddFragmentationSessions(1)
	none.CRCError()
	none.Reconnection()
	none.ReceiveDropped()
	none.SendDropped()
	assert.Equal(t, zero, none.Snapshot())
	assert.Equal(t, new(metrics.Metrics).String(), none.String())
}

// The names of the types are those of the registry, in lower case.
func TestTypeNamesAreThoseOfTheRegistry(t *testing.T) {
	named := 0
	for _, entry := range spec.DefaultRegistry().Types {
		if entry.Value >= 0x10 {
			continue // counted under its number
		}
		named++
		var m metrics.Metrics
		m.FrameSent(entry.Value)
		m.FrameReceived(entry.Value)
		name := strings.ToLower(entry.Name)
		assert.Equal(t, uint64(1), m.Snapshot().FramesSent[name], name)
		assert.Equal(t, uint64(1), m.Snapshot().FramesReceived[name], name)
	}
	assert.Equal(t, 8, named)
}

// Each of the 256 values has a number of its own.
func TestEveryTypeIsCounted(t *testing.T) {
	var m metrics.Metrics
	for value := range 256 {
		m.FrameReceived(uint8(value))
	}
	received := m.Snapshot().FramesReceived
	assert.Len(t, received, 256)
	for name, n := range received {
		assert.Equal(t, uint64(1), n, name)
	}
	assert.Contains(t, received, "0x00")
	assert.Contains(t, received, "0x09")
	assert.Contains(t, received, "0xff")
}

func TestStringIsJSON(t *testing.T) {
	m := counted("tcp")
	var members map[string]any
	require.NoError(t, json.Unmarshal([]byte(m.String()), &members))
	assert.Len(t, members, 7)
	assert.EqualValues(t, 4, members["vstp_crc_errors_total"])
	assert.EqualValues(t, 5, members["vstp_fragmentation_sessions_active"])
	assert.EqualValues(t, 6, members["vstp_reconnections_total"])
	assert.EqualValues(t, 8, members["vstp_extension_receive_drops_total"])
	assert.EqualValues(t, 9, members["vstp_extension_send_drops_total"])

	var back metrics.Snapshot
	require.NoError(t, json.Unmarshal([]byte(m.String()), &back))
	assert.Equal(t, m.Snapshot(), back)
}

func TestConcurrentUse(t *testing.T) {
	var m metrics.Metrics
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 1000 {
				m.FrameSent(3)
				m.FrameReceived(4)
				m.AddFragmentationSessions(1)
				m.CRCError()
				m.AddFragmentationSessions(-1)
				m.Reconnection()
			}
			metrics.AppendText(nil, &m)
		})
	}
	all.Wait()
	assert.Equal(t, metrics.Snapshot{
		FramesSent:     zeros(map[string]uint64{"data": 8000}),
		FramesReceived: zeros(map[string]uint64{"ping": 8000}),
		CRCErrors:      8000,
		Reconnections:  8000,
	}, m.Snapshot())
}

func TestCountingDoesNotAllocate(t *testing.T) {
	var m metrics.Metrics
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		m.FrameSent(3)
		m.FrameReceived(0x10)
		m.AddFragmentationSessions(1)
		m.CRCError()
		m.Reconnection()
	}))
}
