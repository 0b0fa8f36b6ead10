//go:build unix

package target_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance/target"
)

// adapter is a target that plays the role of an adapter.
func adapter(t *testing.T, role string, args ...string) target.AdapterCommand {
	exe, err := os.Executable()
	require.NoError(t, err)
	return target.AdapterCommand{
		Path: exe,
		Args: args,
		// The race detector's pause at exit is of no use to these processes.
		Env:  []string{adapterEnv + "=" + role, "GORACE=atexit_sleep_ms=0"},
		Wait: patience,
	}
}

func startAdapter(t *testing.T, tgt target.AdapterCommand) (target.Instance, *target.Adapter) {
	instance := start(t, tgt)
	driven, ok := instance.(target.Driven)
	require.True(t, ok)
	return instance, driven.Adapter()
}

// consumed asks for a decode and returns what was consumed.
func consumed(ctx context.Context, a *target.Adapter) (int64, error) {
	answer, err := a.Call(ctx, "decode", map[string]any{"hex": []byte("VT")})
	if err != nil {
		return 0, err
	}
	return answer.Int("consumed")
}

// proceed makes the requests before the one at which an adapter misbehaves.
func proceed(t *testing.T, a *target.Adapter) {
	for n := int64(2); n < faultyAt; n++ {
		got, err := consumed(t.Context(), a)
		require.NoError(t, err)
		require.Equal(t, n, got)
	}
}

func TestAdapterCommandStarts(t *testing.T) {
	tgt := adapter(t, "good", "an argument")
	tgt.Env = append(tgt.Env, "VSTP_TARGET_TEST_EXTRA=given")
	tgt.TimeScale, tgt.Seed = 0.1, 1<<60+7
	assert.True(t, tgt.Restartable())
	instance, a := startAdapter(t, tgt)
	assert.Equal(t, target.Hello{Name: "test adapter", Version: "1.4.0", Roles: []string{"codec"}, Capabilities: []string{"varint"}}, a.Hello())
	assert.True(t, instance.Addrs().Empty())
	assert.Empty(t, instance.Exit())
	_, ok := instance.(target.Gauge)
	assert.True(t, ok)
	_, err := consumed(t.Context(), a)
	require.NoError(t, err)

	instance.Stop()
	assert.NotEmpty(t, instance.Exit())
	assert.Equal(t, "protocol 1, time scale 0.1, seed 7, args [\"an argument\"], extra \"given\"\nasked to start\n", string(instance.Output()))
	_, err = consumed(t.Context(), a)
	assert.Equal(t, &target.AdapterError{Kind: target.Closed, Detail: "it was stopped"}, err)
	instance.Stop()
}

func TestAdapterCommandLine(t *testing.T) {
	exe, err := os.Executable()
	require.NoError(t, err)
	tgt := target.AdapterCommand{Command: fmt.Sprintf("'%s' 'two words'", exe), Env: []string{adapterEnv + "=good"}, Wait: patience}
	require.NoError(t, tgt.Check())
	assert.Equal(t, fmt.Sprintf("command %q", tgt.Command), tgt.String())
	instance, _ := startAdapter(t, tgt)
	instance.Stop()
	assert.Contains(t, string(instance.Output()), `time scale 1, seed 0, args ["two words"]`)

	assert.Equal(t, "bin/adapter", target.AdapterCommand{Path: "bin/adapter"}.String())
	assert.Equal(t, "the adapter", target.AdapterCommand{Name: "the adapter", Path: "bin/adapter"}.String())
}

func TestAdapterCommandThatCannotBeUsed(t *testing.T) {
	for command, problem := range map[string]string{
		"":                      "it names no program",
		"adapter 'x":            "is never closed",
		"adapter --tcp {tcp}":   "the placeholder {tcp} has no meaning here",
		"adapter {time-scale}":  "is told the time scale by start",
		"adapter | tee log.txt": "would need a shell",
	} {
		tgt := target.AdapterCommand{Command: command}
		var refused *target.CommandError
		require.ErrorAs(t, tgt.Check(), &refused)
		assert.ErrorContains(t, refused, problem)
		err := unreachable(t, tgt)
		assert.Equal(t, "the command was not started", err.Tried)
		assert.ErrorAs(t, err, &refused)
	}
}

func TestAdapterCallsFromManyGoroutines(t *testing.T) {
	for _, role := range []string{"good", "loud"} {
		_, a := startAdapter(t, adapter(t, role))
		var (
			callers sync.WaitGroup
			mu      sync.Mutex
			seen    = map[int64]bool{}
		)
		for range 32 {
			callers.Go(func() {
				for range 20 {
					answer, err := a.Call(t.Context(), "decode", map[string]any{"hex": ""})
					if !assert.NoError(t, err) {
						return
					}
					n, err := answer.Int("consumed")
					assert.NoError(t, err)
					assert.Equal(t, answer.Request, n, "everyone gets the answer to what was asked")
					mu.Lock()
					seen[n] = true
					mu.Unlock()
				}
			})
		}
		callers.Wait()
		assert.Len(t, seen, 640)
	}
}

func TestAdapterThatNeverBegins(t *testing.T) {
	t.Parallel()
	addr, gone := visitors(t, 1)
	// Long enough for a process to come up on a busy host and close a pipe.
	const short = 3 * time.Second
	for _, c := range []struct {
		role, arg string
		wait      time.Duration
		want      string
	}{
		{"flood-stderr", "", short, "within 3s it did not answer start (an answer that is not flushed looks like this)"},
		{"closes-stdin", "", short, "it closed its standard input, and within 3s it did not answer start"},
		{"closes-stdout", "", patience, "before it answered start, it closed its standard output without ending"},
		{"exit", "", patience, "before it answered start, it ended with exit status 3"},
		{"leave", "", patience, "before it answered start, it ended with exit status 0"},
		{"daemon", addr, patience, "before it answered start, it ended with exit status 0"},
		{"banner", "", patience, `before it answered start, it wrote a line that is not a JSON object: "Welcome to the adapter!"`},
		{"flood-stdout", "", patience, `before it answered start, it wrote a line longer than 33554432 octets: "ooo`},
		{"foreign", "", patience, "it does not speak version 1 of the adapter protocol: it answered start with Unsupported"},
	} {
		t.Run(c.role, func(t *testing.T) {
			t.Parallel()
			tgt := adapter(t, c.role, c.arg)
			tgt.Wait = c.wait
			err := unreachable(t, tgt)
			assert.Equal(t, "it was started once", err.Tried)
			assert.ErrorContains(t, err, c.want)
			switch c.role {
			case "exit":
				assert.Equal(t, "last words\n", string(err.Output))
			case "flood-stderr":
				assert.Len(t, err.Output, 64<<10)
			case "daemon":
				<-gone
			}
		})
	}
}

func TestAdapterThatCannotBeStarted(t *testing.T) {
	err := unreachable(t, target.AdapterCommand{Command: "vstp-no-such-program --adapter"})
	assert.Equal(t, "it could not be started", err.Tried)
	assert.ErrorContains(t, err, `exec: "vstp-no-such-program": executable file not found`)
	assert.ErrorContains(t, unreachable(t, target.AdapterCommand{Path: "/vstp/no/such/program"}), "no such file")
}

// upon calls then once an adapter has visited the address that it returns.
func upon(t *testing.T, then func()) (addr string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan struct{})
	t.Cleanup(func() {
		l.Close()
		<-done
	})
	go func() {
		defer close(done)
		if c, err := l.Accept(); err == nil {
			then()
			c.Close()
		}
	}()
	return l.Addr().String()
}

func TestAdapterStartIsInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err := adapter(t, "visit", upon(t, cancel)).Start(ctx)
	require.ErrorAs(t, err, new(*target.UnreachableError))
	assert.ErrorIs(t, err, context.Canceled)
}

// Whatever an adapter does at its fourth request, those before it have their
// answers, the ones that wait are told what happened, and a new start is as good
// as the first.
func TestAdapterThatMisbehaves(t *testing.T) {
	t.Parallel()
	addr, gone := visitors(t, 2)
	for _, c := range []struct {
		role string
		kind target.AdapterErrorKind
		want string
	}{
		{"crash", target.Crashed, "it ended with exit status 7"},
		{"end", target.Crashed, "it ended with exit status 0"},
		{"abort", target.Crashed, "it ended with signal: killed"},
		{"half", target.Crashed, `it ended with exit status 1 in the middle of the line "{\"ok\":tr"`},
		{"orphan", target.Crashed, "it ended with exit status 5"},
		{"rubbish", target.Rubbish, `it wrote a line that is not a JSON object: "goroutine 1 [running]:"`},
		{"huge", target.Rubbish, `it wrote a line longer than 33554432 octets: "xxx`},
		{"swap", target.OutOfTurn, `it answered request 5 (decode) when request 4 (decode) was due: "{\"ok\":true,\"id\":5,\"consumed\":0}"`},
	} {
		t.Run(c.role, func(t *testing.T) {
			t.Parallel()
			tgt := adapter(t, c.role, addr)
			for range 2 {
				instance, a := startAdapter(t, tgt)
				proceed(t, a)
				errs := make(chan error, 5)
				for range cap(errs) {
					go func() {
						_, err := consumed(t.Context(), a)
						errs <- err
					}()
				}
				for range cap(errs) {
					var fault *target.AdapterError
					require.ErrorAs(t, <-errs, &fault)
					assert.Equal(t, c.kind, fault.Kind)
					assert.Contains(t, fault.Detail, c.want)
					assert.EqualValues(t, map[bool]int{false: faultyAt, true: faultyAt + 1}[c.role == "swap"], fault.Request)
				}
				_, err := consumed(t.Context(), a)
				assert.ErrorContains(t, err, c.want)
				if c.role == "crash" {
					<-instance.Exited()
					assert.Contains(t, string(instance.Output()), "last words\n")
				}
				instance.Stop()
			}
			if c.role == "orphan" {
				<-gone
			}
		})
	}
}

func TestAdapterThatAnswersTwice(t *testing.T) {
	_, a := startAdapter(t, adapter(t, "twice"))
	proceed(t, a)
	got, err := consumed(t.Context(), a)
	require.NoError(t, err)
	assert.EqualValues(t, faultyAt, got)
	_, err = consumed(t.Context(), a)
	assert.Equal(t, &target.AdapterError{
		Kind:    target.OutOfTurn,
		Detail:  `it answered request 4 a second time: "{\"ok\":true,\"id\":4,\"consumed\":0}"`,
		Request: faultyAt,
	}, err)
}

// An expiring context ends as by a deadline, when the test says so.
type expiring struct {
	context.Context
	over chan struct{}
}

func (e expiring) Done() <-chan struct{} { return e.over }

func (e expiring) Err() error {
	select {
	case <-e.over:
		return context.DeadlineExceeded
	default:
		return nil
	}
}

func TestAdapterThatHangsIsStopped(t *testing.T) {
	ctx := expiring{t.Context(), make(chan struct{})}
	instance, a := startAdapter(t, adapter(t, "hang", upon(t, func() { close(ctx.over) })))
	proceed(t, a)
	_, err := consumed(ctx, a)
	assert.Equal(t, &target.AdapterError{Kind: target.Hung, Detail: "it did not answer request 4 (decode) in time", Request: faultyAt}, err)

	// One that hangs does not read either. What cannot be written waits, and ends
	// with the adapter.
	ended := make(chan error, 1)
	go func() {
		_, err := a.Call(t.Context(), "decode", map[string]any{"hex": make([]byte, 1<<20)})
		ended <- err
	}()
	instance.Stop()
	var fault *target.AdapterError
	require.ErrorAs(t, <-ended, &fault)
	assert.Equal(t, target.Closed, fault.Kind)
}
