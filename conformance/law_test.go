package conformance_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The import law: which package may know of which. It is read from the build
// itself, over "go list -deps".

const module = "github.com/vstp-project/vstp"

// Patterns in the law are import paths, those of the module without its name; a
// trailing "/..." takes in everything below.
const (
	godog    = "github.com/cucumber/godog/..."
	testify  = "github.com/stretchr/testify/..."
	rapid    = "pgregory.net/rapid/..."
	gofuzz   = "github.com/google/gofuzz/..."
	goleak   = "go.uber.org/goleak/..."
	specRoom = "spec/..."
)

// A room says which packages of the module its own files import. What it says
// nothing about is not allowed.
type room struct {
	pattern string
	imports []string // patterns
	// stdOnly rooms link nothing from outside the module but the standard library.
	stdOnly bool
	reason  string
}

var rooms = []room{
	{
		pattern: specRoom, imports: []string{specRoom}, stdOnly: true,
		reason: "the specification comes before everything that obeys or judges it",
	},
	{
		pattern: "features/...", stdOnly: true,
		reason: "features are text: they are read by the judge and know nothing of it",
	},
	{
		pattern: "vectors/...", stdOnly: true,
		reason: "vectors are anchored by hand: a codec of ours must not have made them",
	},
	{
		pattern: "internal/bench", stdOnly: true,
		reason: "a stopwatch must not know what it stops",
	},
	{
		pattern: "ref/wire", stdOnly: true,
		reason: "the codec is a leaf that anyone can take along alone",
	},
	{
		pattern: "ref/frag", imports: []string{"ref/wire"}, stdOnly: true,
		reason: "cutting and joining need frames and the time, no sockets",
	},
	{
		pattern: "ref/reliable", imports: []string{"ref/wire", "ref/frag"}, stdOnly: true,
		reason: "what is to be sent again is decided without sockets or clocks",
	},
	{
		pattern: "ref/session", imports: []string{"ref/wire"}, stdOnly: true,
		reason: "the state machines turn frames into frames, without sockets or clocks",
	},
	{
		pattern: "ref/compress", imports: []string{"ref/wire"}, stdOnly: true,
		reason: "compressing turns frames into frames, and decompressing needs no more than a limit",
	},
	{
		pattern: "ref/priority", imports: []string{"ref/wire"}, stdOnly: true,
		reason: "what is sent next is decided without sockets or clocks",
	},
	{
		pattern: "ref/extension", imports: []string{"ref/wire", "ref/compress"}, stdOnly: true,
		reason: "an extension sees frames, and not where they come from",
	},
	{
		pattern: "ref/metrics", stdOnly: true,
		reason: "what counts need not know what it counts",
	},
	{
		pattern: "ref/metrics/metricshttp", imports: []string{"ref/metrics"}, stdOnly: true,
		reason: "what shows numbers need not know what was counted",
	},
	{
		pattern: "ref/rate", stdOnly: true,
		reason: "how much somebody may send is decided without sockets or clocks",
	},
	{
		pattern: "ref/tcp", imports: []string{"ref/wire", "ref/compress", "ref/extension", "ref/priority", "ref/session", "ref/rate", "ref/metrics"}, stdOnly: true,
		reason: "a transport adds sockets and goroutines to the state machines and nothing else",
	},
	{
		pattern: "ref/tcp/pki", stdOnly: true,
		reason: "certificates for a test have nothing to do with what is sent under them",
	},
	{
		pattern: "ref/udp", imports: []string{"ref/wire", "ref/compress", "ref/extension", "ref/frag", "ref/reliable", "ref/session", "ref/rate", "ref/metrics"}, stdOnly: true,
		reason: "a transport adds sockets and goroutines to the state machines and nothing else",
	},
	{
		pattern: "ref/easy", imports: []string{"ref/wire", "ref/compress", "ref/session", "ref/tcp", "ref/udp"}, stdOnly: true,
		reason: "values instead of frames are made of the two transports and nothing else",
	},
	{
		pattern: "ref/peer/...", imports: []string{"ref/..."}, stdOnly: true,
		reason: "the reference peer offers the test contract with the reference implementation alone",
	},
	{
		pattern: "conformance", imports: []string{specRoom, "vectors", "features", "conformance/...", "netem"},
		reason: "the judge knows the specification and its own tools, and no implementation",
	},
	{
		pattern: "conformance/forge", stdOnly: true,
		reason: "what builds bytes, legal or not, must not be steered by any idea of what is legal",
	},
	{
		pattern: "conformance/dissect", imports: []string{"spec"}, stdOnly: true,
		reason: "the judge's decoder takes its numbers from the registry and its shape from nobody",
	},
	{
		pattern: "conformance/capture", stdOnly: true,
		reason: "packets are packets: what is inside them is for others to read",
	},
	{
		pattern: "conformance/tap", imports: []string{"spec", "conformance/dissect", "conformance/capture"}, stdOnly: true,
		reason: "whoever only watches needs neither sockets nor anything to send",
	},
	{
		pattern: "conformance/pki", stdOnly: true,
		reason: "certificates have nothing to do with what is sent under them",
	},
	{
		pattern: "conformance/target", imports: []string{"conformance/pki"}, stdOnly: true,
		reason: "reaching an implementation has nothing to do with what is sent to it",
	},
	{
		pattern: "netem", stdOnly: true,
		reason: "the engine decides about octets whose meaning it does not know",
	},
	{
		pattern: "netem/memnet", imports: []string{"netem"}, stdOnly: true,
		reason: "a network in memory is a driver of the engine and nothing else",
	},
	{
		pattern: "netem/relay", imports: []string{"netem"}, stdOnly: true,
		reason: "a relay is a driver of the engine and nothing else",
	},
	{
		pattern: "netem/des", imports: []string{"netem"}, stdOnly: true,
		reason: "an event loop is a driver of the engine and nothing else",
	},
	{
		pattern: "conformance/probe",
		imports: []string{"spec", "conformance/forge", "conformance/dissect", "conformance/target", "conformance/pki", "netem", "netem/relay"},
		reason:  "a probe sends, watches and waits; what is right is decided above it",
	},
	{
		pattern: "conformance/steps",
		imports: []string{"spec", "vectors", "conformance/probe", "conformance/forge", "conformance/dissect", "conformance/target", "conformance/pki", "netem"},
		reason:  "steps speak through the probe; of the target they know how an adapter writes a frame and an answer",
	},
	{
		pattern: "conformance/report",
		imports: []string{"spec", "conformance", "conformance/dissect", "conformance/probe", "conformance/target", "conformance/capture"},
		reason:  "reports are written from results and the evidence in them, after the fact",
	},
	{
		pattern: "conformance/baseline",
		imports: []string{"conformance", "conformance/probe"},
		reason:  "what is known of a target is held against results, after the fact",
	},
	{
		pattern: "conformance/conftest",
		imports: []string{"conformance", "conformance/target", "conformance/report"},
		reason:  "users' tests get the judge as the library has it",
	},
	{
		pattern: "conformance/selftest/...", imports: []string{specRoom, "conformance/..."},
		reason: "the judge is judged from outside the implementation, by peers that are built for it",
	},
	{
		pattern: "conformance/selftest/stranger", imports: []string{"conformance/forge", "conformance/dissect"}, stdOnly: true,
		reason: "a peer of another hand has a pen and eyes, and nobody to copy from",
	},
	{
		pattern: "fuzz/...",
		imports: []string{specRoom, "vectors", "features", "conformance/...", "ref/...", "fuzz/..."},
		reason:  "here the readings of the specification meet, to be held against each other",
	},
	{
		pattern: "cmd/vstp-conform/...",
		imports: []string{specRoom, "vectors", "features", "conformance/...", "ref/...", "netem/...", "cmd/vstp-conform/..."},
		reason:  "the command joins the judge, the link emulator and the reference peer, which it runs as a child process",
	},
}

// A ban says what a package does not link, by whatever way it would come in.
type ban struct {
	pattern string
	links   []string // patterns
	// tests extends the ban to what the tests of the package import.
	tests  bool
	reason string
}

var bans = []ban{
	{
		pattern: "ref/...", links: []string{"conformance/..."}, tests: true,
		reason: "an implementation that borrows from its judge is judged by itself",
	},
	{
		pattern: "conformance/...", links: []string{"ref/..."}, tests: true,
		reason: "a judge that borrows from the implementation repeats its mistakes",
	},
	{
		pattern: "conformance/...", links: []string{testify, rapid, gofuzz, goleak},
		reason: "users link the library, and tools for tests bring flags and panics along",
	},
	{
		pattern: "cmd/vstp-conform", links: []string{testify, rapid, gofuzz, goleak},
		reason: "the program is not a test, and tools for tests bring flags and panics along",
	},
}

// godogDoor is the one package whose files and tests import godog itself.
const (
	godogDoor   = "conformance/steps"
	godogReason = "godog stays behind one door, so that it can be replaced"
)

type goPackage struct {
	ImportPath                         string
	Standard                           bool
	Imports, TestImports, XTestImports []string
	Deps                               []string
}

func TestImportLaw(t *testing.T) {
	packages := listPackages(t)
	for _, fault := range violations(packages, rooms, bans) {
		t.Error(fault)
	}
}

// listPackages asks the go command, which go test puts first in PATH, for the
// packages of the module and everything that they link.
func listPackages(t *testing.T) []goPackage {
	t.Helper()
	var stderr bytes.Buffer
	cmd := exec.Command("go", "list", "-deps",
		"-json=ImportPath,Standard,Imports,TestImports,XTestImports,Deps", module+"/...")
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, "go list: %s", stderr.String())
	var list []goPackage
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			return list
		}
		require.NoError(t, err)
		list = append(list, p)
	}
}

// violations returns one line for each breach of the law, and for each of its
// patterns that no package matches: a rule that watches nothing is no rule.
func violations(packages []goPackage, rooms []room, bans []ban) []string {
	standard := map[string]bool{}
	for _, p := range packages {
		standard[p.ImportPath] = p.Standard
	}
	var faults []string
	fault := func(reason, format string, args ...any) {
		faults = append(faults, fmt.Sprintf(format, args...)+": "+reason)
	}
	matched := map[string]bool{} // by pattern
	doorUsed := false
	for _, p := range packages {
		name, ours := own(p.ImportPath)
		if !ours {
			continue
		}
		lawful := false
		for _, r := range rooms {
			if !match(r.pattern, name) {
				continue
			}
			lawful, matched[r.pattern] = true, true
			for _, path := range p.Imports {
				if dep, ours := own(path); ours && !matchAny(r.imports, dep) {
					fault(r.reason, "%s imports %s", name, dep)
				}
			}
			for _, path := range p.Deps {
				if _, ours := own(path); r.stdOnly && !ours && !standard[path] && path != "C" {
					fault(r.reason, "%s links %s, which is not of the standard library", name, path)
				}
			}
		}
		if !lawful {
			fault("every package belongs to a room", "%s has no rule in conformance/law_test.go", name)
		}
		tests := slices.Concat(p.TestImports, p.XTestImports)
		for _, b := range bans {
			if !match(b.pattern, name) {
				continue
			}
			matched[b.pattern] = true
			for _, path := range p.Deps {
				if dep, _ := own(path); matchAny(b.links, dep) {
					fault(b.reason, "%s links %s", name, dep)
				}
			}
			for _, path := range tests {
				if dep, _ := own(path); b.tests && matchAny(b.links, dep) {
					fault(b.reason, "the tests of %s import %s", name, dep)
				}
			}
		}
		for _, path := range slices.Concat(p.Imports, tests) {
			switch {
			case !match(godog, path):
			case name == godogDoor:
				doorUsed = true
			default:
				fault(godogReason, "%s imports %s", name, path)
			}
		}
	}
	for _, r := range rooms {
		if !matched[r.pattern] {
			fault(r.reason, "no package matches the room %s", r.pattern)
		}
	}
	for _, b := range bans {
		if !matched[b.pattern] {
			fault(b.reason, "no package matches the ban on %s", b.pattern)
		}
	}
	if !doorUsed {
		fault(godogReason, "%s does not import godog", godogDoor)
	}
	return faults
}

// own returns an import path without the name of the module, and whether it is
// of the module at all.
func own(path string) (string, bool) {
	if path == module {
		return ".", true
	}
	return strings.CutPrefix(path, module+"/")
}

func match(pattern, name string) bool {
	if root, ok := strings.CutSuffix(pattern, "/..."); ok {
		return name == root || strings.HasPrefix(name, root+"/")
	}
	return name == pattern
}

func matchAny(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return match(p, name) })
}

// The law itself is tested on a module made up for it.
func TestImportLawSeesEachBreach(t *testing.T) {
	law := []room{
		{pattern: "spec/...", imports: []string{"spec/..."}, stdOnly: true, reason: "first"},
		{pattern: "ref/...", imports: []string{"ref/wire"}, stdOnly: true, reason: "apart"},
		{pattern: "conformance", imports: []string{"spec", "conformance/..."}, reason: "judge"},
		{pattern: "conformance/steps", imports: []string{"spec"}, reason: "steps"},
	}
	banned := []ban{{pattern: "ref/...", links: []string{"conformance/...", testify}, tests: true, reason: "itself"}}
	lawful := func() map[string]*goPackage {
		return map[string]*goPackage{
			"spec":              {Imports: []string{"embed"}},
			"spec/cite":         {Imports: []string{module + "/spec"}, XTestImports: []string{"github.com/stretchr/testify/require"}},
			"ref/wire":          {Deps: []string{"fmt", "vendor/golang.org/x/net/idna"}},
			"ref/tcp":           {Imports: []string{module + "/ref/wire"}, Deps: []string{module + "/ref/wire", "net"}},
			"conformance":       {Imports: []string{module + "/conformance/steps", "github.com/spf13/cobra"}},
			"conformance/steps": {Imports: []string{"github.com/cucumber/godog"}},
		}
	}
	for name, c := range map[string]struct {
		change func(m map[string]*goPackage)
		want   []string
	}{
		"nothing": {func(map[string]*goPackage) {}, nil},
		"import of ours": {
			func(m map[string]*goPackage) { m["spec"].Imports = []string{module + "/ref/wire"} },
			[]string{"spec imports ref/wire: first"},
		},
		"module outside": {
			func(m map[string]*goPackage) { m["ref/wire"].Deps = []string{"golang.org/x/net/idna"} },
			[]string{"ref/wire links golang.org/x/net/idna, which is not of the standard library: apart"},
		},
		"banned by another way": {
			func(m map[string]*goPackage) { m["ref/tcp"].Deps = []string{module + "/conformance/forge"} },
			[]string{"ref/tcp links conformance/forge: itself"},
		},
		"banned in a test": {
			func(m map[string]*goPackage) { m["ref/tcp"].XTestImports = []string{module + "/conformance"} },
			[]string{"the tests of ref/tcp import conformance: itself"},
		},
		"banned from outside": {
			func(m map[string]*goPackage) {
				m["ref/tcp"].TestImports = []string{"github.com/stretchr/testify/require"}
			},
			[]string{"the tests of ref/tcp import github.com/stretchr/testify/require: itself"},
		},
		"godog elsewhere": {
			func(m map[string]*goPackage) { m["conformance"].TestImports = []string{"github.com/cucumber/godog"} },
			[]string{"conformance imports github.com/cucumber/godog: " + godogReason},
		},
		"godog nowhere": {
			func(m map[string]*goPackage) { m["conformance/steps"].Imports = nil },
			[]string{"conformance/steps does not import godog: " + godogReason},
		},
		"room without a rule": {
			func(m map[string]*goPackage) { m["attic"] = &goPackage{} },
			[]string{"attic has no rule in conformance/law_test.go: every package belongs to a room"},
		},
		"rules without a room": {
			func(m map[string]*goPackage) { delete(m, "ref/wire"); delete(m, "ref/tcp") },
			[]string{"no package matches the room ref/...: apart", "no package matches the ban on ref/...: itself"},
		},
		"name that only begins like a room": {
			func(m map[string]*goPackage) { m["specs"] = &goPackage{} },
			[]string{"specs has no rule in conformance/law_test.go: every package belongs to a room"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := lawful()
			c.change(m)
			packages := []goPackage{{ImportPath: "vendor/golang.org/x/net/idna", Standard: true}}
			for _, std := range []string{"embed", "fmt", "net"} {
				packages = append(packages, goPackage{ImportPath: std, Standard: true})
			}
			packages = append(packages, goPackage{ImportPath: "golang.org/x/net/idna"})
			for name, p := range m {
				p.ImportPath = module + "/" + name
				packages = append(packages, *p)
			}
			assert.Equal(t, c.want, violations(packages, law, banned))
		})
	}
}
