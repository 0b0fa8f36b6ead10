package target

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fakeProcess ends when the test says so.
type fakeProcess struct {
	exited chan struct{}
	exit   string
}

func (p *fakeProcess) Exited() <-chan struct{} { return p.exited }
func (p *fakeProcess) Exit() string            { return p.exit }

// A conversation is an adapter whose other end the test plays, in virtual time.
type conversation struct {
	*Adapter
	t        *testing.T
	process  *fakeProcess
	requests *bufio.Reader
	in       *io.PipeReader // closing it is the adapter closing its standard input
	out      *io.PipeWriter // likewise its standard output
}

// converse runs a test in a bubble of its own.
func converse(t *testing.T, test func(t *testing.T, c *conversation)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		in, stdin := io.Pipe()
		stdout, out := io.Pipe()
		c := &conversation{t: t, process: &fakeProcess{exited: make(chan struct{})}, requests: bufio.NewReader(in), in: in, out: out}
		c.Adapter = newAdapter(stdin, c.process)
		go c.read(stdout)
		test(t, c)
		c.fail(Closed, "the test is over")
		stdin.Close()
		out.Close()
		stdout.Close()
	})
}

// ends plays the end of the process.
func (c *conversation) ends(exit string) {
	c.in.Close()
	c.out.Close()
	c.process.exit = exit
	close(c.process.exited)
}

// request reads the next request.
func (c *conversation) request() string {
	c.t.Helper()
	line, err := c.requests.ReadString('\n')
	require.NoError(c.t, err)
	return strings.TrimSuffix(line, "\n")
}

// say writes lines.
func (c *conversation) say(lines ...string) {
	c.t.Helper()
	for _, line := range lines {
		_, err := io.WriteString(c.out, line+"\n")
		require.NoError(c.t, err)
	}
}

// A promise is a call under way.
type promise struct {
	answer Answer
	err    error
	ended  chan struct{}
}

// ask makes a call and returns when it waits.
func (c *conversation) ask(ctx context.Context, op string, args map[string]any) *promise {
	p := &promise{ended: make(chan struct{})}
	go func() {
		p.answer, p.err = c.Call(ctx, op, args)
		close(p.ended)
	}()
	synctest.Wait()
	return p
}

// asks makes calls one after the other without waiting for answers, and reads them
// as the adapter does.
func (c *conversation) asks(ctx context.Context, ops ...string) []*promise {
	c.t.Helper()
	var all []*promise
	for i, op := range ops {
		all = append(all, c.ask(ctx, op, nil))
		assert.Equal(c.t, fmt.Sprintf(`{"op":%q,"id":%d}`, op, i+1), c.request())
	}
	return all
}

// get waits for the answer.
func (p *promise) get(t *testing.T) Answer {
	t.Helper()
	<-p.ended
	require.NoError(t, p.err)
	return p.answer
}

// fault waits for the error.
func (p *promise) fault(t *testing.T) *AdapterError {
	t.Helper()
	<-p.ended
	var fault *AdapterError
	require.ErrorAs(t, p.err, &fault)
	return fault
}

// assertOver asserts that the adapter is no longer to be talked to.
func (c *conversation) assertOver(want *AdapterError) {
	c.t.Helper()
	_, err := c.Call(c.t.Context(), "decode", nil)
	assert.Equal(c.t, want, err)
}

func TestAdapterRequestsAreNumberedAndWritten(t *testing.T) {
	converse(t, func(t *testing.T, c *conversation) {
		first := c.ask(t.Context(), "decode", map[string]any{"hex": []byte{0x56, 0xff}, "limit": 30})
		assert.Equal(t, `{"op":"decode","id":1,"hex":"56ff","limit":30}`, c.request())
		second := c.ask(t.Context(), "encode", map[string]any{"frame": Frame{Version: 1, Type: 7, Headers: [][2][]byte{{[]byte("k"), nil}}, Payload: []byte("<")}})
		assert.Equal(t, `{"op":"encode","id":2,"frame":{"version":1,"type":7,"flags":0,"headers":[["6b",""]],"payload":"3c"}}`, c.request())
		third := c.ask(t.Context(), "send", map[string]any{"value": "<&>"})
		assert.Equal(t, `{"op":"send","id":3,"value":"<&>"}`, c.request())

		c.say("", `{"id":1,"ok":false,"error":"Incomplete","needed":11,"message":"more, please"}`, "\r", `{"ok":true,"id":2,"hex":"00"}`)
		answer := first.get(t)
		assert.False(t, answer.OK)
		assert.Equal(t, "Incomplete", answer.Error)
		assert.Equal(t, "more, please", answer.Message)
		assert.Equal(t, int64(1), answer.Request)
		assert.Equal(t, `{"id":1,"ok":false,"error":"Incomplete","needed":11,"message":"more, please"}`, string(answer.Line()))
		answer = second.get(t)
		assert.True(t, answer.OK)
		assert.Empty(t, answer.Error)
		assert.Equal(t, int64(2), answer.Request)
		c.say(`{"ok":true,"id":3.0}`)
		assert.True(t, third.get(t).OK)
	})
}

// What is written keeps the schema.
func TestAdapterRequestsKeepTheSchema(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile("../../spec/adapter.schema.json#/$defs/request")
	require.NoError(t, err)
	converse(t, func(t *testing.T, c *conversation) {
		for op, args := range map[string]map[string]any{
			"start":         {"protocol": 1, "time_scale": 0.1, "seed": uint64(maxWhole)},
			"stop":          nil,
			"decode":        {"hex": []byte{}, "limit": 0},
			"encode":        {"frame": Frame{}},
			"varint_encode": {"value": "18446744073709551615"},
			"connect":       {"transport": "udp", "addr": "127.0.0.1:1"},
			"send":          {"conn": 1, "frame": Frame{Payload: []byte("x")}, "compress": true},
		} {
			p := c.ask(t.Context(), op, args)
			value, err := jsonschema.UnmarshalJSON(strings.NewReader(c.request()))
			require.NoError(t, err)
			assert.NoError(t, schema.Validate(value), op)
			c.say(fmt.Sprintf(`{"ok":true,"id":%d}`, c.last))
			p.get(t)
		}
	})
}

func TestAdapterRefusesRequestsThatCannotBeExpressed(t *testing.T) {
	converse(t, func(t *testing.T, c *conversation) {
		for message, args := range map[string]map[string]any{
			`the member "id" is not the caller's to set`: {"id": 7},
			`the member "op" is not the caller's to set`: {"op": "stop"},
			"unsupported type":                           {"hex": make(chan int)},
		} {
			_, err := c.Call(t.Context(), "decode", args)
			require.ErrorContains(t, err, message)
			assert.NotErrorAs(t, err, new(*AdapterError))
		}
		_, err := c.send("decode", make([]byte, maxLine-len(`{"op":"decode","id":1}`+"\n")+1))
		require.EqualError(t, err, "request decode: its line would have 33554433 octets, more than the 33554432 of the adapter protocol")

		ctx, cancel := context.WithDeadline(t.Context(), time.Now())
		defer cancel()
		_, err = c.Call(ctx, "decode", nil)
		assert.Equal(t, context.DeadlineExceeded, err, "nothing was asked, so nothing hangs")
		p := c.ask(t.Context(), "decode", nil)
		assert.Equal(t, `{"op":"decode","id":1}`, c.request(), "none of them has used up a number")
		c.say(`{"ok":true,"id":1}`)
		p.get(t)
	})
}

func TestAdapterWritesWithoutWaitingForAnswers(t *testing.T) {
	converse(t, func(t *testing.T, c *conversation) {
		// The pipe has no room: all requests queue up behind the first, and no caller
		// waits for anything but its answer.
		var all []*promise
		for range 100 {
			all = append(all, c.ask(t.Context(), "decode", nil))
		}
		for i := range all {
			assert.Equal(t, fmt.Sprintf(`{"op":"decode","id":%d}`, i+1), c.request())
		}
		for i, p := range all {
			c.say(fmt.Sprintf(`{"ok":true,"id":%d,"needed":%d}`, i+1, i))
			needed, err := p.get(t).Int("needed")
			require.NoError(t, err)
			assert.EqualValues(t, i, needed)
		}
	})
}

func TestAdapterClientOperationsAreAnsweredInAnyOrder(t *testing.T) {
	converse(t, func(t *testing.T, c *conversation) {
		all := c.asks(t.Context(), "recv", "decode", "send", "local_addr", "decode", "send_ack", "close", "connect")
		for _, i := range []int{8, 7, 2, 6, 4, 3, 5, 1} {
			c.say(fmt.Sprintf(`{"id":%d,"ok":true}`, i))
			assert.Equal(t, int64(i), all[i-1].get(t).Request)
		}
	})
}

func TestAdapterThatHangs(t *testing.T) {
	converse(t, func(t *testing.T, c *conversation) {
		soon, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		later, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		first := c.ask(soon, "decode", nil)
		second := c.ask(later, "encode", nil)
		third := c.ask(soon, "recv", nil)
		assert.Equal(t, &AdapterError{Kind: Hung, Detail: "it did not answer request 1 (decode) in time", Request: 1}, first.fault(t))
		assert.Equal(t, &AdapterError{Kind: Hung, Detail: "it did not answer request 3 (recv) in time", Request: 3}, third.fault(t))
		assert.Equal(t, &AdapterError{Kind: Hung, Detail: "it did not answer request 2 (encode) in time, nor request 1 (decode) before it", Request: 1}, second.fault(t))
		assert.Equal(t, int64(2), second.answer.Request)

		// It is merely late: what it answers now is dropped, and it goes on.
		fourth := c.ask(t.Context(), "decode", nil)
		c.say(`{"ok":true,"id":1}`, `{"ok":true,"id":2}`, `{"ok":true,"id":3}`, `{"ok":true,"id":4}`)
		assert.True(t, fourth.get(t).OK)
	})
}

func TestAdapterIsNotBlamedForAnInterruption(t *testing.T) {
	converse(t, func(t *testing.T, c *conversation) {
		interrupt := errors.New("interrupted")
		ctx, cancel := context.WithCancelCause(t.Context())
		p := c.ask(ctx, "decode", nil)
		cancel(interrupt)
		<-p.ended
		assert.Equal(t, interrupt, p.err)
	})
}

func TestAdapterThatWritesRubbish(t *testing.T) {
	for line, detail := range map[string]string{
		"panic: oops":                           `it wrote a line that is not a JSON object: "panic: oops"`,
		"[]":                                    `it wrote a line that is not a JSON object: "[]"`,
		"null":                                  `it wrote a line that is not a JSON object: "null"`,
		`{"ok":true`:                            `it wrote a line that is not a JSON object: "{\"ok\":true"`,
		`{"ok":true}}`:                          `it wrote a line that is not a JSON object: "{\"ok\":true}}"`,
		"\xef\xbb\xbf" + `{"ok":true,"id":1}`:   `it wrote a line that is not a JSON object: "\ufeff{\"ok\":true,\"id\":1}"`,
		"{\"ok\":true,\"id\":1,\"x\":\"\xff\"}": `it wrote a line that is not UTF-8: "{\"ok\":true,\"id\":1,\"x\":\"\xff\"}"`,
		strings.Repeat("x", 1000):               `it wrote a line that is not a JSON object: "` + strings.Repeat("x", 120) + `"…`,
	} {
		converse(t, func(t *testing.T, c *conversation) {
			all := c.asks(t.Context(), "decode", "decode", "recv")
			c.say(`{"ok":true,"id":1}`, line)
			assert.True(t, all[0].get(t).OK)
			want := &AdapterError{Kind: Rubbish, Detail: detail, Request: 2}
			assert.Equal(t, want, all[1].fault(t))
			assert.Equal(t, want, all[2].fault(t))
			c.assertOver(want)
		})
	}
}

// A line may be as long as the limit with its end. A longer one is refused without
// waiting for its end.
func TestAdapterLineLength(t *testing.T) {
	for _, limit := range []int{100, 64 << 10, 64<<10 + 1, 200_000} {
		pad := strings.Repeat("x", limit)
		lines := newLineReader(strings.NewReader("short\n"+pad[1:]+"\n\n"+pad[2:]+"\nrest"), limit)
		for _, want := range []string{"short", pad[1:], "", pad[2:]} {
			line, err := lines.next()
			require.NoError(t, err)
			assert.Equal(t, len(want), len(line))
			assert.True(t, want == string(line))
		}
		line, err := lines.next()
		assert.Equal(t, io.EOF, err)
		assert.Equal(t, "rest", string(line))

		for _, end := range []string{"\n", strings.Repeat("x", 64<<10)} {
			line, err = newLineReader(strings.NewReader(pad+end), limit).next()
			assert.Equal(t, errLongLine, err)
			assert.True(t, strings.HasPrefix(string(line), pad[:100]))
		}
	}
}

func TestAdapterThatAnswersOutOfTurn(t *testing.T) {
	for _, a := range []struct {
		line, detail string
		request      int64
	}{
		{`{"ok":true,"id":3}`, `it answered request 3 (encode) when request 2 (decode) was due: "{\"ok\":true,\"id\":3}"`, 3},
		{`{"ok":true,"id":1}`, `it answered request 1 a second time: "{\"ok\":true,\"id\":1}"`, 1},
		{`{"ok":true,"id":5}`, `it answered request 5, which was never made: "{\"ok\":true,\"id\":5}"`, 2},
		{`{"ok":true,"id":0}`, `it answered request 0, which was never made: "{\"ok\":true,\"id\":0}"`, 2},
		{`{"ok":true}`, `it gave an answer without the id of its request when request 2 (decode) was due: "{\"ok\":true}"`, 2},
		{`{"ok":true,"ID":2}`, `it gave an answer without the id of its request when request 2 (decode) was due: "{\"ok\":true,\"ID\":2}"`, 2},
		{`{"ok":true,"id":"2"}`, `it gave an answer whose id is not a whole number when request 2 (decode) was due: "{\"ok\":true,\"id\":\"2\"}"`, 2},
		{`{"ok":true,"id":null}`, `it gave an answer whose id is not a whole number when request 2 (decode) was due: "{\"ok\":true,\"id\":null}"`, 2},
	} {
		converse(t, func(t *testing.T, c *conversation) {
			all := c.asks(t.Context(), "decode", "decode", "encode", "recv")
			c.say(`{"ok":true,"id":1}`, a.line)
			assert.True(t, all[0].get(t).OK)
			want := &AdapterError{Kind: OutOfTurn, Detail: a.detail, Request: a.request}
			for _, p := range all[1:] {
				assert.Equal(t, want, p.fault(t))
			}
			c.assertOver(want)
		})
	}
	t.Run("when nothing was asked", func(t *testing.T) {
		converse(t, func(t *testing.T, c *conversation) {
			c.say(`{"ok":true}`)
			synctest.Wait()
			c.assertOver(&AdapterError{Kind: OutOfTurn, Detail: `it gave an answer without the id of its request when no request waited for one: "{\"ok\":true}"`})
		})
	})
}

func TestAdapterThatEnds(t *testing.T) {
	converse(t, func(t *testing.T, c *conversation) {
		all := c.asks(t.Context(), "decode", "decode")
		c.say(`{"ok":true,"id":1}`)
		c.ends("exit status 3")
		assert.True(t, all[0].get(t).OK)
		want := &AdapterError{Kind: Crashed, Detail: "it ended with exit status 3", Request: 2}
		assert.Equal(t, want, all[1].fault(t))
		c.assertOver(want)
	})
	t.Run("within a line", func(t *testing.T) {
		converse(t, func(t *testing.T, c *conversation) {
			p := c.asks(t.Context(), "decode")[0]
			_, err := io.WriteString(c.out, `{"ok":true,"id":1`)
			require.NoError(t, err)
			c.ends("exit status 0")
			assert.Equal(t, `it ended with exit status 0 in the middle of the line "{\"ok\":true,\"id\":1"`, p.fault(t).Detail)
		})
	})
	t.Run("with nothing asked", func(t *testing.T) {
		converse(t, func(t *testing.T, c *conversation) {
			c.ends("signal: killed")
			synctest.Wait()
			c.assertOver(&AdapterError{Kind: Crashed, Detail: "it ended with signal: killed"})
		})
	})
}

// A process that no longer takes part is given the time that one which ends needs.
func TestAdapterThatClosesAnEnd(t *testing.T) {
	converse(t, func(t *testing.T, c *conversation) {
		p := c.asks(t.Context(), "decode")[0]
		began := time.Now()
		c.out.Close()
		assert.Equal(t, &AdapterError{Kind: Crashed, Detail: "it closed its standard output without ending", Request: 1}, p.fault(t))
		assert.Equal(t, stopGrace, time.Since(began))
	})
	converse(t, func(t *testing.T, c *conversation) {
		c.in.Close()
		p := c.ask(t.Context(), "decode", nil)
		assert.Equal(t, &AdapterError{Kind: Crashed, Detail: "it closed its standard input without ending", Request: 1}, p.fault(t))
		assert.True(t, c.deaf())
	})
}

func TestAdapterThatWasClosed(t *testing.T) {
	converse(t, func(t *testing.T, c *conversation) {
		p := c.asks(t.Context(), "decode")[0]
		c.fail(Closed, "it was stopped")
		want := &AdapterError{Kind: Closed, Detail: "it was stopped"}
		assert.Equal(t, want, p.fault(t))
		c.ends("signal: terminated")
		synctest.Wait()
		c.assertOver(want)
	})
}

func TestAnswerThatSaysNeitherYesNorNo(t *testing.T) {
	for line, want := range map[string]AnswerError{
		`{"id":1}`:                       {"ok", "is missing"},
		`{"id":1,"OK":true}`:             {"ok", "is missing"},
		`{"id":1,"ok":1}`:                {"ok", "is neither true nor false"},
		`{"id":1,"ok":null}`:             {"ok", "is neither true nor false"},
		`{"id":1,"ok":false}`:            {"error", "is missing"},
		`{"id":1,"ok":false,"error":7}`:  {"error", "is not a string"},
		`{"id":1,"ok":false,"error":""}`: {"error", "is empty"},
	} {
		converse(t, func(t *testing.T, c *conversation) {
			all := c.asks(t.Context(), "decode", "decode")
			c.say(line, `{"id":2,"ok":true,"message":7}`)
			<-all[0].ended
			assert.Equal(t, &want, all[0].err)
			assert.Equal(t, line, string(all[0].answer.Line()))
			assert.True(t, all[1].get(t).OK, "it is trusted all the same")
		})
	}
}

// begins runs a start, at which the adapter does what is given.
func begins(t *testing.T, command AdapterCommand, does func(c *conversation)) (hello Hello, took time.Duration, err error) {
	t.Helper()
	converse(t, func(t *testing.T, c *conversation) {
		began := time.Now()
		ended := make(chan struct{})
		go func() {
			err = c.begin(t.Context(), command)
			close(ended)
		}()
		does(c)
		<-ended
		hello, took = c.Hello(), time.Since(began)
	})
	return hello, took, err
}

func TestAdapterBegins(t *testing.T) {
	for want, command := range map[string]AdapterCommand{
		`{"op":"start","id":1,"protocol":1,"seed":0,"time_scale":1}`:                   {},
		`{"op":"start","id":1,"protocol":1,"seed":9007199254740991,"time_scale":0.05}`: {Seed: 1<<64 - 1, TimeScale: 0.05},
	} {
		hello, _, err := begins(t, command, func(c *conversation) {
			assert.Equal(t, want, c.request())
			c.say(`{"ok":true,"id":1,"name":"x","version":"","roles":["codec","client"],"capabilities":[]}`)
		})
		require.NoError(t, err)
		assert.Equal(t, Hello{Name: "x", Roles: []string{"codec", "client"}, Capabilities: []string{}}, hello)
	}
}

func TestAdapterThatDoesNotBeginInTime(t *testing.T) {
	_, took, err := begins(t, AdapterCommand{}, func(c *conversation) {
		c.request()
		go io.Copy(io.Discard, c.requests) // it listens on, but says nothing
	})
	assert.EqualError(t, err, "within 10s it did not answer start (an answer that is not flushed looks like this)")
	assert.Equal(t, 10*time.Second, took)

	_, took, err = begins(t, AdapterCommand{Wait: 5 * time.Second}, func(c *conversation) {
		c.request()
		c.in.Close()
	})
	assert.EqualError(t, err, "it closed its standard input, and within 5s it did not answer start")
	assert.Equal(t, 5*time.Second, took)
}

func TestAdapterThatBeginsWrongly(t *testing.T) {
	hello := func(members string) string { return `{"ok":true,"id":1,` + members + `}` }
	for _, a := range []struct{ line, want string }{
		{`{"ok":false,"id":1,"error":"Unsupported"}`, "it does not speak version 1 of the adapter protocol: it answered start with Unsupported"},
		{`{"ok":false,"id":1,"error":"Unsupported","message":"version 2 only"}`, `it does not speak version 1 of the adapter protocol: it answered start with Unsupported ("version 2 only")`},
		{`{"ok":false,"id":1,"error":"Protocol","message":"no seed"}`, `it refused start with Protocol ("no seed")`},
		{`{"id":1}`, `in its answer to start, the member "ok" is missing`},
		{`{"ready":true}`, `before it answered start, it gave an answer without the id of its request when request 1 (start) was due: "{\"ready\":true}"`},
		{hello(`"version":"1","roles":["codec"],"capabilities":[]`), `in its answer to start, the member "name" is missing`},
		{hello(`"name":"","version":"1","roles":["codec"],"capabilities":[]`), `in its answer to start, the member "name" is empty`},
		{hello(`"name":"x","roles":["codec"],"capabilities":[]`), `in its answer to start, the member "version" is missing`},
		{hello(`"name":"x","version":"1","capabilities":[]`), `in its answer to start, the member "roles" is missing`},
		{hello(`"name":"x","version":"1","roles":[],"capabilities":[]`), `in its answer to start, the member "roles" is empty`},
		{hello(`"name":"x","version":"1","roles":"codec","capabilities":[]`), `in its answer to start, the member "roles" is not a list of strings`},
		{hello(`"name":"x","version":"1","roles":["codec",null],"capabilities":[]`), `in its answer to start, the member "roles" is not a list of strings`},
		{hello(`"name":"x","version":"1","roles":["codex"],"capabilities":[]`), `in its answer to start, the member "roles" has "codex", which does not exist: there are server, client, codec`},
		{hello(`"name":"x","version":"1","roles":["codec"]`), `in its answer to start, the member "capabilities" is missing`},
		{hello(`"name":"x","version":"1","roles":["codec"],"capabilities":["varints"]`), `in its answer to start, the member "capabilities" has "varints", which does not exist: there are tcp, udp, tls, compression, easy-tcp, easy-udp, varint, string, time-scale`},
		{hello(`"name":"x","version":"1","roles":["codec"],"capabilities":["tcp","tcp"]`), `in its answer to start, the member "capabilities" has "tcp" twice`},
	} {
		_, _, err := begins(t, AdapterCommand{}, func(c *conversation) {
			c.request()
			c.say(a.line)
		})
		assert.EqualError(t, err, a.want)
	}
}

// answerOf makes an answer of the given JSON object.
func answerOf(t *testing.T, line string) Answer {
	t.Helper()
	a := Answer{line: []byte(line)}
	require.NoError(t, json.Unmarshal(a.line, &a.members))
	return a
}

func TestAnswerMembers(t *testing.T) {
	a := answerOf(t, `{"hex":"00fFA0","none":"","text":"ä","int":31,"float":3.1e1,"most":9007199254740991,"decimal":"18446744073709551615"}`)
	octets, err := a.Hex("hex")
	require.NoError(t, err)
	assert.Equal(t, []byte{0, 0xff, 0xa0}, octets)
	octets, err = a.Hex("none")
	require.NoError(t, err)
	assert.Empty(t, octets)
	text, err := a.String("text")
	require.NoError(t, err)
	assert.Equal(t, "ä", text)
	for name, want := range map[string]int64{"int": 31, "float": 31, "most": 9007199254740991} {
		v, err := a.Int(name)
		require.NoError(t, err)
		assert.Equal(t, want, v)
	}
	decimal, err := a.Decimal("decimal")
	require.NoError(t, err)
	assert.Equal(t, uint64(18446744073709551615), decimal)
	assert.True(t, a.Has("none"))
	assert.False(t, a.Has("HEX"))
}

func TestAnswerMembersMissingOrMalformed(t *testing.T) {
	hexOf := func(a Answer) error { _, err := a.Hex("m"); return err }
	stringOf := func(a Answer) error { _, err := a.String("m"); return err }
	intOf := func(a Answer) error { _, err := a.Int("m"); return err }
	decimalOf := func(a Answer) error { _, err := a.Decimal("m"); return err }
	const whole, decimal = "is not a whole number from 0 to 9007199254740991", "is not a number from 0 to 2^64-1 in decimal digits without leading zeros"
	for _, c := range []struct {
		read    func(Answer) error
		value   string
		problem string
	}{
		{hexOf, "", "is missing"},
		{hexOf, "null", "is not a string"},
		{hexOf, "7", "is not a string"},
		{hexOf, `"123"`, "has an odd number of hexadecimal digits, 3"},
		{hexOf, `"0x"`, "has a character that is no hexadecimal digit"},
		{stringOf, "", "is missing"},
		{stringOf, "null", "is not a string"},
		{stringOf, "[]", "is not a string"},
		{intOf, "", "is missing"},
		{intOf, `"31"`, whole},
		{intOf, "null", whole},
		{intOf, "-1", whole},
		{intOf, "1.5", whole},
		{intOf, "1e999", whole},
		{intOf, "9007199254740992", whole},
		{decimalOf, "", "is missing"},
		{decimalOf, "300", "is not a string"},
		{decimalOf, `""`, decimal},
		{decimalOf, `"01"`, decimal},
		{decimalOf, `"+1"`, decimal},
		{decimalOf, `"-0"`, decimal},
		{decimalOf, `"18446744073709551616"`, decimal},
	} {
		line := `{}`
		if c.value != "" {
			line = `{"m":` + c.value + `}`
		}
		assert.Equal(t, &AnswerError{"m", c.problem}, c.read(answerOf(t, line)), line)
	}
	assert.EqualError(t, &AnswerError{"frame.type", "is missing"}, `the member "frame.type" is missing`)
}

func TestAnswerFrame(t *testing.T) {
	f, err := answerOf(t, `{"frame":{"version":1,"type":3,"flags":255,"headers":[ ["6B",""] ,["","76"]],"payload":"00","x":1}}`).Frame()
	require.NoError(t, err)
	want := Frame{Version: 1, Type: 3, Flags: 255, Headers: [][2][]byte{{[]byte("k"), {}}, {{}, []byte("v")}}, Payload: []byte{0}}
	assert.Equal(t, want, f)

	written, err := json.Marshal(map[string]any{"frame": want})
	require.NoError(t, err)
	again, err := answerOf(t, string(written)).Frame()
	require.NoError(t, err)
	assert.Equal(t, want, again)
}

func TestAnswerFrameMissingOrMalformed(t *testing.T) {
	const v, y, f, h, p = `"version":1`, `"type":3`, `"flags":0`, `"headers":[["6b","76"]]`, `"payload":"78"`
	for _, c := range []struct {
		members []string
		want    AnswerError
	}{
		{[]string{y, f, h, p}, AnswerError{"frame.version", "is missing"}},
		{[]string{v, f, h, p}, AnswerError{"frame.type", "is missing"}},
		{[]string{v, y, h, p}, AnswerError{"frame.flags", "is missing"}},
		{[]string{v, y, f, p}, AnswerError{"frame.headers", "is missing"}},
		{[]string{v, y, f, h}, AnswerError{"frame.payload", "is missing"}},
		{[]string{v, `"type":256`, f, h, p}, AnswerError{"frame.type", "is above 255"}},
		{[]string{v, `"type":"DATA"`, f, h, p}, AnswerError{"frame.type", "is not a whole number from 0 to 9007199254740991"}},
		{[]string{v, y, f, `"headers":null`, p}, AnswerError{"frame.headers", "is not a list"}},
		{[]string{v, y, f, `"headers":{"6b":"76"}`, p}, AnswerError{"frame.headers", "is not a list"}},
		{[]string{v, y, f, `"headers":[["6b","76"],["6b"]]`, p}, AnswerError{"frame.headers[1]", "is not a pair of key and value"}},
		{[]string{v, y, f, `"headers":[["6b","76",""]]`, p}, AnswerError{"frame.headers[0]", "is not a pair of key and value"}},
		{[]string{v, y, f, `"headers":[null]`, p}, AnswerError{"frame.headers[0]", "is not a pair of key and value"}},
		{[]string{v, y, f, `"headers":[["6b",null]]`, p}, AnswerError{"frame.headers[0][1]", "is not a string"}},
		{[]string{v, y, f, `"headers":[["6","76"]]`, p}, AnswerError{"frame.headers[0][0]", "has an odd number of hexadecimal digits, 1"}},
		{[]string{v, y, f, h, `"payload":null`}, AnswerError{"frame.payload", "is not a string"}},
	} {
		line := `{"frame":{` + strings.Join(c.members, ",") + `}}`
		_, err := answerOf(t, line).Frame()
		assert.Equal(t, &c.want, err, line)
	}
	for _, value := range []string{"null", "[]", "7"} {
		_, err := answerOf(t, `{"frame":`+value+`}`).Frame()
		assert.Equal(t, &AnswerError{"frame", "is not an object"}, err)
	}
	_, err := answerOf(t, `{}`).Frame()
	assert.Equal(t, &AnswerError{"frame", "is missing"}, err)
}

func TestAdapterErrorNamesItsKind(t *testing.T) {
	for kind, want := range map[AdapterErrorKind]string{
		Crashed:   "adapter crashed: x",
		Hung:      "adapter hung: x",
		Rubbish:   "adapter wrote rubbish: x",
		OutOfTurn: "adapter answered out of turn: x",
		Closed:    "adapter closed: x",
		0:         "adapter AdapterErrorKind(0): x",
	} {
		assert.EqualError(t, &AdapterError{Kind: kind, Detail: "x"}, want)
	}
}
