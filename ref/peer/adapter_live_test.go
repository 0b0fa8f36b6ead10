package peer_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/peer"
	"github.com/vstp-project/vstp/ref/wire"
)

// live is a conversation with an adapter that is not known beforehand.
type live struct {
	t        *testing.T
	requests *io.PipeWriter
	stdout   *io.PipeReader
	lines    chan string // without their ends; closed at the end of the output
	ended    chan error  // what RunAdapter has returned
	last     int         // the id given last
	ops      map[int]string
	early    map[int]string // answers that nobody has asked for yet
	shapes   map[string]*jsonschema.Schema
}

// talk begins a conversation. At the end of the test the adapter has to end without
// an error when its input does.
func talk(t *testing.T) *live {
	t.Helper()
	return talkSet(t, 1, 7)
}

// hasty is talk with the timers scaled, for what has to wait until they run out.
func hasty(t *testing.T) *live {
	t.Helper()
	return talkSet(t, 0.05, 7)
}

func talkSet(t *testing.T, scale float64, seed int) *live {
	t.Helper()
	l := beginTalk(t, t.Context(), peer.Options{}, scale, seed)
	t.Cleanup(func() {
		l.requests.Close()
		for range l.lines {
		}
		assert.NoError(t, <-l.ended)
	})
	return l
}

// beginTalk is talk without the end.
func beginTalk(t *testing.T, ctx context.Context, o peer.Options, scale float64, seed int) *live {
	t.Helper()
	in, requests := io.Pipe()
	stdout, out := io.Pipe()
	l := &live{
		t: t, requests: requests, stdout: stdout, lines: make(chan string, 2*maxPending), ended: make(chan error, 1),
		ops: map[int]string{}, early: map[int]string{}, shapes: map[string]*jsonschema.Schema{},
	}
	go func() {
		err := peer.RunAdapter(ctx, o, in, out)
		out.Close()
		in.Close()
		l.ended <- err
	}()
	go func() { // as a suite does, so that its requests are not held up
		defer close(l.lines)
		for r := bufio.NewReader(stdout); ; {
			line, err := r.ReadString('\n')
			if err != nil {
				return
			}
			l.lines <- strings.TrimSuffix(line, "\n")
		}
	}()
	l.write(fmt.Sprintf(`{"op":"start","protocol":1,"time_scale":%v,"seed":%d}`, scale, seed))
	require.Equal(t, true, object(t, l.line())["ok"])
	return l
}

func (l *live) write(line string) {
	l.t.Helper()
	_, err := io.WriteString(l.requests, line+"\n")
	require.NoError(l.t, err)
}

// line returns the next line, whatever it answers.
func (l *live) line() string {
	l.t.Helper()
	line, ok := <-l.lines
	require.True(l.t, ok, "the output has ended")
	return line
}

// begin asks for an operation and does not wait for its answer. Members are those
// beside op and id.
func (l *live) begin(op, members string) (id int) {
	l.t.Helper()
	l.last++
	l.ops[l.last] = op
	if members != "" {
		members = "," + members
	}
	l.write(fmt.Sprintf(`{"op":%q,"id":%d%s}`, op, l.last, members))
	return l.last
}

// answer returns the answer to a request, whenever it comes, without its id.
func (l *live) answer(id int) string {
	l.t.Helper()
	for l.early[id] == "" {
		line := l.line()
		got := object(l.t, line)
		require.Contains(l.t, got, "id", line)
		answered := int(got["id"].(float64))
		op := l.ops[answered]
		require.NotEmpty(l.t, op, "an answer to what was not asked, or a second time: %s", line)
		delete(l.ops, answered)
		if l.shapes[op] == nil {
			l.shapes[op] = shape(l.t, op)
		}
		require.NoError(l.t, l.shapes[op].Validate(got), line)
		l.early[answered] = strings.Replace(line, fmt.Sprintf(`,"id":%d`, answered), "", 1)
	}
	line := l.early[id]
	delete(l.early, id)
	return line
}

// ask is begin and answer.
func (l *live) ask(op, members string) string {
	l.t.Helper()
	return l.answer(l.begin(op, members))
}

// want asks for an operation that has to be answered so.
func (l *live) want(answer, op, members string) {
	l.t.Helper()
	got := l.ask(op, members)
	require.Equal(l.t, answer, got[:min(len(got), 1000)], "%s %.100s", op, members)
}

// refused asks for an operation that has to be refused, with an error and a text that
// contains message.
func (l *live) refused(reason, message, op, members string) {
	l.t.Helper()
	line := l.ask(op, members)
	got := object(l.t, line)
	assert.Equal(l.t, reason, got["error"], "%s %.100s: %s", op, members, line)
	assert.NotContains(l.t, got, "remote", "%s %.100s: %s", op, members, line)
	assert.Contains(l.t, got["message"], message, "%s %.100s", op, members)
}

// connect opens a connection and returns its member "conn".
func (l *live) connect(transport, addr string) string {
	l.t.Helper()
	got := object(l.t, l.ask("connect", fmt.Sprintf(`"transport":%q,"addr":%q`, transport, addr)))
	require.Equal(l.t, true, got["ok"], got["message"])
	return fmt.Sprintf(`"conn":%.0f`, got["conn"])
}

// localAddr is the address of a connection.
func (l *live) localAddr(conn string) string {
	l.t.Helper()
	return object(l.t, l.ask("local_addr", conn))["addr"].(string)
}

// A raw is a socket without any protocol of its own.
type raw struct{ *net.UDPConn }

func newRaw(t *testing.T) raw {
	t.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	require.NoError(t, c.SetDeadline(time.Now().Add(guard)))
	return raw{c}
}

func (r raw) addr() string { return r.LocalAddr().String() }

// next returns the next frame and who has sent it.
func (r raw) next(t *testing.T) (wire.Frame, *net.UDPAddr) {
	t.Helper()
	b := make([]byte, 65_536)
	n, from, err := r.ReadFromUDP(b)
	require.NoError(t, err)
	f, size, err := wire.Parse(b[:n], wire.Limits{Types: extended})
	require.NoError(t, err)
	require.Equal(t, n, size)
	return f, from
}

// send sends a frame. Headers are "key=value".
func (r raw) send(t *testing.T, to string, typ wire.Type, payload string, headers ...string) {
	t.Helper()
	addr, err := net.ResolveUDPAddr("udp4", to)
	require.NoError(t, err)
	send(t, datagrams{r, addr}, typ, payload, headers...)
}

// datagrams sends what is written to one address.
type datagrams struct {
	raw
	to *net.UDPAddr
}

func (d datagrams) Write(b []byte) (int, error) { return d.WriteToUDP(b, d.to) }
