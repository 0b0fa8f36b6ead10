package peer_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/tcp"
	"github.com/vstp-project/vstp/ref/wire"
)

func TestMaxConns(t *testing.T) {
	o := both()
	o.MaxConns = 1
	r := run(t, t.Context(), o)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	message := wire.Frame{Type: wire.TypeData}
	first, err := tcp.Dial(ctx, r.tcp, tcp.Config{})
	require.NoError(t, err)
	defer first.Close()
	require.NoError(t, first.SendReliable(ctx, message))
	second, err := tcp.Dial(ctx, r.tcp, tcp.Config{})
	require.NoError(t, err)
	defer second.Close()
	assert.Error(t, second.SendReliable(ctx, message), "there is room for one connection")
	assert.NoError(t, ctx.Err())
}
