package conformance_test

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/conformance/dissect"
	"github.com/vstp-project/vstp/conformance/forge"
	"github.com/vstp-project/vstp/conformance/target"
)

// toyAdapter answers decode and encode, on dissect and forge alone; of frames of
// another version it does what its mode says.
func toyAdapter(mode string) {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 32<<20)
	out := bufio.NewWriter(os.Stdout)
	var held any
	for in.Scan() {
		var request struct {
			ID    int64
			Op    string
			Hex   string
			Limit int64
			Frame struct {
				Type, Flags byte
				Headers     [][2]string
				Payload     string
			}
		}
		if err := json.Unmarshal(in.Bytes(), &request); err != nil {
			os.Exit(1)
		}
		answer := map[string]any{"id": request.ID, "ok": false, "error": "Unsupported"}
		trigger := false
		switch request.Op {
		case "start":
			answer = map[string]any{"id": request.ID, "ok": true, "name": "toy", "version": "1", "roles": []string{"codec"}, "capabilities": []string{}}
		case "decode":
			octets, _ := hex.DecodeString(request.Hex)
			f := dissect.Decode(octets, dissect.Options{MaxFrame: request.Limit})
			trigger = f.Class() == "InvalidVersion"
			answer = toyDecode(request.ID, f)
		case "decompress":
			if mode == "adapter-undeclared" {
				answer = map[string]any{"id": request.ID, "ok": true, "hex": ""}
			}
		case "encode":
			f := forge.Frame{Type: request.Frame.Type, Flags: request.Frame.Flags}
			for _, h := range request.Frame.Headers {
				k, _ := hex.DecodeString(h[0])
				v, _ := hex.DecodeString(h[1])
				f.Headers = append(f.Headers, forge.Header{Key: k, Value: v})
			}
			f.Payload, _ = hex.DecodeString(request.Frame.Payload)
			answer = map[string]any{"id": request.ID, "ok": true, "hex": hex.EncodeToString(f.Bytes())}
		}
		switch {
		case !trigger || mode == "adapter":
		case mode == "adapter-crash":
			os.Exit(7)
		case mode == "adapter-hang":
			for {
				<-time.After(time.Hour) // a select without cases would end the process where cgo is off
			}
		case mode == "adapter-rubbish":
			fmt.Fprintln(out, "Traceback (most recent call last):")
		case mode == "adapter-wrong":
			answer = map[string]any{"id": request.ID, "ok": false, "error": "InvalidMagic"}
		case mode == "adapter-swap" && held == nil:
			held = answer
			continue
		}
		line, _ := json.Marshal(answer)
		fmt.Fprintln(out, string(line))
		if held != nil {
			line, _ = json.Marshal(held)
			fmt.Fprintln(out, string(line))
			held = nil
		}
		_ = out.Flush()
	}
}

func toyDecode(id int64, f dissect.Frame) map[string]any {
	switch class := f.Class(); class {
	case "":
	case "Incomplete":
		return map[string]any{"id": id, "ok": false, "error": class, "needed": f.Needed()}
	default:
		return map[string]any{"id": id, "ok": false, "error": class}
	}
	headers := make([][2]string, len(f.Headers))
	for i, h := range f.Headers {
		headers[i] = [2]string{hex.EncodeToString(h.Key), hex.EncodeToString(h.Value)}
	}
	return map[string]any{"id": id, "ok": true, "consumed": f.Total, "frame": map[string]any{
		"version": f.Version, "type": f.Type, "flags": f.Flags, "headers": headers, "payload": hex.EncodeToString(f.Payload),
	}}
}

func judgeCodec(t *testing.T, mode string, globs ...string) map[string]conformance.Result {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	tgt := target.AdapterCommand{Name: mode, Path: self, Env: []string{toyEnv + "=" + mode}}
	rep, err := conformance.Run(t.Context(), tgt, conformance.Options{Role: conformance.RoleCodec, Profile: "strict", Run: globs})
	require.NoError(t, err)
	return results(rep)
}

func TestCodecThatIsSound(t *testing.T) {
	applicable := 0
	for id, r := range judgeCodec(t, "adapter", "vector/frame/*", "vector/string/*", "vector/varint/*", "vector/gzip/*") {
		if r.Verdict == conformance.NotApplicable {
			assert.NotRegexp(t, "^vector/frame/", id)
			continue // varints, strings and compression, which it does not declare
		}
		applicable++
		assert.Equal(t, conformance.Pass, r.Verdict, "%s: %s", id, r.Message)
	}
	assert.Greater(t, applicable, 100)
}

// What a codec does not declare it has to refuse: each operation is asked for once.
func TestCodecThatOffersMoreThanItDeclares(t *testing.T) {
	got := judgeCodec(t, "adapter-undeclared", "vector/gzip/abc", "vector/gzip/bomb", "vector/string/empty")
	require.Len(t, got, 3)
	for id, r := range got {
		if id == "vector/string/empty" {
			assert.Equal(t, conformance.NotApplicable, r.Verdict, r.Message)
			continue
		}
		assert.Equal(t, conformance.Fail, r.Verdict, id)
		require.NotNil(t, r.Violation, id)
		assert.Equal(t, "OBS-4", r.Violation.Requirement, id)
	}
}

func TestCodecCulpritsAreNamed(t *testing.T) {
	for mode, want := range map[string]conformance.Verdict{
		"adapter-crash": conformance.Crash, "adapter-hang": conformance.Hang, "adapter-rubbish": conformance.Fail,
		"adapter-wrong": conformance.Fail, "adapter-swap": conformance.Fail,
	} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			got := judgeCodec(t, mode, "vector/frame/version-two", "vector/frame/*-minimal", "vector/frame/crc-*")
			require.Greater(t, len(got), 10)
			for id, r := range got {
				if id == "vector/frame/version-two" {
					assert.Equal(t, want, r.Verdict, r.Message)
					assert.NotEmpty(t, r.Message)
				} else {
					assert.Equal(t, conformance.Pass, r.Verdict, "%s is blamed wrongly: %s", id, r.Message)
				}
			}
		})
	}
}
