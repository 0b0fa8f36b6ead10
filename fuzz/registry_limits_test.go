package fuzz

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance/dissect"
	"github.com/vstp-project/vstp/conformance/forge"
	"github.com/vstp-project/vstp/ref/compress"
	"github.com/vstp-project/vstp/ref/session"
	"github.com/vstp-project/vstp/ref/wire"
)

// limitConstants are the limits that code holds as a number of its own: the
// values of constants, and for what the judge keeps to itself a probe that tells
// whether it takes so many octets.
var limitConstants = map[string]struct {
	constants []int64
	takes     func(n int) bool
}{
	"max-frame":             {constants: []int64{wire.DefaultMaxFrame, dissect.DefaultMaxFrame}, takes: takesFrame},
	"max-header-section":    {constants: []int64{wire.MaxHeaderSection}},
	"max-key":               {constants: []int64{wire.MaxKeyLen}},
	"max-value":             {constants: []int64{wire.MaxValueLen}},
	"max-fragment-payload":  {takes: takesFragment},
	"max-datagram-sent":     {constants: []int64{session.MaxDatagram}, takes: takesDatagram},
	"max-datagram-accepted": {constants: []int64{session.MaxDatagramReceived}},
	"max-err-text":          {takes: takesText},
	"compression-threshold": {constants: []int64{compress.DefaultThreshold}},
}

// unheldLimits are those that nothing compared here holds: the judge reads
// them from the registry, or they bind parts of the reference that keep them to
// themselves and are judged by what they do.
var unheldLimits = []string{
	"max-fragments", "min-datagram-accepted", "max-reassembly-sessions", "max-sessions-per-source", "reassembly-bytes",
	"duplicate-records", "amplification-factor", "pacing-fragments", "retransmissions", "max-retransmissions",
}

func TestLimitsAreThoseOfTheRegistry(t *testing.T) {
	names := append([]string{}, unheldLimits...)
	for name, held := range limitConstants {
		names = append(names, name)
		limit := registry.Limit(name)
		for _, constant := range held.constants {
			assert.Equal(t, limit, constant, name)
		}
		if held.takes != nil {
			assert.True(t, held.takes(int(limit)), "the judge takes %d octets: %s", limit, name)
			assert.False(t, held.takes(int(limit)+1), "the judge takes %d octets: %s", limit+1, name)
		}
		assert.True(t, len(held.constants) > 0 || held.takes != nil, "%s is compared with nothing", name)
	}
	var entries []string
	for _, entry := range registry.Limits {
		entries = append(entries, entry.Name)
	}
	assert.ElementsMatch(t, entries, names)
}

func takesFrame(n int) bool {
	declared := uint32(n - overhead)
	b := forge.Raw{Type: dissect.TypeData, PayloadLen: &declared, NoCRC: true}.Bytes()
	_, _, err := wire.Parse(b, wire.Limits{})
	return dissect.Decode(b, builtIn).Class() == incomplete && err == wire.ErrShort
}

func takesFragment(n int) bool {
	fragment := forge.Frame{Type: dissect.TypeData, Flags: dissect.FlagFrag, Payload: make([]byte, n)}.Bytes()
	whole := forge.Frame{Type: dissect.TypeData, Payload: make([]byte, n)}.Bytes()
	return !breaks(dissect.Decode(fragment, builtIn), "FRG-6") && !breaks(dissect.DecodeDatagram(whole, builtIn), "FRG-1")
}

func takesDatagram(n int) bool {
	b := forge.Frame{Type: dissect.TypeData, Payload: make([]byte, n-overhead)}.Bytes()
	return !breaks(dissect.DecodeDatagram(b, builtIn), "UDP-9")
}

func takesText(n int) bool {
	b := forge.Frame{Type: dissect.TypeErr, Payload: make([]byte, n)}.Bytes()
	return !breaks(dissect.Decode(b, builtIn), "ERR-2")
}

// timerConstants are the timers that the reference holds and shows.
var timerConstants = map[string]time.Duration{
	"stalled-frame": session.DefaultStalledFrame,
	"linger":        session.DefaultLinger,
}

// unheldTimers are the others, as unheldLimits.
var unheldTimers = []string{
	"reply", "close", "ack", "idle", "reassembly", "duplicate", "frag-id", "retransmit", "retransmit-cap", "ack-timeout",
	"tls-handshake", "pacing-window",
}

func TestTimersAreThoseOfTheRegistry(t *testing.T) {
	names := append([]string{}, unheldTimers...)
	for name, held := range timerConstants {
		names = append(names, name)
		assert.Equal(t, registry.Timer(name), held, name)
	}
	var entries []string
	for _, entry := range registry.Timers {
		entries = append(entries, entry.Name)
	}
	require.NotEmpty(t, entries)
	assert.ElementsMatch(t, entries, names)
}
