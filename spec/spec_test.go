package spec_test

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/spec"
)

func TestTextParses(t *testing.T) {
	list, err := spec.ParseText(spec.Text())
	require.NoError(t, err, "vstp.md")
	assert.Equal(t, list, spec.Requirements())
}

func TestRequirementsJSONIsGeneratedFromTheText(t *testing.T) {
	want, err := spec.MarshalRequirements(spec.Requirements())
	require.NoError(t, err)
	require.True(t, bytes.Equal(want, spec.RequirementsJSON()),
		"spec/requirements.json is not what spec/vstp.md says: run make generate")
}

func TestRequirementsBelongToTheCaller(t *testing.T) {
	id := spec.Requirements()[0].ID
	list := spec.Requirements()
	list[0].Roles[0] = "changed"
	list[0].ID = "changed"
	r, ok := spec.Lookup(id)
	require.True(t, ok)
	r.Roles[0] = "changed"

	fresh, ok := spec.Lookup(id)
	require.True(t, ok)
	assert.NotEqual(t, "changed", fresh.Roles[0])
	assert.Equal(t, fresh, spec.Requirements()[0])
}

func TestLookupFindsEveryRequirement(t *testing.T) {
	for _, want := range spec.Requirements() {
		got, ok := spec.Lookup(want.ID)
		require.True(t, ok, want.ID)
		assert.Equal(t, want, got)
	}
	_, ok := spec.Lookup("XYZ-1")
	assert.False(t, ok)
}

func TestTestableIDsLeavesOutUnitRequirements(t *testing.T) {
	var want []string
	for _, r := range spec.Requirements() {
		if r.Reason == "" {
			want = append(want, r.ID)
		}
	}
	assert.NotEmpty(t, want)
	assert.Equal(t, want, spec.TestableIDs())
}

var (
	// bareID finds the IDs of requirements in running text, with or without
	// brackets; notAnID are names of checksums that look like one.
	bareID  = regexp.MustCompile(`\b[A-Z]{3,4}-[0-9]+\b`)
	notAnID = regexp.MustCompile(`^CRC-(?:16|32)$`)
)

// prefixes returns the letters with which the IDs of the text begin.
func prefixes() map[string]bool {
	set := map[string]bool{}
	for _, r := range spec.Requirements() {
		prefix, _, _ := strings.Cut(r.ID, "-")
		set[prefix] = true
	}
	return set
}

// checkIDs demands that every requirement ID of a document exists.
func checkIDs(t *testing.T, file, text string) {
	t.Helper()
	known := prefixes()
	for i, l := range strings.Split(text, "\n") {
		for _, id := range bareID.FindAllString(l, -1) {
			prefix, _, _ := strings.Cut(id, "-")
			if notAnID.MatchString(id) || !known[prefix] {
				continue
			}
			_, ok := spec.Lookup(id)
			assert.True(t, ok, "%s:%d: there is no requirement %s", file, i+1, id)
		}
	}
}

func TestReferencesBetweenDocumentsHold(t *testing.T) {
	checkIDs(t, "vstp.md", spec.Text())
	checkIDs(t, "test-contract.md", spec.TestContract())
	walkthrough, err := os.ReadFile("new-frame-type.md")
	require.NoError(t, err)
	checkIDs(t, "new-frame-type.md", string(walkthrough))
	// The list of what was dropped names what is not there any more.
	errata, dropped, found := strings.Cut(spec.Errata(), "## Requirements dropped, split or merged")
	require.True(t, found, "errata.md has no section on dropped, split and merged requirements")
	checkIDs(t, "errata.md", errata)
	_, after, found := strings.Cut(dropped, "\n## ")
	assert.False(t, found, "errata.md: the section on dropped requirements is the last one, but this follows: %.40s", after)
}

func TestExamplesNameWhatExists(t *testing.T) {
	blocks, err := spec.HexBlocks(spec.Text())
	require.NoError(t, err)
	require.NotEmpty(t, blocks, "vstp.md holds no worked example")
	r := spec.DefaultRegistry()
	for _, b := range blocks {
		for _, id := range b.Requirements {
			_, ok := spec.Lookup(id)
			assert.True(t, ok, "vstp.md:%d: there is no requirement %s", b.Line, id)
		}
		if b.Error != "" {
			_, ok := r.ErrorCode(b.Error)
			assert.True(t, ok, "vstp.md:%d: the registry has no error %s", b.Line, b.Error)
		}
	}
}

func TestRegistryNamesWhatExists(t *testing.T) {
	r := spec.DefaultRegistry()
	ids := map[string]string{}
	for _, e := range r.Types {
		ids["type "+e.Name] = e.Reference
	}
	for _, e := range r.Flags {
		ids["flag "+e.Name] = e.Reference
	}
	for _, e := range r.HeaderKeys {
		ids["header key "+e.Name] = e.Reference
	}
	for _, e := range r.Limits {
		ids["limit "+e.Name] = e.Requirement
	}
	for _, e := range r.Timers {
		ids["timer "+e.Name] = e.Requirement
	}
	for entry, id := range ids {
		_, ok := spec.Lookup(id)
		assert.True(t, ok, "registry.json: %s refers to %s, which no requirement has", entry, id)
	}
}

func TestRegistryHasTheShapeOfItsSchema(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile("registry.schema.json")
	require.NoError(t, err)
	registry, err := jsonschema.UnmarshalJSON(bytes.NewReader(spec.RegistryJSON()))
	require.NoError(t, err)
	require.NoError(t, schema.Validate(registry))

	again, err := json.Marshal(spec.DefaultRegistry())
	require.NoError(t, err)
	assert.JSONEq(t, string(spec.RegistryJSON()), string(again), "the Go types lose something of registry.json")
}

func TestUncoveredNamesWhatCouldBeObserved(t *testing.T) {
	list, err := spec.Uncovered()
	require.NoError(t, err)
	testable := spec.TestableIDs()
	for _, e := range list {
		assert.Contains(t, testable, e.ID, "uncovered.txt: %s does not exist or is not testable", e.ID)
	}
}
