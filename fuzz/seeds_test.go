package fuzz

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/vectors"
)

// seedSets are the seeds of each target by its name without "Fuzz". (The builder
// for libFuzzer looks a target up by its full name, which is to stand in one file
// only.)
var seedSets = map[string]func() []seed{
	"DecodeRaw":      decodeRawSeeds,
	"DecodeRepaired": decodeRepairedSeeds,
	"Decimal":        decimalSeeds,
	"Decompress":     decompressSeeds,
	"Diff":           diffSeeds,
	"Encode":         encodeSeeds,
	"Headers":        headersSeeds,
	"Hostile":        hostileSeeds,
	"Scenario":       scenarioSeeds,
	"Stream":         streamSeeds,
	"String":         stringSeeds,
	"Tap":            tapSeeds,
	"Varint":         varintSeeds,
}

func TestEveryTargetHasSeeds(t *testing.T) {
	names, err := filepath.Glob("*_test.go")
	require.NoError(t, err)
	sources := map[string][]byte{}
	for _, name := range names {
		sources[name], err = os.ReadFile(name)
		require.NoError(t, err)
	}
	targets := 0
	for name, source := range sources {
		file, err := parser.ParseFile(token.NewFileSet(), name, source, 0)
		require.NoError(t, err)
		for _, decl := range file.Decls {
			function, ok := decl.(*ast.FuncDecl)
			if !ok {
				continue
			}
			target, ok := strings.CutPrefix(function.Name.Name, "Fuzz")
			if !ok {
				continue
			}
			targets++
			seeds, ok := seedSets[target]
			require.True(t, ok, "Fuzz%s is not in the table seedSets", target)
			assert.NotEmpty(t, seeds(), "seeds of Fuzz%s", target)
			first := source[function.Body.List[0].Pos()-1 : function.Body.List[0].End()-1]
			want := "addSeeds(f, " + strings.ToLower(target[:1]) + target[1:] + "Seeds())"
			assert.Equal(t, want, string(first), "Fuzz%s begins with its seeds", target)
			for other, source := range sources {
				assert.Equal(t, other == name, bytes.Contains(source, []byte("Fuzz"+target)), "%s names Fuzz%s", other, target)
			}
		}
	}
	assert.Equal(t, len(seedSets), targets)
}

// What is written down as octets somewhere is where a fuzzer begins.
func TestEveryVectorIsASeed(t *testing.T) {
	held := map[string]map[string]bool{}
	for target, seeds := range seedSets {
		held[target] = map[string]bool{}
		for _, s := range seeds() {
			held[target][string(s[0].([]byte))] = true
		}
	}
	var missing []string
	look := func(target, origin string, b []byte) {
		if !held[target][string(b)] {
			missing = append(missing, origin+" in Fuzz"+target)
		}
	}
	families := map[string]int{}
	for _, v := range allVectors() {
		for _, b := range octetsOf(v) {
			look("DecodeRaw", v.ID(), b)
			families[v.Family]++
		}
		for _, target := range familyTargets[v.Family] {
			if v.Octets != nil {
				look(target, v.ID(), v.Octets)
			}
		}
	}
	for _, example := range examples() {
		look("Diff", fmt.Sprintf("the example of line %d", example.Line), example.Octets)
	}
	assert.Empty(t, missing)

	for family := range familyTargets {
		assert.Contains(t, vectors.Families(), family)
	}
	assert.Greater(t, families[vectors.FamilyFrame], 100)
	assert.Greater(t, len(families), 10, "families with octets: %v", families)
}
