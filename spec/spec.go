// Package spec embeds the specification of VSTP 1.0 and makes it readable by
// programs: the normative text with its requirements, the registry of numbers,
// and the documents that stand beside them.
//
// The text in vstp.md is the authority. requirements.json is generated from it
// and a test keeps the two equal.
package spec

import (
	_ "embed"
	"fmt"
	"slices"
	"sync"
)

// Version is the version of the specification that this package embeds.
const Version = "1.0"

//go:generate go run ./internal/gen

//go:embed vstp.md
var text string

//go:embed registry.json
var registryJSON []byte

//go:embed requirements.json
var requirementsJSON []byte

//go:embed errata.md
var errata string

//go:embed test-contract.md
var testContract string

//go:embed adapter.schema.json
var adapterSchema []byte

//go:embed uncovered.txt
var uncovered string

// Text returns the normative text, in Markdown.
func Text() string { return text }

// Errata returns, in Markdown, what the guide leaves contradictory or open and
// how the specification decides it.
func Errata() string { return errata }

// TestContract returns, in Markdown, what an implementation under test offers.
func TestContract() string { return testContract }

// AdapterSchema returns the JSON Schema (2020-12) of the adapter protocol, with a
// definition OPERATION-answer for each operation. The caller owns the copy.
func AdapterSchema() []byte { return slices.Clone(adapterSchema) }

// RequirementsJSON returns the generated list of requirements. The caller owns
// the copy.
func RequirementsJSON() []byte { return slices.Clone(requirementsJSON) }

// RegistryJSON returns the shipped registry as it stands in registry.json. The
// caller owns the copy.
func RegistryJSON() []byte { return slices.Clone(registryJSON) }

// catalogue is the parsed text: the requirements in the order of the text, and
// the place of each in that order.
type catalogue struct {
	list []Requirement
	byID map[string]int
}

// The embedded text is fixed when the program is built and checked by the tests
// of this package, so a fault in it can only be a broken build.
var parsed = sync.OnceValue(func() catalogue {
	list, err := ParseText(text)
	if err != nil {
		panic(fmt.Sprintf("spec: the embedded vstp.md does not parse: %v", err))
	}
	byID := make(map[string]int, len(list))
	for i, r := range list {
		byID[r.ID] = i
	}
	return catalogue{list: list, byID: byID}
})

// Requirements returns every requirement of the text, in its order. The caller
// owns the result.
func Requirements() []Requirement {
	list := slices.Clone(parsed().list)
	for i, r := range list {
		list[i] = r.clone()
	}
	return list
}

// Lookup returns the requirement with the given ID, such as "FRM-6". The caller
// owns the result.
func Lookup(id string) (Requirement, bool) {
	c := parsed()
	i, ok := c.byID[id]
	if !ok {
		return Requirement{}, false
	}
	return c.list[i].clone(), true
}

// TestableIDs returns, in the order of the text, the IDs of the requirements
// that can be observed from outside an implementation: all but those whose
// meta line says "unit". The caller owns the result.
func TestableIDs() []string {
	var ids []string
	for _, r := range parsed().list {
		if r.Testable {
			ids = append(ids, r.ID)
		}
	}
	return ids
}
