package dissect_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance/dissect"
	"github.com/vstp-project/vstp/spec"
	"github.com/vstp-project/vstp/vectors"
)

func frameVectors(t *testing.T) []vectors.Vector {
	t.Helper()
	set, err := vectors.Load()
	require.NoError(t, err)
	var frames []vectors.Vector
	for _, v := range set.All() {
		if v.Family == vectors.FamilyFrame {
			frames = append(frames, v)
		}
	}
	require.NotEmpty(t, frames)
	return frames
}

func TestDecodeVectors(t *testing.T) {
	for _, v := range frameVectors(t) {
		t.Run(v.Name, func(t *testing.T) {
			f := dissect.Decode(v.Octets, dissect.Options{MaxFrame: int64(v.Limit)})
			switch v.Expect.Result {
			case vectors.ResultReject:
				assert.Equal(t, v.Expect.Error, f.Class(), f.Dump())
				assert.Zero(t, f.Needed())
			case vectors.ResultIncomplete:
				assert.Equal(t, "Incomplete", f.Class(), f.Dump())
				assert.Equal(t, v.Expect.Needed, f.Needed())
			case vectors.ResultAccept:
				require.Empty(t, f.Class(), f.Dump())
				compareFrame(t, v, f)
			default:
				t.Fatalf("result %q", v.Expect.Result)
			}
			if !v.Has(vectors.TagPrecedence) && v.Expect.Result == vectors.ResultReject {
				assertOneFault(t, f)
			}
		})
	}
}

func compareFrame(t *testing.T, v vectors.Vector, f dissect.Frame) {
	t.Helper()
	want := v.Expect.Frame
	assert.Equal(t, want.Version, f.Version)
	assert.Equal(t, want.Type, f.Type)
	assert.Equal(t, want.Flags, f.Flags)
	assert.Equal(t, v.Expect.Consumed, int(f.Total))
	assert.Equal(t, v.Octets[:v.Expect.Consumed], f.Raw)
	assert.Len(t, f.Payload, int(f.PayloadLen))
	assert.Equal(t, string(want.Payload), string(f.Payload))
	assert.Equal(t, f.WantCRC, f.CRC)
	assert.Empty(t, hard(f))

	require.Len(t, f.Headers, len(want.Headers))
	at := 11
	for i, h := range f.Headers {
		require.Equal(t, string(want.Headers[i][0]), string(h.Key), "key of header %d", i)
		require.Equal(t, string(want.Headers[i][1]), string(h.Value), "value of header %d", i)
		require.Equal(t, at, h.Offset, "offset of header %d", i)
		at += 2 + len(h.Key) + len(h.Value)
	}
	assert.Equal(t, f.HeaderLen, at-11)
}

// A vector has one fault. Octets that end early are no fault of a frame that is
// refused for its size, and wrong MAGIC can be followed by anything.
func assertOneFault(t *testing.T, f dissect.Frame) {
	t.Helper()
	classes := map[string]bool{}
	for _, v := range f.Violations {
		if !v.Soft && (v.Class != "Incomplete" || f.Class() != "FrameTooLarge") {
			classes[v.Class] = true
		}
	}
	if f.Class() != "InvalidMagic" {
		assert.Len(t, classes, 1, f.Dump())
	}
}

// The vectors that belong together for one requirement say so by its name.
func TestVectorsNameRequirementsThatExist(t *testing.T) {
	set, err := vectors.Load()
	require.NoError(t, err)
	for _, v := range set.All() {
		for _, id := range v.Requirements {
			_, ok := spec.Lookup(id)
			assert.True(t, ok, "%s names %s", v.ID(), id)
		}
	}
}

// Every requirement that a violation names stands in the specification.
func TestViolationsNameRequirementsThatExist(t *testing.T) {
	sources, err := filepath.Glob("*.go")
	require.NoError(t, err)
	id := regexp.MustCompile(`"([A-Z]{2,5}-[0-9]+)"`)
	found := 0
	for _, name := range sources {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := os.ReadFile(name)
		require.NoError(t, err)
		for _, match := range id.FindAllStringSubmatch(string(source), -1) {
			found++
			_, ok := spec.Lookup(match[1])
			assert.True(t, ok, "%s names %s", name, match[1])
		}
	}
	assert.Greater(t, found, 20)
}
