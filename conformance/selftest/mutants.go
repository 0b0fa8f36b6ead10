package selftest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/conformance/target"
	"github.com/vstp-project/vstp/spec"
)

// A Mutant is the reference peer with one rule broken: one textual replacement in
// one file of ref/, laid over the source for a build. There is no switch for it
// in the reference implementation.
type Mutant struct {
	Name        string   // for instance "crc-not-checked"
	Requirement string   // the one that it violates
	Sentence    string   // what it does instead
	Role        string   // how it is judged: conformance.RoleServer (empty), RoleClient or RoleCodec
	File        string   // below the module's root, with slashes
	Old, New    string   // Old must stand in the file exactly once
	Args        []string // further arguments of the peer, of which it needs --no-compression to be judged by what that is about
}

// Mutants is the catalogue, in the order of the specification.
func Mutants() []Mutant {
	place := map[string]int{}
	for i, r := range spec.Requirements() {
		place[r.ID] = i
	}
	all := slices.Concat(
		wireMutants, tcpMutants, tlsMutants, udpMutants, fragMutants, linkMutants, compressMutants, easyMutants,
		codecMutants, again(conformance.RoleCodec, inCodec),
		clientMutants, again(conformance.RoleClient, inClient),
		besideMutants, again(conformance.RoleCodec, inEveryRole), again(conformance.RoleClient, inEveryRole),
	)
	slices.SortStableFunc(all, func(a, b Mutant) int { return place[a.Requirement] - place[b.Requirement] })
	return all
}

// again is the mutants of these names once more, for a role that has the code that
// they break in common with the one they are for. Their names tell the two apart.
func again(role string, names []string) []Mutant {
	var of []Mutant
	for _, m := range slices.Concat(wireMutants, tcpMutants, udpMutants, fragMutants, codecMutants, besideMutants) {
		if slices.Contains(names, m.Name) {
			m.Name, m.Role = m.Name+"-in-"+role, role
			of = append(of, m)
		}
	}
	if len(of) != len(names) {
		panic(fmt.Sprintf("%d of %d mutants for a %s do not exist", len(names)-len(of), len(names), role))
	}
	return of
}

// ErrNoCheckout says that mutants cannot be built here.
var ErrNoCheckout = errors.New("mutants are built from the source of the reference implementation: run this inside a checkout of the project, with go in the PATH")

// Checkout finds the root of the project's checkout, from the working directory
// upwards, and wants a go command to build in it.
func Checkout() (string, error) {
	root, ok := Source()
	if !ok {
		return "", ErrNoCheckout
	}
	if _, err := goCommand(); err != nil {
		return "", ErrNoCheckout
	}
	return root, nil
}

// Source is the root of the project's checkout that the working directory is in.
func Source() (root string, ok bool) {
	dir, err := os.Getwd()
	if err != nil {
		return "", false
	}
	for {
		mod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && bytes.Contains(mod, []byte("module github.com/vstp-project/vstp\n")) {
			return dir, true
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", false
		}
		dir = parent
	}
}

func goCommand() (string, error) { return exec.LookPath("go") }

// Apply returns the source of the mutant's file with the rule broken.
func (m Mutant) Apply(root string) ([]byte, error) {
	sources, err := apply(root, m.Name, []Edit{m.edit()})
	return sources[m.File], err
}

func (m Mutant) edit() Edit { return Edit{m.File, m.Old, m.New} }

// Build builds the reference peer with the rule broken into dir and returns the
// path of the program.
func (m Mutant) Build(ctx context.Context, root, dir string) (string, error) {
	return buildOverlay(ctx, root, dir, m.Name, []Edit{m.edit()})
}

// attempts is how often a mutant that nothing catches is judged.
const attempts = 3

// Mutate builds a mutant and judges it in its role, at the time scale of opts: by the
// cases about the violated requirement, which decide whether it is caught, and by those
// that come before them in the order of the specification, which may blame another rule
// first. It offers compression unless its Args say otherwise.
func Mutate(ctx context.Context, m Mutant, root string, opts conformance.Options) (MutantResult, error) {
	result := MutantResult{Mutant: m}
	dir, err := os.MkdirTemp("", "vstp-mutant-")
	if err != nil {
		return result, err
	}
	defer os.RemoveAll(dir)
	program, err := m.Build(ctx, root, dir)
	if err != nil {
		return result, err
	}
	opts.Profile = "strict"
	opts.Role = m.Role
	opts.Capabilities = []string{"compression"}
	if slices.Contains(m.Args, "--no-compression") {
		opts.Capabilities = []string{}
	}
	args := append([]string{
		"--tcp", "127.0.0.1:0", "--udp", "127.0.0.1:0", "--easy-tcp", "127.0.0.1:0", "--easy-udp", "127.0.0.1:0",
		"--tls", "127.0.0.1:0", "--tls-verify", "127.0.0.1:0", "--client-ca", "{client-ca}", "--time-scale", fmt.Sprint(opts.TimeScale),
	}, m.Args...)
	var peer target.Target = target.Builtin(program, args...)
	if m.Role != "" {
		peer = target.AdapterCommand{Name: m.Name, Path: program, Args: append([]string{"--adapter"}, m.Args...), TimeScale: opts.TimeScale}
	}
	about := opts
	about.Tags = "@" + m.Requirement
	if opts.Run, err = upTo(m.Requirement, opts); err != nil {
		return result, fmt.Errorf("mutant %s: %w", m.Name, err)
	}
	report, err := conformance.Run(ctx, peer, opts)
	if err != nil {
		return result, fmt.Errorf("mutant %s: %w", m.Name, err)
	}
	result.judge(report)
	// A fault that shows by chance or by time may need another look.
	for attempt := 1; attempt < attempts && !result.Killed() && ctx.Err() == nil; attempt++ {
		if report, err = conformance.Run(ctx, peer, about); err != nil {
			return result, fmt.Errorf("mutant %s: %w", m.Name, err)
		}
		result.judge(report)
	}
	if !result.Killed() {
		return result, nil
	}
	result.Blame, err = blame(ctx, peer, m, report, opts)
	return result, err
}

// A Claim is a requirement in the role of a case that judges it.
type Claim struct {
	Requirement string `json:"requirement"`
	Role        string `json:"role"`
}
