package target

import (
	"context"
	"net"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// refusing dials until the given attempt succeeds.
func refusing(until int, attempts *int) dialFunc {
	return func(context.Context, string, string) (net.Conn, error) {
		*attempts++
		if *attempts < until {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
		}
		c, peer := net.Pipe()
		return c, peer.Close()
	}
}

func TestRunningTriesOnceWithoutWait(t *testing.T) {
	attempts := 0
	_, err := Running{Addrs: Addrs{TCP: "127.0.0.1:1"}, dial: refusing(2, &attempts)}.Start(t.Context())
	var unreachable *UnreachableError
	require.ErrorAs(t, err, &unreachable)
	require.ErrorIs(t, err, syscall.ECONNREFUSED)
	assert.Equal(t, "connecting to tcp 127.0.0.1:1 failed in 1 attempt", unreachable.Tried)
	assert.Equal(t, 1, attempts)
}

func TestRunningRetriesUntilReachable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		attempts := 0
		target := Running{Addrs: Addrs{TCP: "127.0.0.1:1"}, Wait: 10 * time.Second, dial: refusing(20, &attempts)}
		instance, err := target.Start(t.Context())
		require.NoError(t, err)
		assert.Equal(t, 20, attempts)
		assert.Equal(t, target.Addrs, instance.Addrs())
	})
}

func TestRunningGivesUpAfterWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		attempts := 0
		began := time.Now()
		target := Running{Addrs: Addrs{TCP: "127.0.0.1:1"}, Wait: 3 * time.Second, dial: refusing(1000, &attempts)}
		_, err := target.Start(t.Context())
		var unreachable *UnreachableError
		require.ErrorAs(t, err, &unreachable)
		require.ErrorIs(t, err, syscall.ECONNREFUSED)
		assert.Equal(t, "connecting to tcp 127.0.0.1:1 failed in 19 attempts within 3s", unreachable.Tried)
		assert.Equal(t, 19, attempts)
		assert.Equal(t, 3*time.Second, time.Since(began))
	})
}

func TestRunningStopsTryingWhenInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		attempts := 0
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		target := Running{Addrs: Addrs{TCP: "127.0.0.1:1"}, Wait: time.Hour, dial: refusing(1000, &attempts)}
		_, err := target.Start(ctx)
		var unreachable *UnreachableError
		require.ErrorAs(t, err, &unreachable)
		assert.ErrorIs(t, err, context.DeadlineExceeded)
	})
}
