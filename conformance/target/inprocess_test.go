package target_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance/target"
)

func TestInProcess(t *testing.T) {
	started, stopped := 0, 0
	tgt := target.InProcess{Serve: func(context.Context) (target.Addrs, func(), error) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return target.Addrs{}, nil, err
		}
		started++
		return target.Addrs{TCP: l.Addr().String()}, func() { stopped++; l.Close() }, nil
	}}
	assert.True(t, tgt.Restartable())
	assert.Equal(t, "a server in this process", tgt.String())
	inst, err := tgt.Start(t.Context())
	require.NoError(t, err)
	assert.NotEmpty(t, inst.Addrs().TCP)
	assert.Empty(t, inst.Exit())
	inst.Stop()
	inst.Stop()
	assert.Equal(t, 1, stopped)
	again, err := tgt.Start(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 2, started)
	again.Stop()
}

func TestInProcessThatDoesNotServe(t *testing.T) {
	for want, serve := range map[string]func(context.Context) (target.Addrs, func(), error){
		"no port is left": func(context.Context) (target.Addrs, func(), error) {
			return target.Addrs{}, nil, errors.New("no port is left")
		},
		"it returned no address": func(context.Context) (target.Addrs, func(), error) { return target.Addrs{}, nil, nil },
		"connection refused": func(context.Context) (target.Addrs, func(), error) {
			return target.Addrs{TCP: "127.0.0.1:1"}, func() {}, nil
		},
	} {
		_, err := target.InProcess{Name: "it", Serve: serve}.Start(t.Context())
		var unreachable *target.UnreachableError
		require.ErrorAs(t, err, &unreachable)
		assert.ErrorContains(t, err, want)
	}
}

// answering answers start, and every other request as it is told to.
func answering(rest func(id int64, out io.Writer) error) func(context.Context, io.Reader, io.Writer) error {
	return func(_ context.Context, in io.Reader, out io.Writer) error {
		for lines := bufio.NewScanner(in); lines.Scan(); {
			var request struct {
				ID int64
				Op string
			}
			if err := json.Unmarshal(lines.Bytes(), &request); err != nil {
				return err
			}
			if request.Op == "start" {
				fmt.Fprintf(out, `{"id":%d,"ok":true,"name":"x","version":"1","roles":["codec"],"capabilities":[]}`+"\n", request.ID)
				continue
			}
			if err := rest(request.ID, out); err != nil {
				return err
			}
		}
		return nil
	}
}

func TestInProcessAdapter(t *testing.T) {
	tgt := target.InProcessAdapter{Serve: answering(func(id int64, out io.Writer) error {
		_, err := fmt.Fprintf(out, `{"id":%d,"ok":false,"error":"Unsupported"}`+"\n", id)
		return err
	})}
	inst, err := tgt.Start(t.Context())
	require.NoError(t, err)
	a := inst.(target.Driven).Adapter()
	assert.Equal(t, []string{"codec"}, a.Hello().Roles)
	answer, err := a.Call(t.Context(), "decode", map[string]any{"hex": ""})
	require.NoError(t, err)
	assert.Equal(t, "Unsupported", answer.Error)
	assert.Empty(t, inst.Exit())
	inst.Stop()
	assert.Equal(t, "a return", inst.Exit())
}

func TestInProcessAdapterThatFails(t *testing.T) {
	tgt := target.InProcessAdapter{Serve: answering(func(int64, io.Writer) error { return errors.New("out of paper") })}
	inst, err := tgt.Start(t.Context())
	require.NoError(t, err)
	_, err = inst.(target.Driven).Adapter().Call(t.Context(), "decode", map[string]any{"hex": ""})
	assert.ErrorContains(t, err, "it ended with the error out of paper")
	inst.Stop()

	_, err = target.InProcessAdapter{Serve: func(context.Context, io.Reader, io.Writer) error { return errors.New("not today") }}.Start(t.Context())
	var unreachable *target.UnreachableError
	require.ErrorAs(t, err, &unreachable)
	assert.ErrorContains(t, err, "not today")
}
