package memnet_test

import (
	"errors"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/vstp-project/vstp/netem"
	"github.com/vstp-project/vstp/netem/memnet"
)

const ms = time.Millisecond

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// plain labels a datagram with its own text: "DATA a", or "DATA a frag 3" which
// belongs to the group "DATA a".
type plain struct{}

func (plain) Name() string { return "plain/1" }

func (plain) Label(_ netem.Direction, _ int, datagram []byte) netem.Label {
	l := netem.Label{Text: string(datagram)}
	if group, part, ok := strings.Cut(l.Text, " frag "); ok {
		l.Group = group
		l.Part, _ = strconv.Atoi(part)
	}
	return l
}

func both(i netem.Impairments) netem.Profile { return netem.Profile{AB: i, BA: i} }

func newLink(t testing.TB, p netem.Profile, o netem.Options) *netem.Link {
	t.Helper()
	if o.Labeler == nil {
		o.Labeler = plain{}
	}
	l, err := netem.New(p, o)
	require.NoError(t, err)
	return l
}

// read reads one datagram or slice as a text.
func read(t testing.TB, c interface {
	ReadFrom(b []byte) (int, net.Addr, error)
},
) (string, net.Addr) {
	t.Helper()
	b := make([]byte, 2048)
	n, from, err := c.ReadFrom(b)
	require.NoError(t, err)
	return string(b[:n]), from
}

func write(t testing.TB, c *memnet.PacketConn, to net.Addr, text string) {
	t.Helper()
	n, err := c.WriteTo([]byte(text), to)
	require.NoError(t, err)
	require.Equal(t, len(text), n)
}

// timedOut says whether an error is a deadline that has passed, as package net has it.
func timedOut(err error) bool {
	var n net.Error
	return errors.As(err, &n) && n.Timeout()
}
