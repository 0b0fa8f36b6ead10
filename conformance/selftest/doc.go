// Package selftest judges the judge: peers that implement nothing must pass
// nothing, and a reference peer with one rule broken must be caught by a case
// that names the rule.
package selftest
