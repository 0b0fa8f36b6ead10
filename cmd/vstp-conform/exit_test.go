package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/conformance/target"
)

func TestExitCode(t *testing.T) {
	interrupted, cancel := context.WithCancel(t.Context())
	cancel()
	refused := &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
	for _, c := range []struct {
		name  string
		ctx   context.Context
		err   error
		began bool
		code  int
		says  string
	}{
		{"nothing", t.Context(), nil, true, 0, ""},
		{"a status", t.Context(), status(1), true, 1, ""},
		{"a status after an interrupt", interrupted, status(130), true, 130, ""},
		{"an error before anything began", t.Context(), errors.New("unknown flag"), false, 2, "vstp-conform: unknown flag\n(vstp-conform server --help shows how it is used)\n"},
		{"a usage error", t.Context(), fmt.Errorf("here: %w", usagef("wrong %d", 1)), true, 2, "vstp-conform: here: wrong 1\n"},
		{"a selection", t.Context(), &conformance.SelectionError{Problem: "nothing"}, true, 2, "vstp-conform: nothing\n"},
		{"a command line", t.Context(), &target.UnreachableError{Err: &target.CommandError{Command: "x"}}, true, 2, "command \"x\""},
		{"unreachable", t.Context(), &target.UnreachableError{Target: "it", Tried: "knocking", Err: refused}, true, 3, "knocking (it): dial: connection refused\n(--wait 10s, for example, gives it more time)\n"},
		{"unreachable, with output", t.Context(), &target.UnreachableError{Target: "it", Tried: "starting", Output: []byte("a\x1bb\n")}, true, 3, "starting (it)\n  its last output\n    │ a\\x1bb\n"},
		{"interrupted while reaching it", interrupted, &target.UnreachableError{Err: context.Canceled}, true, 130, "vstp-conform: interrupted: "},
		{"nobody reads", t.Context(), fmt.Errorf("writing: %w", syscall.EPIPE), true, 0, ""},
		{"anything else", t.Context(), errors.New("disk full"), true, 4, "vstp-conform: disk full\n"},
	} {
		var stderr bytes.Buffer
		assert.Equal(t, c.code, exitCode(c.ctx, c.err, c.began, "vstp-conform server", &stderr), c.name)
		if c.says == "" {
			assert.Empty(t, stderr.String(), c.name)
		}
		assert.Contains(t, stderr.String(), c.says, c.name)
	}
	assert.NoError(t, status(0))
}
