package conformance

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/vstp-project/vstp/conformance/probe"
)

// A violation is doubted where the host was half as late as the time was missed by,
// or more, on either side of what is allowed, and only there.
func TestDoubtIsMeasured(t *testing.T) {
	const ms = time.Millisecond
	for name, c := range map[string]struct {
		v    probe.Violation
		late time.Duration
		want bool
	}{
		"no clock":                       {probe.Violation{}, time.Second, false},
		"too late by more than the host": {probe.Violation{Timing: true, High: 1000 * ms, Measured: 1030 * ms}, 14 * ms, false},
		"too late by as much":            {probe.Violation{Timing: true, High: 1000 * ms, Measured: 1030 * ms}, 15 * ms, true},
		"a host in trouble, much later":  {probe.Violation{Timing: true, High: 1000 * ms, Measured: 1250 * ms}, 120 * ms, false},
		"a quiet host, by a little":      {probe.Violation{Timing: true, High: 1000 * ms, Measured: 1001 * ms}, 2 * ms, true},
		"too soon by more":               {probe.Violation{Timing: true, Low: 100 * ms, High: 120 * ms, Measured: 70 * ms}, 14 * ms, false},
		"too soon by as much":            {probe.Violation{Timing: true, Low: 100 * ms, High: 120 * ms, Measured: 70 * ms}, 15 * ms, true},
		"too late, with both ends":       {probe.Violation{Timing: true, Low: 100 * ms, High: 120 * ms, Measured: 125 * ms}, 2 * ms, false},
		"nothing measured, quiet host":   {probe.Violation{Timing: true}, noisy, false},
		"nothing measured, noisy host":   {probe.Violation{Timing: true}, noisy + 1, true},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, c.want, doubtful(&c.v, c.late)) })
	}
	assert.Equal(t, "it missed its time by 30ms, and this host's own timers were up to 31ms late",
		margin(&probe.Violation{Timing: true, High: 1000 * ms, Measured: 1030 * ms}, 31*ms))
	assert.Equal(t, "this host's own timers were up to 60ms late", margin(&probe.Violation{Timing: true}, 60*ms))
}
