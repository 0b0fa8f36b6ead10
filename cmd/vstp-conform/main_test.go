package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"
)

// programs are what the test binary is when it is called by their names.
var programs = map[string]func(){
	"vstp-conform": main,
	"raw-echo":     rawEcho,
	"odd-adapter":  oddAdapter,
}

// scriptCommands are the commands of scripts beside those of testscript.
var scriptCommands = map[string]func(*testscript.TestScript, bool, []string){"exits": exits}

// The test binary is the program itself where it is called by its name, and where
// the program starts itself as the built-in peer. That is decided before any test
// is set up.
func init() {
	program, ok := programs[filepath.Base(os.Args[0])]
	if !ok && len(os.Args) > 1 && os.Args[1] == "peer" {
		program, ok = main, true
	}
	if ok {
		program()
		os.Exit(0)
	}
}

// install puts the programs into a directory.
func install(dir string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	for name := range programs {
		if err := os.Symlink(self, filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	return nil
}

// rawEcho is a server that returns every octet and knows no protocol.
func rawEcho() {
	l, err := net.Listen("tcp", os.Args[1])
	if err != nil {
		panic(err)
	}
	for {
		c, err := l.Accept()
		if err != nil {
			panic(err)
		}
		go func() {
			defer c.Close()
			_, _ = io.Copy(c, c)
		}()
	}
}

// goodAnswers are answers to the client operations that keep the schema, without ok and id.
var goodAnswers = map[string]string{
	"start":      `"name":"odd","version":"1","roles":["client"],"capabilities":["tcp","udp"]`,
	"connect":    `"conn":1`,
	"recv":       `"frame":{"version":1,"type":3,"flags":0,"headers":[],"payload":""},"source":"127.0.0.1:9"`,
	"local_addr": `"addr":"127.0.0.1:9"`,
}

// oddAdapter is an adapter that does nothing and answers as if it did. Its first argument
// is the operation that it answers with its second, the members of the answer beside id.
func oddAdapter() {
	in := json.NewDecoder(os.Stdin)
	for {
		var request struct {
			Op string      `json:"op"`
			ID json.Number `json:"id"`
		}
		if in.Decode(&request) != nil {
			return
		}
		members := `"ok":true`
		if good := goodAnswers[request.Op]; good != "" {
			members += "," + good
		}
		if request.Op == os.Args[1] {
			members = os.Args[2]
		}
		if request.ID != "" {
			members += `,"id":` + request.ID.String()
		}
		fmt.Printf("{%s}\n", members)
	}
}

// TestScripts runs the command lines of testdata/script. In them
// "exits N PROGRAM ARGUMENTS" demands an exit status.
func TestScripts(t *testing.T) {
	bin := t.TempDir()
	require.NoError(t, install(bin))
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", bin+string(filepath.ListSeparator)+env.Getenv("PATH"))
			// The race detector's pause at exit is of no use to these processes.
			env.Setenv("GORACE", "atexit_sleep_ms=0")
			return nil
		},
		Cmds: scriptCommands,
	})
}

// exits runs a program and demands an exit status.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits N PROGRAM ARGUMENTS")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	code := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		code = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if code != want {
		ts.Fatalf("exit status %d, expected %d\nstdout:\n%sstderr:\n%s", code, want, ts.ReadFile("stdout"), ts.ReadFile("stderr"))
	}
}
