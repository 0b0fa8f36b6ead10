package steps

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance/probe"
)

// What comes too late is measured, and what does not come was waited for beyond
// the limit.
func TestLimitMeasures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: probe.New(probe.Config{})}
		time.Sleep(5 * time.Second)
		l := w.limit(time.Second)
		assert.Equal(t, time.Second+afterLimit, l.left())
		require.NoError(t, l.late(6*time.Second, "it"))

		var v *probe.Violation
		require.ErrorAs(t, l.late(6*time.Second+30*time.Millisecond, "the echo within 1s"), &v)
		assert.Equal(t, "expected the echo within 1s, got it after 1.03s", v.Error())
		excess, ok := v.Excess()
		assert.True(t, ok)
		assert.Equal(t, 30*time.Millisecond, excess)

		time.Sleep(l.left())
		v = l.missed("the echo within 1s", "nothing")
		excess, ok = v.Excess()
		assert.True(t, ok)
		assert.Equal(t, afterLimit, excess)
		assert.Zero(t, l.left())
	})
}
