//go:build unix

package target_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance/target"
)

// patience is how long a target of these tests may take to become ready on a
// busy host; none of them needs it.
const patience = time.Minute

// command is a target that plays the role with the given rest of a command line.
func command(t *testing.T, role, args string) target.Exec {
	exe, err := os.Executable()
	require.NoError(t, err)
	return target.Exec{
		Command: fmt.Sprintf("'%s' %s", exe, args),
		// The race detector's pause at exit is of no use to these processes.
		Env:  []string{roleEnv + "=" + role, "GORACE=atexit_sleep_ms=0"},
		Wait: patience,
	}
}

func start(t *testing.T, target target.Target) target.Instance {
	instance, err := target.Start(t.Context())
	require.NoError(t, err)
	t.Cleanup(instance.Stop)
	return instance
}

// unreachable starts the target, which must fail.
func unreachable(t *testing.T, tgt target.Target) *target.UnreachableError {
	instance, err := tgt.Start(t.Context())
	if err == nil {
		instance.Stop()
	}
	var unreachable *target.UnreachableError
	require.ErrorAs(t, err, &unreachable)
	assert.Equal(t, tgt.String(), unreachable.Target)
	return unreachable
}

func assertEnded(t *testing.T, instance target.Instance) {
	select {
	case <-instance.Exited():
	default:
		assert.Fail(t, "the process has not ended")
	}
	_, err := net.Dial("tcp", instance.Addrs().TCP)
	assert.Error(t, err)
}

func TestExecTakesAddressesFromTheReadyLine(t *testing.T) {
	instance := start(t, command(t, "ready", ""))
	addrs := instance.Addrs()
	assert.NotEmpty(t, addrs.UDP)
	c, err := net.Dial("tcp", addrs.TCP)
	require.NoError(t, err)
	require.NoError(t, c.Close())
	assert.Empty(t, instance.Exit())
	assert.Contains(t, string(instance.Output()), "a first line that is not it\n")

	instance.Stop()
	assertEnded(t, instance)
	assert.NotEmpty(t, instance.Exit())
	instance.Stop()
}

func TestExecReadyWhenItsAddressesAnswer(t *testing.T) {
	t.Parallel()
	for _, args := range []string{"tcp={tcp}", "udp={udp}", "tcp={tcp} udp={udp}"} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			addrs := start(t, command(t, "given", args)).Addrs()
			assert.Equal(t, strings.Contains(args, "{tcp}"), addrs.TCP != "")
			assert.Equal(t, strings.Contains(args, "{udp}"), addrs.UDP != "")
		})
	}
}

func TestExecBelievesSilenceOverUDP(t *testing.T) {
	t.Parallel()
	t.Run("beside TCP", func(t *testing.T) {
		t.Parallel()
		assert.NotEmpty(t, start(t, command(t, "given-silent", "tcp={tcp} udp={udp}")).Addrs().UDP)
	})
	t.Run("alone, when the wait is over", func(t *testing.T) {
		t.Parallel()
		e := command(t, "given-silent", "udp={udp}")
		e.Wait = time.Second
		assert.NotEmpty(t, start(t, e).Addrs().UDP)
	})
	t.Run("but not an address that nobody has bound", func(t *testing.T) {
		t.Parallel()
		e := command(t, "mute", "udp={udp}")
		e.Wait = time.Second
		// The address is free until somebody else takes it, which can happen meanwhile.
		var err error
		for range 5 {
			var i target.Instance
			if i, err = e.Start(t.Context()); err != nil {
				break
			}
			i.Stop()
		}
		assert.ErrorContains(t, err, "within 1s it printed no ready line, and nothing listens at udp 127.0.0.1:")
	})
}

func TestExecReadyLinePrevailsOverPlaceholders(t *testing.T) {
	addrs := start(t, command(t, "given-and-more", "{tcp}")).Addrs()
	assert.NotEmpty(t, addrs.TCP)
	assert.NotEmpty(t, addrs.UDP)
}

func TestExecFillsPlaceholdersAndEnvironment(t *testing.T) {
	e := command(t, "report", "'{tcp} {tcp}' --udp={udp} {time-scale}")
	e.Env = append(e.Env, "VSTP_TARGET_TEST_EXTRA=given")
	e.TimeScale = 0.05
	output := string(start(t, e).Output())
	assert.Regexp(t, `args \["(127\.0\.0\.1:\d+) 127\.0\.0\.1:\d+" "--udp=127\.0\.0\.1:\d+" "0\.05"\] extra "given"`, output)

	e.TimeScale = 0
	assert.Contains(t, string(start(t, e).Output()), `"1"] extra`)
}

func TestExecStartsThreeTimesThenGivesUp(t *testing.T) {
	t.Parallel()
	err := unreachable(t, command(t, "exit", "3 {tcp}"))
	assert.Equal(t, "it was started 3 times, on new ports", err.Tried)
	assert.ErrorContains(t, err, "it ended before it was ready, with exit status 3")
	assert.Contains(t, string(err.Output), "to stdout\n")
	assert.Contains(t, string(err.Output), "to stderr\n")

	assert.ErrorContains(t, unreachable(t, command(t, "exit", "0 {tcp}")), "with exit status 0 (a server has to stay in the foreground)")
}

func TestExecRecoversAtTheSecondStart(t *testing.T) {
	instance := start(t, command(t, "second-try", "'"+filepath.Join(t.TempDir(), "tried")+"' {tcp}"))
	assert.NotEmpty(t, instance.Addrs().TCP)
}

func TestExecThatNeverBecomesReady(t *testing.T) {
	t.Parallel()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, closed.Close())
	short := 300 * time.Millisecond
	for _, c := range []struct {
		name, role, args string
		wait             time.Duration
		need             bool
		want             string
	}{
		{"prints nothing", "mute", "", short, false, "within 300ms it printed no ready line, and without a placeholder such as {tcp} or {udp} its addresses are not known"},
		{"never listens", "mute", "{tcp}", short, false, "within 300ms it printed no ready line, and connecting to tcp 127.0.0.1:"},
		{"says so but does not listen", "lying", closed.Addr().String(), short, false, "it said that it was ready, but connecting to tcp " + closed.Addr().String()},
		{"says so at no address", "no-address", "", patience, false, "its ready line names no address"},
		{"says so at a wrong address", "bad-line", "", patience, false, `its ready line gives the tcp address "nowhere", which is not host:port`},
		{"does not offer what is needed", "given", "udp={udp}", patience, true, "it offers no TCP listener (udp 127.0.0.1:"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := command(t, c.role, c.args)
			e.Wait, e.NeedTCP = c.wait, c.need
			err := unreachable(t, e)
			assert.Equal(t, "it was started once", err.Tried)
			assert.ErrorContains(t, err, c.want)
		})
	}
}

func TestExecThatCannotBeStarted(t *testing.T) {
	notProgram := filepath.Join(t.TempDir(), "data")
	require.NoError(t, os.WriteFile(notProgram, []byte("data"), 0o600))
	for _, c := range []struct{ command, want string }{
		{"vstp-no-such-program {tcp}", `exec: "vstp-no-such-program": executable file not found`},
		{"'" + notProgram + "'", "permission denied"},
		{"/", "/"},
	} {
		err := unreachable(t, target.Exec{Command: c.command})
		assert.Equal(t, "it could not be started", err.Tried)
		assert.ErrorContains(t, err, c.want)
	}
	err := unreachable(t, target.Exec{Command: "srv 'x"})
	var refused *target.CommandError
	assert.ErrorAs(t, err, &refused)
}

func TestExecIsInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	visited := make(chan struct{})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	go func() {
		// The child has connected, so the start is under way.
		if c, err := l.Accept(); err == nil {
			cancel()
			_, _ = io.Copy(io.Discard, c)
			close(visited)
		}
	}()
	_, err = command(t, "hold", l.Addr().String()).Start(ctx)
	require.ErrorIs(t, err, context.Canceled)
	<-visited // and it lives no more
}

func TestExecSurvivesAFlood(t *testing.T) {
	instance := start(t, command(t, "flood", ""))
	assert.Len(t, instance.Output(), 64<<10)
	instance.Stop()
	assertEnded(t, instance)
	assert.Len(t, instance.Output(), 64<<10)
}

func TestExecThatClosesItsStandardInput(t *testing.T) {
	instance := start(t, command(t, "closes-stdin", ""))
	instance.Stop()
	assert.Equal(t, "signal: terminated", instance.Exit())
}

func TestExecThatIgnoresEveryRequestIsKilled(t *testing.T) {
	t.Parallel()
	instance := start(t, command(t, "stubborn", ""))
	instance.Stop()
	assert.Equal(t, "signal: killed", instance.Exit())
	assertEnded(t, instance)
}

func TestExecTellsHowItEnded(t *testing.T) {
	for word, exit := range map[string]string{"exit": "exit status 7", "abort": "signal: killed"} {
		instance := start(t, command(t, "mortal", ""))
		c, err := net.Dial("tcp", instance.Addrs().TCP)
		require.NoError(t, err)
		_, err = fmt.Fprintln(c, word)
		require.NoError(t, err)
		<-instance.Exited()
		assert.Equal(t, exit, instance.Exit())
		assert.Equal(t, word == "exit", strings.Contains(string(instance.Output()), "last words\n"))
		require.NoError(t, c.Close())
		assert.True(t, command(t, "mortal", "").Restartable())
	}
}

// visitors accepts n connections and returns a channel that is closed once all of
// them have ended.
func visitors(t *testing.T, n int) (addr string, gone <-chan struct{}) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	all := make(chan struct{})
	go func() {
		defer close(all)
		for range n {
			c, err := l.Accept()
			if err != nil {
				return
			}
			defer func() {
				_, _ = io.Copy(io.Discard, c)
				c.Close()
			}()
		}
	}()
	return l.Addr().String(), all
}

func TestExecLeavesNoChildren(t *testing.T) {
	t.Parallel()
	t.Run("when it is stopped", func(t *testing.T) {
		addr, gone := visitors(t, 2)
		instance := start(t, command(t, "parent", addr))
		instance.Stop()
		assertEnded(t, instance)
		<-gone
	})
	t.Run("when it ends at once", func(t *testing.T) {
		addr, gone := visitors(t, 3)
		assert.ErrorContains(t, unreachable(t, command(t, "daemon", addr)), "has to stay in the foreground")
		<-gone
	})
}

func TestExecMemory(t *testing.T) {
	instance := start(t, command(t, "ready", ""))
	gauge, ok := instance.(target.Gauge)
	require.True(t, ok)
	assert.NoError(t, syscall.Kill(gauge.PID(), 0))
	octets, ok := gauge.Memory()
	assert.Equal(t, runtime.GOOS == "linux", ok)
	if ok {
		assert.Greater(t, octets, int64(1<<20))
	}
	instance.Stop()
	_, ok = gauge.Memory()
	assert.False(t, ok)
}

func TestProgramNeedsItsReadyLine(t *testing.T) {
	t.Parallel()
	exe, err := os.Executable()
	require.NoError(t, err)
	peer := target.Builtin(exe, "an argument")
	peer.Env = []string{roleEnv + "=report"}
	assert.Equal(t, "the built-in reference peer", peer.String())
	assert.True(t, peer.Restartable())
	instance := start(t, peer)
	assert.Contains(t, string(instance.Output()), `args ["an argument"]`)
	instance.Stop()
	start(t, peer)

	peer.Env, peer.Wait = []string{roleEnv + "=mute"}, 200*time.Millisecond
	assert.ErrorContains(t, unreachable(t, peer), "within 200ms it printed no ready line")
	peer.Path = "/vstp/no/such/program"
	peer.Name = ""
	assert.ErrorContains(t, unreachable(t, peer), "no such file")
}

func TestProgramEndsWithItsStandardInput(t *testing.T) {
	exe, err := os.Executable()
	require.NoError(t, err)
	peer := target.Builtin(exe)
	peer.Env = []string{roleEnv + "=ready"}
	instance := start(t, peer)
	instance.Stop()
	assert.Contains(t, []string{"exit status 0", "signal: terminated"}, instance.Exit())
}

func TestRunning(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	running := target.Running{Addrs: target.Addrs{TCP: l.Addr().String(), UDP: "127.0.0.1:9"}}
	assert.Equal(t, "tcp "+l.Addr().String()+", udp 127.0.0.1:9", running.String())
	assert.False(t, running.Restartable())
	instance := start(t, running)
	assert.Equal(t, running.Addrs, instance.Addrs())
	assert.Nil(t, instance.Exited())
	assert.Empty(t, instance.Exit())
	assert.Empty(t, instance.Output())
	instance.Stop()
	_, ok := instance.(target.Gauge)
	assert.False(t, ok)

	require.NoError(t, l.Close())
	assert.ErrorContains(t, unreachable(t, running), "connecting to tcp "+l.Addr().String()+" failed in 1 attempt (tcp ")
	running.Addrs = target.Addrs{UDP: "127.0.0.1"}
	assert.ErrorContains(t, unreachable(t, running), "resolving udp 127.0.0.1 failed in 1 attempt")
	running.Addrs.UDP = "127.0.0.1:0"
	assert.ErrorContains(t, unreachable(t, running), "port 0")
	assert.ErrorContains(t, unreachable(t, target.Running{}), "there is no address to try")
}
