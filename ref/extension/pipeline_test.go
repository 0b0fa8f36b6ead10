package extension_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/extension"
	"github.com/vstp-project/vstp/ref/wire"
)

// appending is a handler for DATA that adds its text to the payload, and remembers
// what it was given.
type appending struct {
	text string
	seen *[]string
}

func (a appending) ShouldHandle(f wire.Frame) bool { return f.Type == wire.TypeData }

func (a appending) Handle(_ context.Context, f wire.Frame) (wire.Frame, error) {
	if a.seen != nil {
		*a.seen = append(*a.seen, string(f.Payload))
	}
	f.Payload = append(f.Payload[:len(f.Payload):len(f.Payload)], a.text...)
	return f, nil
}

func register(t testing.TB, p *extension.Pipeline, name string, h extension.Handler) {
	t.Helper()
	require.NoError(t, p.Register(name, h))
}

// process takes a DATA frame with the given payload through p and returns the payload
// of what comes out.
func process(t testing.TB, p *extension.Pipeline, payload string) string {
	t.Helper()
	f, err := p.Process(t.Context(), wire.Frame{Type: wire.TypeData, Payload: []byte(payload)})
	require.NoError(t, err)
	return string(f.Payload)
}

// "Extensions MUST run in the order of their registration, each on the output of the
// one before." [EXT-2]
func TestProcessInOrderOfRegistration(t *testing.T) {
	var p extension.Pipeline
	var seen []string
	var want string
	var names []string
	for i := range 20 { // a hash map would have to be lucky
		name := fmt.Sprintf("%c", 't'-i)
		register(t, &p, name, appending{name, &seen})
		want += name
		names = append(names, name)
	}
	assert.Equal(t, want, process(t, &p, ""))
	assert.Equal(t, names, p.Names())
	for i, s := range seen {
		assert.Equal(t, want[:i], s)
	}
}

// "A frame MUST pass unchanged an extension that reports that it does not apply."
// [EXT-3]
func TestProcessPassesWhatDoesNotApply(t *testing.T) {
	var p extension.Pipeline
	register(t, &p, "data", appending{"!", nil})
	headers, err := wire.Headers{}.AppendText("k", "v")
	require.NoError(t, err)
	f := wire.Frame{Type: wire.TypePing, Flags: wire.FlagReqAck, Headers: headers, Payload: []byte("x")}
	got, err := p.Process(t.Context(), f)
	require.NoError(t, err)
	assert.Equal(t, f, got)
	assert.Same(t, &f.Payload[0], &got.Payload[0])
}

// Whether an extension applies is asked about the frame as the one before left it.
func TestShouldHandleSeesTheOutputBefore(t *testing.T) {
	var p extension.Pipeline
	register(t, &p, "translate", extension.ForType(0x10, func(_ context.Context, f wire.Frame) (wire.Frame, error) {
		f.Type = wire.TypeData
		return f, nil
	}))
	register(t, &p, "mark", appending{"!", nil})
	f, err := p.Process(t.Context(), wire.Frame{Type: 0x10, Payload: []byte("hi")})
	require.NoError(t, err)
	assert.Equal(t, wire.Frame{Type: wire.TypeData, Payload: []byte("hi!")}, f)
}

// "An error from an extension MUST lead to the frame being dropped, while the
// connection and the receive loop carry on." [EXT-4]
func TestProcessDropsOnlyTheFrameThatFails(t *testing.T) {
	var p extension.Pipeline
	var seen []string
	broken := errors.New("no room")
	register(t, &p, "picky", extension.ForType(wire.TypeData, func(_ context.Context, f wire.Frame) (wire.Frame, error) {
		if string(f.Payload) == "bad" {
			return f, broken
		}
		return f, nil
	}))
	register(t, &p, "after", appending{"!", &seen})

	assert.Equal(t, "good!", process(t, &p, "good"))
	f, err := p.Process(t.Context(), wire.Frame{Type: wire.TypeData, Payload: []byte("bad")})
	require.Zero(t, f)
	require.ErrorIs(t, err, broken)
	dropped, ok := errors.AsType[*extension.DropError](err)
	require.True(t, ok)
	assert.Equal(t, extension.DropError{Extension: "picky", Type: wire.TypeData, Err: broken}, *dropped)
	assert.Equal(t, `extension "picky" has dropped a frame of type DATA: no room`, err.Error())
	assert.Equal(t, "good again!", process(t, &p, "good again"))
	assert.Equal(t, []string{"good", "good again"}, seen, "what comes after does not see a dropped frame")
}

// "A registered extension MUST be retrievable and removable by its name." [EXT-5]
func TestLookupAndUnregister(t *testing.T) {
	var p extension.Pipeline
	a, b, c := appending{"a", nil}, appending{"b", nil}, appending{"c", nil}
	for _, h := range []appending{a, b, c} {
		register(t, &p, h.text, h)
	}
	for _, h := range []appending{a, b, c} {
		got, ok := p.Lookup(h.text)
		require.True(t, ok)
		assert.Equal(t, h, got)
	}
	got, ok := p.Unregister("b")
	require.True(t, ok)
	assert.Equal(t, b, got)
	assert.Equal(t, "ac", process(t, &p, ""))
	for _, remove := range []func(string) (extension.Handler, bool){p.Lookup, p.Unregister} {
		got, ok = remove("b")
		assert.False(t, ok)
		assert.Nil(t, got)
	}
	register(t, &p, "b", b) // comes back at the end
	assert.Equal(t, "acb", process(t, &p, ""))
}

func TestRegisterRefuses(t *testing.T) {
	var p extension.Pipeline
	register(t, &p, "a", appending{"first", nil})
	require.ErrorContains(t, p.Register("a", appending{"second", nil}), `"a" is registered already`)
	require.ErrorContains(t, p.Register("", appending{}), "no name")
	require.ErrorContains(t, p.Register("b", nil), "no handler")
	assert.Equal(t, []string{"a"}, p.Names())
	assert.Equal(t, "first", process(t, &p, ""))
}

func TestEmptyPipelines(t *testing.T) {
	f := wire.Frame{Type: wire.TypeData, Payload: []byte("x")}
	for name, p := range map[string]*extension.Pipeline{"nil": nil, "zero": new(extension.Pipeline)} {
		got, err := p.Process(t.Context(), f)
		require.NoError(t, err, name)
		assert.Equal(t, f, got, name)
		assert.Zero(t, testing.AllocsPerRun(100, func() { p.Process(t.Context(), f) }), name)
	}
}

func TestReceiveAndSendAreSeparate(t *testing.T) {
	var s extension.Set
	register(t, &s.Receive, "x", appending{" in", nil})
	register(t, &s.Send, "x", appending{" out", nil})
	assert.Equal(t, "m in", process(t, &s.Receive, "m"))
	assert.Equal(t, "m out", process(t, &s.Send, "m"))
	s.Receive.Unregister("x")
	assert.Equal(t, "m", process(t, &s.Receive, "m"))
	assert.Equal(t, "m out", process(t, &s.Send, "m"))
}

func TestHandlersGetTheContext(t *testing.T) {
	type key struct{}
	var p extension.Pipeline
	register(t, &p, "ctx", extension.ForType(wire.TypeData, func(ctx context.Context, f wire.Frame) (wire.Frame, error) {
		f.Payload = []byte(ctx.Value(key{}).(string))
		return f, ctx.Err()
	}))
	ctx, cancel := context.WithCancel(context.WithValue(t.Context(), key{}, "value"))
	f, err := p.Process(ctx, wire.Frame{Type: wire.TypeData})
	require.NoError(t, err)
	assert.Equal(t, "value", string(f.Payload))
	cancel()
	_, err = p.Process(ctx, wire.Frame{Type: wire.TypeData})
	require.ErrorIs(t, err, context.Canceled)
}

// The registry may change while frames pass: each frame sees one chain from beginning
// to end.
func TestConcurrentUse(t *testing.T) {
	var p extension.Pipeline
	register(t, &p, "first", appending{"<", nil})
	register(t, &p, "last", appending{">", nil})
	var others, frames sync.WaitGroup
	stop := make(chan struct{})
	for i := range 3 {
		others.Go(func() {
			name := fmt.Sprint(i)
			for {
				select {
				case <-stop:
					return
				default:
				}
				assert.NoError(t, p.Register(name, appending{name, nil}))
				_, ok := p.Lookup(name)
				assert.True(t, ok)
				_, ok = p.Unregister(name)
				assert.True(t, ok)
			}
		})
	}
	for range 4 {
		frames.Go(func() {
			for range 2000 {
				f, err := p.Process(t.Context(), wire.Frame{Type: wire.TypeData})
				assert.NoError(t, err)
				assert.Regexp(t, "^<>[012]{0,3}$", string(f.Payload))
			}
		})
	}
	frames.Wait()
	close(stop)
	others.Wait()
	assert.Equal(t, []string{"first", "last"}, p.Names())
}
