package peer

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/session"
	"github.com/vstp-project/vstp/ref/wire"
)

// message makes a DATA frame. Headers are "key=value".
func message(t *testing.T, payload string, headers ...string) wire.Frame {
	t.Helper()
	b := wire.NewBuilder(wire.TypeData).Payload([]byte(payload)).Flags(wire.FlagReqAck | wire.FlagCRC)
	for _, h := range headers {
		key, value, _ := strings.Cut(h, "=")
		b.Text(key, value)
	}
	f, err := b.Build()
	require.NoError(t, err)
	return f
}

// headersOf writes the headers of a frame as "key=value".
func headersOf(f wire.Frame) []string {
	var out []string
	for k, v := range f.Headers.All() {
		out = append(out, string(k)+"="+string(v))
	}
	return out
}

// ask returns the answers to m and how long they took, in virtual time.
func ask(t *testing.T, m wire.Frame, limit int) (answers []wire.Frame, took time.Duration, err error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		err = echo(t.Context(), m, limit, func(f wire.Frame) error {
			answers = append(answers, f)
			return nil
		})
		took = time.Since(start)
	})
	return answers, took, err
}

func TestEchoKeepsPayloadAndApplicationHeaders(t *testing.T) {
	answers, took, err := ask(t, message(t, "x\x00\xff", "b=2", "msg-id=5", "a=1", "frag-id=1", "frag-index=0", "", "frag-total=2", "b=3", "session-id=4", "err-code=4", "Msg-Id=6"), 1200)
	require.NoError(t, err)
	require.Len(t, answers, 1)
	f := answers[0]
	assert.Equal(t, wire.TypeData, f.Type)
	assert.Zero(t, f.Flags)
	assert.Equal(t, "x\x00\xff", string(f.Payload))
	assert.Equal(t, []string{"b=2", "a=1", "=", "b=3", "Msg-Id=6"}, headersOf(f))
	assert.Zero(t, took)
}

func TestEchoDelay(t *testing.T) {
	for value, want := range map[string]time.Duration{
		"0":                    0,
		"1":                    time.Millisecond,
		"1500":                 1500 * time.Millisecond,
		"600000":               10 * time.Minute,
		"600001":               10 * time.Minute,
		"18446744073709551615": 10 * time.Minute,
		"18446744073709551616": 0,
		"":                     0,
		"01":                   0,
		"-1":                   0,
		"1.5":                  0,
		"1s":                   0,
	} {
		answers, took, err := ask(t, message(t, "x", "x-delay-ms="+value), 1200)
		require.NoError(t, err, value)
		require.Len(t, answers, 1, value)
		assert.Equal(t, want, took, value)
		assert.Equal(t, []string{"x-delay-ms=" + value}, headersOf(answers[0]), "it is echoed as well")
	}
}

func TestEchoOfTwoDelaysTakesTheFirst(t *testing.T) {
	_, took, err := ask(t, message(t, "x", "x-delay-ms=10", "x-delay-ms=20"), 1200)
	require.NoError(t, err)
	assert.Equal(t, 10*time.Millisecond, took)
}

func TestEchoReplySize(t *testing.T) {
	for value, want := range map[string]string{
		"0":   "",
		"3":   "xxx",
		"03":  "own",
		"":    "own",
		"0x3": "own",
	} {
		answers, _, err := ask(t, message(t, "own", "x-reply-size="+value), 1200)
		require.NoError(t, err, value)
		require.Len(t, answers, 1, value)
		assert.Equal(t, want, string(answers[0].Payload), value)
		assert.Equal(t, []string{"x-reply-size=" + value}, headersOf(answers[0]), "it is echoed as well")
	}
}

// An answer beyond the limit is not made, whatever size is asked for.
func TestEchoReplySizeBeyondTheLimit(t *testing.T) {
	for _, value := range []string{"1201", "18446744073709551615"} {
		answers, took, err := ask(t, message(t, "x", "x-reply-size="+value, "x-delay-ms=5"), 1200)
		assert.ErrorIs(t, err, wire.FrameTooLarge, value)
		assert.Empty(t, answers)
		assert.Equal(t, 5*time.Millisecond, took, "answers behind it wait all the same")
	}
}

func TestEchoReportsWhatIsRefused(t *testing.T) {
	refusal := &session.LocalError{Reason: wire.FrameTooLarge, Detail: "too large"}
	err := echo(t.Context(), message(t, "x"), 1200, func(wire.Frame) error { return refusal })
	assert.Equal(t, refusal, err)
}

func TestEchoEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, m := range []wire.Frame{message(t, "x", "x-delay-ms=600000"), message(t, "x")} {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			start := time.Now()
			err := echo(ctx, m, 1200, func(wire.Frame) error {
				t.Error("answered")
				return nil
			})
			assert.ErrorIs(t, err, context.Canceled)
			assert.Zero(t, time.Since(start))
		}
	})
}
