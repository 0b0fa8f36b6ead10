package extension_test

import (
	"bytes"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/extension"
	"github.com/vstp-project/vstp/ref/wire"
)

// logger returns a log of level and without times, and what is written to it.
func logger(level slog.Level) (*slog.Logger, *bytes.Buffer) {
	var out bytes.Buffer
	return slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{
		Level: level,
		ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
			if len(groups) == 0 && a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	})), &out
}

func TestLoggingMentionsAndPasses(t *testing.T) {
	log, out := logger(slog.LevelInfo)
	var p extension.Pipeline
	register(t, &p, "logging", extension.Logging{Log: log, Message: "received"})
	f, err := wire.NewBuilder(wire.TypeData).Text("secret", "of the user").Flags(wire.FlagReqAck).Payload([]byte("forged\nline")).Build()
	require.NoError(t, err)
	for _, f := range []wire.Frame{f, {Type: wire.TypePing}, {Type: 0x10}} {
		got, err := p.Process(t.Context(), f)
		require.NoError(t, err)
		assert.Equal(t, f, got)
	}
	assert.Equal(t, "level=INFO msg=received type=DATA flags=REQ_ACK headers=1 payload=11 octets=45\n"+
		"level=INFO msg=received type=PING flags=0 headers=0 payload=0 octets=15\n"+
		"level=INFO msg=received type=TYPE(0x10) flags=0 headers=0 payload=0 octets=15\n", out.String())
}

func TestLoggingLevel(t *testing.T) {
	log, out := logger(slog.LevelInfo)
	quiet := extension.Logging{Log: log, Level: slog.LevelDebug}
	assert.False(t, quiet.ShouldHandle(wire.Frame{Type: wire.TypeData}))
	var p extension.Pipeline
	register(t, &p, "quiet", quiet)
	register(t, &p, "loud", extension.Logging{Log: log, Level: slog.LevelWarn})
	process(t, &p, "x")
	assert.Equal(t, "level=WARN msg=frame type=DATA flags=0 headers=0 payload=1 octets=16\n", out.String())
}

func TestLoggingDefault(t *testing.T) {
	before := slog.Default()
	t.Cleanup(func() { slog.SetDefault(before) })
	log, out := logger(slog.LevelInfo)
	slog.SetDefault(log)
	var p extension.Pipeline
	register(t, &p, "logging", extension.Logging{})
	process(t, &p, "")
	assert.Contains(t, out.String(), "msg=frame type=DATA")
}
