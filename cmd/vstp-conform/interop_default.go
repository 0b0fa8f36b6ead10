package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/vstp-project/vstp/conformance/selftest"
)

// A defaultPeer is an implementation of this checkout that takes part where its
// toolchain is there.
type defaultPeer struct {
	interopPeer
	tool string   // what it takes, for people
	runs []string // succeeds where that is there
	// build makes what is run, in the directory of the peer; nil for nothing. Where it was
	// made already, it is there at once.
	build []string
}

var independentPeers = []defaultPeer{
	{
		interopPeer: interopPeer{
			Name: "python", Server: "python3 -m vstp serve --tcp {tcp} --udp {udp} --time-scale {time-scale}", Client: "python3 -m vstp adapter",
			Env: map[string]string{"PYTHONPATH": "{dir}", "PYTHONDONTWRITEBYTECODE": "1"}, Capabilities: []string{"compression"},
		},
		tool: "python3 of version 3.10 or newer", runs: []string{"python3", "-c", "import sys; sys.exit(sys.version_info < (3, 10))"},
	},
	{
		interopPeer: interopPeer{Name: "node", Client: "node {dir}/adapter.js"},
		tool:        "node of version 18 or newer", runs: []string{"node", "-e", "process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)"},
	},
	{
		interopPeer: interopPeer{
			Name: "rust-vstp", Server: "{dir}/target/release/vstp-adapter serve --tcp {tcp} --udp {udp}", Client: "{dir}/target/release/vstp-adapter adapter",
		},
		tool: "cargo", runs: []string{"cargo", "--version"},
		build: []string{"cargo", "build", "--release", "--locked", "--quiet", "--target-dir", "target"},
	},
}

// defaultNames are the peers of the default set, whether they are to be had or not.
func defaultNames() []string {
	names := []string{"reference"}
	for _, p := range independentPeers {
		names = append(names, p.Name)
	}
	return names
}

// defaultPeers are those of the default set that are to be had, of the wanted ones: the
// reference peer and, in a checkout with the toolchain for them, the independent ones. It
// says of the others why they do not take part, and of what takes long that it does.
func defaultPeers(ctx context.Context, wanted []string, progress io.Writer) []interopPeer {
	var peers []interopPeer
	if slices.Contains(wanted, "reference") {
		peers = append(peers, interopPeer{Name: "reference", Builtin: true})
	}
	root, checkout := selftest.Source()
	for _, p := range independentPeers {
		if !slices.Contains(wanted, p.Name) {
			continue
		}
		p.dir = filepath.Join(root, "conformance", "adapters", p.Name)
		why := "this is no checkout of the project"
		if checkout {
			why = p.prepare(ctx, progress)
		}
		if why != "" {
			fmt.Fprintf(progress, "vstp-conform: left out: %s: %s\n", p.Name, why)
			continue
		}
		peers = append(peers, p.interopPeer)
	}
	return peers
}

// prepare makes a peer ready to be started, and says why it cannot be; empty if it can.
func (p defaultPeer) prepare(ctx context.Context, progress io.Writer) (why string) {
	if _, err := os.Stat(p.dir); errors.Is(err, fs.ErrNotExist) {
		return "it is not in this checkout"
	}
	if exec.CommandContext(ctx, p.runs[0], p.runs[1:]...).Run() != nil {
		return "there is no " + p.tool
	}
	if p.build == nil {
		return ""
	}
	fmt.Fprintf(progress, "building %s, which takes a while the first time: %s\n", p.Name, strings.Join(p.build, " "))
	cmd := exec.CommandContext(ctx, p.build[0], p.build[1:]...)
	cmd.Dir = p.dir
	if output, err := cmd.CombinedOutput(); err != nil {
		lines := strings.Split(string(bytes.TrimSpace(output)), "\n")
		return fmt.Sprintf("it cannot be built: %v: %s", err, lines[len(lines)-1])
	}
	return ""
}
