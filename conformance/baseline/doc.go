// Package baseline holds a run against what its target is known to fail.
//
// A [Baseline] has an entry for each case that fails, with the verdict and the
// fingerprint of the failure, and the reason why it is put up with. A case that
// fails as its entry says comes to expected-fail; one that passes although it has
// an entry comes to unexpected-pass. An entry that no longer tells the truth is
// reported, so that the list can only shrink by being looked at.
//
// A *Baseline is given to [conformance.Options]. It does not change what is run.
package baseline

import (
	_ "embed"
	"slices"
)

// Format names the format of baseline files.
const Format = "vstp-baseline/1"

//go:embed baseline.schema.json
var schema []byte

// Schema returns the JSON Schema (2020-12) of baseline files. The caller owns the
// copy.
func Schema() []byte { return slices.Clone(schema) }
