package vectors_test

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/vectors"
)

func familyFiles(t *testing.T) []string {
	t.Helper()
	names, err := fs.Glob(vectors.Files(), "*.json")
	require.NoError(t, err)
	var families []string
	for _, name := range names {
		if !strings.HasSuffix(name, ".schema.json") {
			families = append(families, name)
		}
	}
	require.NotEmpty(t, families)
	return families
}

func TestLoadFSBasesAreRight(t *testing.T) {
	for family, base := range bases {
		set, err := vectors.LoadFS(fstest.MapFS{family + ".json": {Data: []byte(base)}})
		require.NoError(t, err)
		assert.NotEmpty(t, set.All())
	}
}

// Every rule that is broken is reported with file, line, vector and field.
func TestLoadFSReportsFaultInItsPlace(t *testing.T) {
	for _, fault := range faults {
		t.Run(fault.name, func(t *testing.T) {
			data := fault.data(t)
			file := fault.family + ".json"
			_, err := vectors.LoadFS(fstest.MapFS{file: {Data: []byte(data)}})
			var reported *vectors.Error
			require.ErrorAs(t, err, &reported)
			assert.Equal(t, file, reported.File)
			assert.Equal(t, fault.vector, reported.Vector)
			assert.Equal(t, fault.field, reported.Field)
			assert.NotEmpty(t, reported.Rule)

			lines := strings.Split(data, "\n")
			require.Positive(t, reported.Line)
			require.LessOrEqual(t, reported.Line, len(lines))
			assert.Contains(t, lines[reported.Line-1], fault.line)
			assert.ErrorContains(t, err, fmt.Sprintf("%s:%d: ", file, reported.Line))
		})
	}
}

func TestLoadFSReportsEveryFault(t *testing.T) {
	data := strings.NewReplacer("InvalidMagic", "BadMagic", `"hand"`, `"hnad"`).Replace(bases["frame"])
	_, err := vectors.LoadFS(fstest.MapFS{
		"frame.json":  {Data: []byte(data)},
		"string.json": {Data: []byte(strings.Replace(bases["string"], "STR-1", "STR1", 1))},
	})
	joined, ok := errors.AsType[interface {
		error
		Unwrap() []error
	}](err)
	require.True(t, ok)
	assert.Len(t, joined.Unwrap(), 4, "%v", err)
}

func TestLoadFSRefusesNothing(t *testing.T) {
	_, err := vectors.LoadFS(fstest.MapFS{})
	require.Error(t, err)

	_, err = vectors.LoadFS(fstest.MapFS{"vectors.schema.json": {Data: []byte("{}")}, "README.md": {}})
	require.Error(t, err)

	empty := bases["varint"][:strings.Index(bases["varint"], `"vectors"`)] + "\"vectors\": []\n}\n"
	_, err = vectors.LoadFS(fstest.MapFS{"varint.json": {Data: []byte(empty)}})
	var reported *vectors.Error
	require.ErrorAs(t, err, &reported)
	assert.Equal(t, "vectors", reported.Field)
}

func TestLoadFSRefusesFamilyInAnotherFile(t *testing.T) {
	_, err := vectors.LoadFS(fstest.MapFS{"frames.json": {Data: []byte(bases["frame"])}})
	var reported *vectors.Error
	require.ErrorAs(t, err, &reported)
	assert.Equal(t, "family", reported.Field)
	assert.Equal(t, 4, reported.Line)
}

func TestLoadFSRefusesWhatIsNotJSON(t *testing.T) {
	for _, data := range []string{"", "[", "{\n\"schema\" 1}", bases["frame"] + "{}", bases["frame"][:700]} {
		_, err := vectors.LoadFS(fstest.MapFS{"frame.json": {Data: []byte(data)}})
		var reported *vectors.Error
		require.ErrorAs(t, err, &reported)
		assert.Contains(t, reported.Rule, "is not JSON")
		assert.Equal(t, "frame.json", reported.File)
	}
	_, err := vectors.LoadFS(fstest.MapFS{"frame.json": {Data: []byte("[]")}})
	assert.Error(t, err)
}

func TestSetLookupFollowsTombstone(t *testing.T) {
	set, err := vectors.LoadFS(fstest.MapFS{"frame.json": {Data: []byte(bases["frame"])}})
	require.NoError(t, err)
	good, ok := set.Lookup("frame/good")
	require.True(t, ok)
	renamed, ok := set.Lookup("frame/buried")
	require.True(t, ok)
	assert.Equal(t, good, renamed)
	_, ok = set.Lookup("frame/nothing")
	assert.False(t, ok)
	_, ok = set.Lookup("good")
	assert.False(t, ok)
}

func loadBases(t *testing.T) vectors.Set {
	t.Helper()
	fsys := fstest.MapFS{}
	for family, base := range bases {
		fsys[family+".json"] = &fstest.MapFile{Data: []byte(base)}
	}
	set, err := vectors.LoadFS(fsys)
	require.NoError(t, err)
	return set
}

func TestLoadFSGivesTypes(t *testing.T) {
	set := loadBases(t)
	var ids []string
	for _, v := range set.All() {
		ids = append(ids, v.ID())
	}
	assert.Equal(t, []string{
		"crc/good", "easy/good", "easy/bad", "flags/good", "flags/honoured", "flags/bad", "frame/good", "frame/bad", "frame/short",
		"generated/good", "gofuzz/bad", "gzip/good", "gzip/bad", "header/good", "header/bad", "header/refused",
		"priority/good", "priority/bad", "reassembly/good", "refuse/bad", "split/whole", "split/two", "split/either", "split/bad",
		"stream/good", "stream/bad", "stream/short", "string/good", "string/refused", "trace/tcp", "trace/udp", "trace/easy",
		"varint/good", "varint/bad",
	}, ids)

	bad, _ := set.Lookup("frame/bad")
	assert.Equal(t, vectors.Vector{
		Family: "frame", Name: "bad", Comment: "Bad", Origin: "forge", Tags: []string{"precedence"},
		Requirements: []string{"FRM-2"}, Octets: []byte{0x58, 0x58, 2, 3, 0},
		Expect: vectors.Expect{Result: "reject", Error: "InvalidMagic"},
	}, bad)
	assert.True(t, bad.Has(vectors.TagPrecedence))
	assert.False(t, bad.Has(vectors.TagDecodeOnly))

	good, _ := set.Lookup("frame/good")
	assert.Equal(t, vectors.Expect{Result: "accept", Consumed: 31, Frame: &vectors.Frame{
		Version: 1, Type: 3, Headers: [][2][]byte{{[]byte("test"), []byte("value")}}, Payload: []byte("Hello"),
	}}, good.Expect)

	short, _ := set.Lookup("frame/short")
	assert.Equal(t, 1000, short.Limit)
	assert.Equal(t, vectors.Expect{Result: "incomplete", Needed: 1000}, short.Expect)

	number, _ := set.Lookup("varint/good")
	assert.Equal(t, vectors.Expect{Result: "accept", Consumed: 2, Value: 300}, number.Expect)

	text, _ := set.Lookup("string/good")
	assert.Equal(t, vectors.Expect{Result: "accept", Consumed: 5, Text: "aaa"}, text.Expect)

	refused, _ := set.Lookup("string/refused")
	assert.Nil(t, refused.Octets)
	assert.Len(t, refused.Expect.Text, 65536)

	empty, _ := set.Lookup("varint/bad")
	assert.NotNil(t, empty.Octets)
	assert.Empty(t, empty.Octets)
}
