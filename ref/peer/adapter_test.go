package peer_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/peer"
	"github.com/vstp-project/vstp/spec"
	"github.com/vstp-project/vstp/vectors"
)

const (
	startLine = `{"op":"start","protocol":1,"time_scale":1,"seed":0}`

	// maxLine is the longest line, its line end included.
	maxLine = 33_554_432
)

// converse gives the adapter some lines and the end of its input, and returns its
// answers.
func converse(t *testing.T, lines ...string) []string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, peer.RunAdapter(t.Context(), peer.Options{}, strings.NewReader(strings.Join(lines, "\n")+"\n"), &out))
	if out.Len() == 0 {
		return nil
	}
	require.True(t, bytes.HasSuffix(out.Bytes(), []byte("\n")))
	return strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
}

// askAdapter returns the answer to one request of a conversation that has begun.
func askAdapter(t *testing.T, request string) map[string]any {
	t.Helper()
	answers := converse(t, startLine, request)
	require.Len(t, answers, 2)
	return object(t, answers[1])
}

func object(t *testing.T, line string) map[string]any {
	t.Helper()
	var v map[string]any
	require.NoError(t, json.Unmarshal([]byte(line), &v), line)
	return v
}

// silent is an answer without the text for people.
func silent(answer map[string]any) map[string]any {
	delete(answer, "message")
	return answer
}

// shape is the schema of the answer to an operation.
func shape(t *testing.T, op string) *jsonschema.Schema {
	t.Helper()
	schema, err := jsonschema.NewCompiler().Compile("../../spec/adapter.schema.json#/$defs/" + op + "-answer")
	require.NoError(t, err)
	return schema
}

func TestAdapterStart(t *testing.T) {
	answer := object(t, converse(t, startLine)[0])
	assert.NoError(t, shape(t, "start").Validate(answer))
	assert.Equal(t, true, answer["ok"])
	assert.Equal(t, "vstp reference implementation", answer["name"])
	assert.Equal(t, []any{"client", "codec"}, answer["roles"])
	assert.Equal(t, []any{"tcp", "udp", "tls", "easy-tcp", "easy-udp", "varint", "string", "time-scale", "compression"}, answer["capabilities"])
	assert.NotContains(t, answer, "id")
}

// What the test contract shows as an exchange happens.
func TestAdapterKeepsTheExamplesOfTheTestContract(t *testing.T) {
	offered := map[string]bool{"decode": true, "encode": true, "varint_encode": true, "varint_decode": true, "string_encode": true, "string_decode": true, "decompress": true}
	shown := map[string]int{}
	var request string
	for line := range strings.Lines(spec.TestContract()) {
		if rest, ok := strings.CutPrefix(line, "> {"); ok {
			request = "{" + strings.TrimSpace(rest)
			continue
		}
		rest, ok := strings.CutPrefix(line, "< {")
		if !ok || request == "" {
			continue
		}
		want := object(t, "{"+rest)
		op := object(t, request)["op"].(string)
		if !offered[op] || want["error"] == "Unsupported" {
			continue
		}
		shown[op]++
		answer := askAdapter(t, request)
		assert.NoError(t, shape(t, op).Validate(answer), request)
		assert.Equal(t, want, silent(answer), request)
	}
	for op := range offered {
		assert.Positive(t, shown[op], "examples of %s", op)
	}
}

func TestAdapterDecode(t *testing.T) {
	const data = "56540103000b000000000504057465737476616c756548656c6c6f6dffe407"
	for _, c := range []struct{ members, want string }{
		// Octets behind the frame are left alone, and any case is read.
		{`"hex":"` + strings.ToUpper(data) + `ffff"`, `{"ok":true,"frame":{"version":1,"type":3,"flags":0,"headers":[["74657374","76616c7565"]],"payload":"48656c6c6f"},"consumed":31}`},
		{`"hex":""`, `{"ok":false,"error":"Incomplete","needed":11}`},
		{`"hex":"56540103000b0000000005"`, `{"ok":false,"error":"Incomplete","needed":31}`},
		{`"hex":"5655"`, `{"ok":false,"error":"InvalidMagic"}`},
		{`"hex":"565402"`, `{"ok":false,"error":"InvalidVersion"}`},
		// The limit counts from the eleventh octet on.
		{`"hex":"56540103000b0000000005","limit":31`, `{"ok":false,"error":"Incomplete","needed":31}`},
		{`"hex":"56540103000b0000000005","limit":30`, `{"ok":false,"error":"FrameTooLarge"}`},
		{`"hex":"56540103000b0000000005","limit":0`, `{"ok":false,"error":"FrameTooLarge"}`},
		{`"hex":"56540103000000007ffff1"`, `{"ok":false,"error":"Incomplete","needed":8388608}`},
		{`"hex":"56540103000000007ffff2"`, `{"ok":false,"error":"FrameTooLarge"}`},
		{`"hex":"56540103000000007ffff2","limit":8388609`, `{"ok":false,"error":"Incomplete","needed":8388609}`},
		{`"hex":"5654010300ffffffffffff","limit":9007199254740991`, `{"ok":false,"error":"Incomplete","needed":4295032845}`},
	} {
		assert.Equal(t, object(t, c.want), silent(askAdapter(t, `{"op":"decode",`+c.members+`}`)), c.members)
	}
	assert.Contains(t, converse(t, startLine, `{"op":"decode","hex":"`+data[:len(data)-2]+`06"}`)[1], `"message":"octet 27: CrcMismatch`)
}

// The frame vectors in one go, each with its id, and each answered as it says.
func TestAdapterFrameVectors(t *testing.T) {
	set, err := vectors.Load()
	require.NoError(t, err)
	var kept []vectors.Vector
	lines := []string{startLine}
	for _, v := range set.All() {
		if v.Family != vectors.FamilyFrame {
			continue
		}
		limit := ""
		if v.Limit != 0 {
			limit = fmt.Sprintf(`,"limit":%d`, v.Limit)
		}
		lines = append(lines, fmt.Sprintf(`{"id":%d,"op":"decode","hex":"%x"%s}`, len(kept), v.Octets, limit))
		kept = append(kept, v)
	}
	require.NotEmpty(t, kept)
	answers := converse(t, lines...)[1:]
	require.Len(t, answers, len(kept))
	schema := shape(t, "decode")
	for i, v := range kept {
		answer := object(t, answers[i])
		assert.NoError(t, schema.Validate(answer), v.Name)
		want := map[string]any{"id": float64(i), "ok": v.Expect.Result == vectors.ResultAccept}
		switch v.Expect.Result {
		case vectors.ResultAccept:
			headers := []any{}
			for _, h := range v.Expect.Frame.Headers {
				headers = append(headers, []any{hex.EncodeToString(h[0]), hex.EncodeToString(h[1])})
			}
			want["consumed"] = float64(v.Expect.Consumed)
			want["frame"] = map[string]any{
				"version": float64(v.Expect.Frame.Version),
				"type":    float64(v.Expect.Frame.Type),
				"flags":   float64(v.Expect.Frame.Flags),
				"headers": headers,
				"payload": hex.EncodeToString(v.Expect.Frame.Payload),
			}
		case vectors.ResultReject:
			want["error"] = v.Expect.Error
		default:
			want["error"], want["needed"] = "Incomplete", float64(v.Expect.Needed)
		}
		assert.Equal(t, want, silent(answer), v.Name)
	}
}

func TestAdapterEncode(t *testing.T) {
	header := func(key, value int) string {
		return `["` + strings.Repeat("6b", key) + `","` + strings.Repeat("76", value) + `"]`
	}
	// A header of 510 octets takes 512 of the section: 128 of them are one octet too many.
	full := strings.Repeat(header(255, 255)+",", 127) + header(255, 254)
	for _, c := range []struct{ frame, want string }{
		{`{"type":3}`, "5654010300000000000000d2879319"},
		{`{"version":1,"type":3,"flags":0,"headers":[],"payload":""}`, "5654010300000000000000d2879319"},
		{`{"version":2,"type":3}`, "Protocol"},
		{`{"type":0}`, "Protocol"},
		{`{"type":9}`, "Protocol"},
		{`{"type":16}`, "Protocol"}, // nobody has allocated it
		{`{"type":3,"flags":128}`, "Protocol"},
		{`{"type":3,"headers":[` + header(255, 255) + `]}`, "ok"},
		{`{"type":3,"headers":[` + header(256, 0) + `]}`, "Protocol"},
		{`{"type":3,"headers":[` + header(0, 256) + `]}`, "Protocol"},
		{`{"type":3,"headers":[` + full + `]}`, "ok"},
		{`{"type":3,"headers":[` + full + `,["",""]]}`, "FrameTooLarge"},
	} {
		name := c.frame[:min(len(c.frame), 60)]
		answer := askAdapter(t, `{"op":"encode","frame":`+c.frame+`}`)
		switch {
		case c.want == "ok":
			assert.Equal(t, true, answer["ok"], name)
		case answer["ok"] == true:
			assert.Equal(t, c.want, answer["hex"], name)
		default:
			assert.Equal(t, c.want, answer["error"], name)
		}
	}
}

func TestAdapterVarintAndString(t *testing.T) {
	for request, want := range map[string]string{
		`{"op":"varint_encode","value":"0"}`:                            `{"ok":true,"hex":"00"}`,
		`{"op":"varint_encode","value":"18446744073709551615"}`:         `{"ok":true,"hex":"ffffffffffffffffff01"}`,
		`{"op":"varint_encode","value":"18446744073709551616"}`:         `{"ok":false,"error":"Protocol"}`,
		`{"op":"varint_encode","value":"01"}`:                           `{"ok":false,"error":"Protocol"}`,
		`{"op":"varint_decode","hex":"ffffffffffffffffff01"}`:           `{"ok":true,"value":"18446744073709551615","consumed":10}`,
		`{"op":"varint_decode","hex":"ffffffffffffffffff02"}`:           `{"ok":false,"error":"Protocol"}`,
		`{"op":"varint_decode","hex":""}`:                               `{"ok":false,"error":"Incomplete"}`,
		`{"op":"string_encode","value":""}`:                             `{"ok":true,"hex":"0000"}`,
		`{"op":"string_encode","value":"ff"}`:                           `{"ok":false,"error":"Protocol"}`,
		`{"op":"string_decode","hex":"0000"}`:                           `{"ok":true,"value":"","consumed":2}`,
		`{"op":"string_decode","hex":"01"}`:                             `{"ok":false,"error":"Incomplete"}`,
		`{"op":"string_decode","hex":"0200c3a4ff"}`:                     `{"ok":true,"value":"c3a4","consumed":4}`,
		`{"op":"string_encode","value":"` + text(65_535) + `"}`:         `{"ok":true,"hex":"ffff` + text(65_535) + `"}`,
		`{"op":"string_encode","value":"` + text(65_536) + `"}`:         `{"ok":false,"error":"Protocol"}`,
		`{"op":"string_decode","hex":"ffff` + text(65_535) + `"}`:       `{"ok":true,"value":"` + text(65_535) + `","consumed":65537}`,
		`{"op":"string_decode","hex":"ffff` + text(65_534) + `","x":1}`: `{"ok":false,"error":"Incomplete"}`,
	} {
		assert.Equal(t, object(t, want), silent(askAdapter(t, request)), request[:min(len(request), 60)])
	}
}

func text(octets int) string { return strings.Repeat("61", octets) }

func TestAdapterRefusesOtherProtocols(t *testing.T) {
	for _, start := range []string{`{"op":"start","protocol":2}`, `{"op":"start","protocol":0,"time_scale":1,"seed":0}`} {
		assert.Equal(t, "Unsupported", object(t, converse(t, start)[0])["error"])
	}
}

// A line that is no proper request is told so, whatever it is, and the next one is
// answered.
func TestAdapterRefusesImproperRequests(t *testing.T) {
	for _, c := range []struct{ request, message string }{
		{`{`, "not a JSON object"},
		{`hello`, "not a JSON object"},
		{`[]`, "not a JSON object"},
		{`null`, "null and not a JSON object"},
		{`"x"`, "not a JSON object"},
		{`{"op":"decode","hex":""} {}`, "not a JSON object"},
		{"\ufeff" + `{"op":"decode","hex":""}`, "not a JSON object"},
		{strings.Repeat(`{"a":`, 20_000) + "1" + strings.Repeat("}", 20_000), "not a JSON object"},
		{`{}`, `"op" is missing`},
		{`{"OP":"stop"}`, `"op" is missing`},
		{`{"op":null}`, `"op" is not a string`},
		{`{"op":7}`, `"op" is not a string`},
		{`{"op":"frobnicate"}`, `no operation "frobnicate"`},
		{`{"op":"` + strings.Repeat("x", 1000) + `"}`, `no operation "` + strings.Repeat("x", 40) + `"`},
		{`{"op":"decode"}`, `"hex" is missing`},
		{`{"op":"decode","hex":7}`, `"hex" is not a string`},
		{`{"op":"decode","hex":"565"}`, `"hex" has an odd number of hexadecimal digits, 3`},
		{`{"op":"decode","hex":"5x"}`, `"hex" has a character that is no hexadecimal digit`},
		{`{"op":"decode","hex":"","limit":-1}`, `"limit" is not a whole number from 0 to 9007199254740991`},
		{`{"op":"decode","hex":"","limit":1.5}`, `"limit" is not a whole number`},
		{`{"op":"decode","hex":"","limit":9007199254740992}`, `"limit" is not a whole number`},
		{`{"op":"decode","hex":"","limit":1e999}`, `"limit" is not a whole number`},
		{`{"op":"decode","hex":"","limit":null}`, `"limit" is not a number`},
		{`{"op":"decode","hex":"","limit":"30"}`, `"limit" is not a number`},
		{`{"op":"decode","hex":"","id":-1}`, `"id" is not a whole number`},
		{`{"op":"decode","hex":"","id":"1"}`, `"id" is not a number`},
		{`{"op":"decode","hex":"","id":null}`, `"id" is not a number`},
		{`{"op":"encode"}`, `"frame" is missing`},
		{`{"op":"encode","frame":null}`, `"frame" is not an object`},
		{`{"op":"encode","frame":[]}`, `"frame" is not an object`},
		{`{"op":"encode","frame":{}}`, `"type" of the frame is missing`},
		{`{"op":"encode","frame":{"type":256}}`, `frame: the member "type" is not a whole number from 0 to 255`},
		{`{"op":"encode","frame":{"type":null}}`, `"type" is not a whole number from 0 to 255`},
		{`{"op":"encode","frame":{"type":3,"version":-1}}`, `"version" is not a whole number from 0 to 255`},
		{`{"op":"encode","frame":{"type":3,"flags":"0"}}`, `"flags" is not a whole number from 0 to 255`},
		{`{"op":"encode","frame":{"type":3,"payload":null}}`, `"payload" is not a string`},
		{`{"op":"encode","frame":{"type":3,"payload":"0"}}`, `"payload" has an odd number`},
		{`{"op":"encode","frame":{"type":3,"headers":null}}`, `"headers" is not a list`},
		{`{"op":"encode","frame":{"type":3,"headers":{}}}`, `"headers" is not a list`},
		{`{"op":"encode","frame":{"type":3,"headers":[["",""],["6b"]]}}`, `item 1 of "headers" is not a pair`},
		{`{"op":"encode","frame":{"type":3,"headers":[["","",""]]}}`, `item 0 of "headers" is not a pair`},
		{`{"op":"encode","frame":{"type":3,"headers":[null]}}`, `item 0 of "headers" is not a pair`},
		{`{"op":"encode","frame":{"type":3,"headers":[["",null]]}}`, `item 0 of "headers" is not a pair`},
		{`{"op":"encode","frame":{"type":3,"headers":[["",7]]}}`, `"headers" is not a list of pairs of strings`},
		{`{"op":"encode","frame":{"type":3,"headers":[["6b","7"]]}}`, `item 0 of "headers" has an odd number`},
		{`{"op":"varint_encode","value":300}`, `"value" is not a string`},
		{`{"op":"varint_encode","value":"-1"}`, `"value" is not a number from 0 to 2^64-1`},
		{`{"op":"varint_decode"}`, `"hex" is missing`},
		{`{"op":"string_encode"}`, `"value" is missing`},
		{`{"op":"string_decode","hex":"zz"}`, "no hexadecimal digit"},
		{startLine, "start came twice"},
	} {
		name := c.request[:min(len(c.request), 60)]
		answers := converse(t, startLine, c.request, `{"op":"varint_encode","value":"1"}`)
		require.Len(t, answers, 3, name)
		answer := object(t, answers[1])
		assert.NoError(t, shape(t, "decode").Validate(answer), name)
		assert.Equal(t, "Protocol", answer["error"], name)
		assert.Contains(t, answer["message"], c.message, name)
		assert.JSONEq(t, `{"ok":true,"hex":"01"}`, answers[2])
	}
}

func TestAdapterRefusesImproperStart(t *testing.T) {
	for request, message := range map[string]string{
		`{"op":"start"}`: `"protocol" is missing`,
		`{"op":"start","protocol":"1","time_scale":1,"seed":0}`:     `"protocol" is not a number`,
		`{"op":"start","protocol":1,"seed":0}`:                      `"time_scale" is missing`,
		`{"op":"start","protocol":1,"time_scale":0.04,"seed":0}`:    "time_scale 0.04 is not from 0.05 to 1",
		`{"op":"start","protocol":1,"time_scale":1.01,"seed":0}`:    "time_scale 1.01 is not from 0.05 to 1",
		`{"op":"start","protocol":1,"time_scale":1}`:                `"seed" is missing`,
		`{"op":"start","protocol":1,"time_scale":1,"seed":"seven"}`: `"seed" is not a number`,
		`{"op":"decode","hex":""}`:                                  "decode came before start",
		`{"op":"recv"}`:                                             "recv came before start",
	} {
		answers := converse(t, request, startLine)
		require.Len(t, answers, 2)
		answer := object(t, answers[0])
		assert.Equal(t, "Protocol", answer["error"], request)
		assert.Contains(t, answer["message"], message, request)
		assert.Equal(t, true, object(t, answers[1])["ok"], "the way is open after %s", request)
	}
}

func TestAdapterRepeatsTheID(t *testing.T) {
	for id, want := range map[string]float64{"0": 0, "7": 7, "9007199254740991": 9007199254740991, "1e3": 1000, "2.0": 2} {
		for _, rest := range []string{`"op":"decode","hex":""`, `"op":"decode"`, `"op":"frobnicate"`, `"op":"recv"`, `"op":"stop"`} {
			assert.Equal(t, want, askAdapter(t, `{`+rest+`,"id":`+id+`}`)["id"], "%s %s", rest, id)
		}
	}
	assert.NotContains(t, askAdapter(t, `{"op":"decode","hex":""}`), "id")
}

func TestAdapterStop(t *testing.T) {
	answers := converse(t, startLine, `{"op":"stop","id":3}`, `{"op":"decode","hex":""}`)
	require.Len(t, answers, 2)
	assert.JSONEq(t, `{"ok":true,"id":3}`, answers[1])
	assert.Equal(t, []string{`{"ok":true}`}, converse(t, `{"op":"stop"}`), "even before it has begun")
}

func TestAdapterLines(t *testing.T) {
	assert.Nil(t, converse(t, "", "", "\r"), "empty lines are ignored")
	assert.Len(t, converse(t, "", startLine+"\r", "", `{"op":"stop"}`), 2)

	var out bytes.Buffer
	require.NoError(t, peer.RunAdapter(t.Context(), peer.Options{}, strings.NewReader(`{"op":"stop"}`), &out))
	assert.Equal(t, "{\"ok\":true}\n", out.String(), "the last line needs no end")
}

// A line that is too long is refused before its end, and once, and the next one is
// answered.
func TestAdapterLongLine(t *testing.T) {
	var out bytes.Buffer
	in := io.MultiReader(
		strings.NewReader(startLine+"\n"), io.LimitReader(endless{}, 2*maxLine),
		strings.NewReader("\n"+`{"op":"varint_encode","value":"1"}`+"\n"), io.LimitReader(endless{}, 2*maxLine),
	)
	require.NoError(t, peer.RunAdapter(t.Context(), peer.Options{}, in, &out))
	answers := strings.Split(out.String(), "\n")
	require.Len(t, answers, 5)
	const refusal = `{"ok":false,"error":"Protocol","message":"the line is longer than 33554432 octets"}`
	assert.Equal(t, []string{refusal, `{"ok":true,"hex":"01"}`, refusal, ""}, answers[1:])
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	copy(p, bytes.Repeat([]byte{'x'}, len(p)))
	return len(p), nil
}

// An answer goes out before the next request is waited for, and many requests may
// be written before the first answer is read.
func TestAdapterAnswersWithoutFurtherInput(t *testing.T) {
	in, requests := io.Pipe()
	answers, out := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- peer.RunAdapter(t.Context(), peer.Options{}, in, out)
		out.Close()
	}()
	r := bufio.NewReader(answers)
	for _, request := range []string{startLine + "\n", "{\"op\":\"varint_encode\",\"value\":\"1\"}\n{\"op\":", "\"varint_encode\",\"value\":\"2\"}\n"} {
		_, err := io.WriteString(requests, request)
		require.NoError(t, err)
		got, err := r.ReadString('\n')
		require.NoError(t, err)
		assert.Equal(t, true, object(t, got)["ok"])
	}
	require.NoError(t, requests.Close())
	rest, err := io.ReadAll(r)
	require.NoError(t, err)
	assert.Empty(t, rest, "the end of input is no request")
	assert.NoError(t, <-ended)
}

func TestAdapterEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	in, requests := io.Pipe()
	answers, out := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- peer.RunAdapter(ctx, peer.Options{}, in, out) }()
	_, err := io.WriteString(requests, startLine+"\n")
	require.NoError(t, err)
	_, err = bufio.NewReader(answers).ReadString('\n')
	require.NoError(t, err)
	cancel()
	assert.NoError(t, <-ended)
	require.NoError(t, requests.Close())
}

func TestAdapterReportsBrokenPipes(t *testing.T) {
	broken := errors.New("broken")
	err := peer.RunAdapter(t.Context(), peer.Options{}, iotest.ErrReader(broken), io.Discard)
	require.ErrorIs(t, err, broken)
	assert.ErrorContains(t, err, "reading a request")

	_, out := io.Pipe()
	require.NoError(t, out.CloseWithError(nil))
	for _, lines := range []string{startLine + "\n", startLine, strings.Repeat(startLine+"\n", 1000) + `{"op":"stop"}`} {
		err = peer.RunAdapter(t.Context(), peer.Options{}, strings.NewReader(lines), out)
		require.ErrorIs(t, err, io.ErrClosedPipe)
		assert.ErrorContains(t, err, "writing an answer")
	}
}
