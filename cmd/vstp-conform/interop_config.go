package main

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"github.com/vstp-project/vstp/conformance/target"
)

//go:embed peers.schema.json
var peersSchemaFile embed.FS

var peersSchema = sync.OnceValue(func() *jsonschema.Schema {
	schema, err := compileSchema(peersSchemaFile, "peers.schema.json")
	if err != nil {
		panic(fmt.Sprintf("the embedded peers.schema.json: %v", err)) // a broken build
	}
	return schema
})

// interopPeer is an implementation that takes part, as the configuration has it.
type interopPeer struct {
	Name         string            `json:"name"`
	Builtin      bool              `json:"builtin"`
	Server       string            `json:"server"`
	Client       string            `json:"client"`
	Env          map[string]string `json:"env"`
	Capabilities []string          `json:"capabilities"`
	dir          string            // what {dir} stands for
}

// serves and connects say in which roles the peer takes part.
func (p interopPeer) serves() bool   { return p.Builtin || p.Server != "" }
func (p interopPeer) connects() bool { return p.Builtin || p.Client != "" }

func (p interopPeer) inDir(text string) string { return strings.ReplaceAll(text, "{dir}", p.dir) }

func (p interopPeer) environment() []string {
	var env []string
	for name, value := range p.Env {
		env = append(env, name+"="+p.inDir(value))
	}
	slices.Sort(env)
	return env
}

// serverTarget is how to start the peer's server.
func (p interopPeer) serverTarget(scale float64) (target.Target, error) {
	if p.Builtin {
		exe, err := self()
		if err != nil {
			return nil, err
		}
		return target.Builtin(exe, "peer", "--time-scale", scaleText(scale)), nil
	}
	t := target.Exec{Command: p.inDir(p.Server), Env: p.environment(), TimeScale: scale}
	return t, t.Check()
}

// clientTarget is how to start the peer's adapter.
func (p interopPeer) clientTarget(scale float64, seed uint64) (target.Target, error) {
	t := target.AdapterCommand{Name: "the adapter of " + p.Name, Command: p.inDir(p.Client), Env: p.environment(), TimeScale: scale, Seed: seed}
	if p.Builtin {
		exe, err := self()
		if err != nil {
			return nil, err
		}
		t.Command, t.Path, t.Args = "", exe, []string{"peer", "--adapter"}
		return t, nil
	}
	return t, t.Check()
}

// compresses says whether the server takes compressed messages.
func (p interopPeer) compresses() bool {
	return p.Builtin || slices.Contains(p.Capabilities, "compression")
}

// loadPeers reads a configuration.
func loadPeers(name string) ([]interopPeer, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, usagef("--config: %v", err)
	}
	if problems := peerFaults(name, text); len(problems) > 0 {
		return nil, usagef("--config: %s", strings.Join(problems, "\n"))
	}
	var config struct{ Peers []interopPeer }
	if err := json.Unmarshal(text, &config); err != nil {
		return nil, usagef("--config %s: %v", name, err)
	}
	dir, err := filepath.Abs(filepath.Dir(name))
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for i := range config.Peers {
		p := &config.Peers[i]
		p.dir = dir
		if seen[p.Name] {
			return nil, usagef("--config: %s:%d: a second peer with the name %q", name, lineOf(text, fmt.Sprintf("peers[%d].name", i)), p.Name)
		}
		seen[p.Name] = true
	}
	return config.Peers, checkPeers(config.Peers)
}

// roles counts servers and clients.
func roles(peers []interopPeer) (servers, clients int) {
	for _, p := range peers {
		if p.serves() {
			servers++
		}
		if p.connects() {
			clients++
		}
	}
	return servers, clients
}

// checkPeers refuses commands that cannot be used, and sets of which nothing comes.
func checkPeers(peers []interopPeer) error {
	for _, p := range peers {
		if p.serves() {
			if _, err := p.serverTarget(1); err != nil {
				return usagef("--config: the server of %s: %v", p.Name, err)
			}
		}
		if p.connects() {
			if _, err := p.clientTarget(1, 0); err != nil {
				return usagef("--config: the client of %s: %v", p.Name, err)
			}
		}
	}
	if servers, clients := roles(peers); servers == 0 || clients == 0 {
		return usagef("--config: there are %d servers and %d clients, and it takes one of each", servers, clients)
	}
	return nil
}

// peerFaults is what is wrong with a configuration, each with its place.
func peerFaults(name string, text []byte) []string {
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		line := ""
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			line = fmt.Sprintf(":%d", lineAt(text, int(syntax.Offset)))
		}
		return []string{fmt.Sprintf("%s%s: %v", name, line, err)}
	}
	var invalid *jsonschema.ValidationError
	if !errors.As(peersSchema().Validate(document), &invalid) {
		return nil
	}
	var problems []string
	for _, fault := range schemaFaults(invalid) {
		at := fieldPath(fault.InstanceLocation)
		what := "it does not match the schema"
		if unit := fault.BasicOutput(); unit.Error != nil {
			what = unit.Error.String()
		}
		switch k := fault.ErrorKind.(type) {
		case *kind.AdditionalProperties:
			what = fmt.Sprintf("there is no field %q here", k.Properties[0])
			at = strings.TrimPrefix(at+"."+k.Properties[0], ".")
		case *kind.OneOf:
			what = "a peer is either builtin and nothing more, or it has a server, a client or both"
		}
		problems = append(problems, fmt.Sprintf("%s:%d: %s: %s", name, lineOf(text, at), at, what))
	}
	return problems
}

// schemaFaults are the errors in which others end, and choices of which none fits.
func schemaFaults(e *jsonschema.ValidationError) []*jsonschema.ValidationError {
	if _, choice := e.ErrorKind.(*kind.OneOf); choice || len(e.Causes) == 0 {
		return []*jsonschema.ValidationError{e}
	}
	var list []*jsonschema.ValidationError
	for _, cause := range e.Causes {
		list = append(list, schemaFaults(cause)...)
	}
	return list
}
