// Package features holds the behaviour of VSTP as Gherkin scenarios, one file to
// a section of the specification. Each scenario is tagged with the requirement
// that it judges and a permanent case name; package conformance/steps runs them.
package features

import "embed"

// FS holds the feature files.
//
//go:embed *.feature
var FS embed.FS
