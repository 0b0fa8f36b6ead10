package fuzz

import (
	"bytes"
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
	"Diff":           diffSeeds,
	"Encode":         encodeSeeds,
	"Headers":        headersSeeds,
	"Hostile":        hostileSeeds,
	"Stream":         streamSeeds,
	"String":         stringSeeds,
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
	families := map[string]int{}
	for _, v := range allVectors() {
		if v.Octets == nil {
			continue
		}
		families[v.Family]++
		for _, target := range append([]string{"DecodeRaw"}, familyTargets[v.Family]...) {
			assert.True(t, held[target][string(v.Octets)], "%s is no seed of Fuzz%s", v.ID(), target)
		}
	}
	for family := range familyTargets {
		assert.Positive(t, families[family], "vectors of the family %s with octets", family)
	}
	assert.Greater(t, families[vectors.FamilyFrame], 100)

	for _, example := range examples() {
		assert.True(t, held["Diff"][string(example.Octets)], "the example of line %d is no seed", example.Line)
	}
}
