package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRunUntilStdinEnds(t *testing.T) {
	var out, log bytes.Buffer
	code := run(t.Context(), []string{"--tcp", "127.0.0.1:0", "--udp", "127.0.0.1:0", "--easy-tcp", "127.0.0.1:0", "--easy-udp", "127.0.0.1:0", "--time-scale", "0.1", "-v"}, strings.NewReader(""), &out, &log)
	assert.Zero(t, code, log.String())
	var ready map[string]any
	require.NoError(t, json.Unmarshal(out.Bytes(), &ready))
	assert.Equal(t, true, ready["ready"])
	assert.Contains(t, ready, "tcp")
	assert.Contains(t, ready, "udp")
	assert.Contains(t, ready, "easy-tcp")
	assert.Contains(t, ready, "easy-udp")
}

func TestExitCodes(t *testing.T) {
	for args, want := range map[string]int{
		"":                    1,
		"--tcp nonsense":      1,
		"--tcp h:0 --bad":     2,
		"--time-scale x":      2,
		"--tcp 127.0.0.1:0 x": 2,
		"--help":              0,
		"--adapter --udp h:0": 2,
		"--adapter x":         2,
		"--easy-tcp nonsense": 1,
		"--easy-udp nonsense": 1,

		"--adapter --time-scale 1":  2,
		"--adapter --tls h:0":       2,
		"--adapter --metrics h:0":   2,
		"--tls-verify 127.0.0.1:0":  1,
		"--tls 127.0.0.1:0 --key k": 1,
	} {
		var out, log bytes.Buffer
		code := run(t.Context(), strings.Fields(args), strings.NewReader(""), &out, &log)
		assert.Equal(t, want, code, args)
		assert.Empty(t, out.String(), args)
		assert.NotEmpty(t, log.String(), args)
	}
}

func TestAdapterWithoutCompression(t *testing.T) {
	for args, offered := range map[string]bool{"--adapter": true, "--adapter --no-compression": false} {
		var out, log bytes.Buffer
		in := strings.NewReader(`{"op":"start","protocol":1,"time_scale":1,"seed":0}` + "\n")
		assert.Zero(t, run(t.Context(), strings.Fields(args), in, &out, &log), log.String())
		assert.Equal(t, offered, strings.Contains(out.String(), `"compression"`), "%s: %s", args, out.String())
	}
}

func TestRunAsAdapter(t *testing.T) {
	var out, log bytes.Buffer
	requests := `{"op":"start","protocol":1,"time_scale":0.1,"seed":7}` + "\n" + `{"op":"stop"}`
	assert.Zero(t, run(t.Context(), []string{"--adapter", "-v"}, strings.NewReader(requests), &out, &log))
	answers := strings.Split(out.String(), "\n")
	require.Len(t, answers, 3)
	assert.Contains(t, answers[0], `{"ok":true,"name":"vstp reference implementation",`)
	assert.Equal(t, `{"ok":true}`, answers[1])
	assert.Empty(t, log.String())
}
