// Package fuzz is where the reference codec and the judge's decoder meet.
//
// It holds tests only: fuzz targets, properties and the comparison of the
// numbers that both hold with the registry. ref/wire and conformance/dissect
// share no code, so that a difference between them, or between one of them and
// a frame whose fault is known because it was planted, is a mistake in one of
// the two. README.md says how to run the targets and what becomes of a find.
//
// The tests are of this package rather than of fuzz_test because builders for
// libFuzzer look for targets in the package itself. For the same reason the
// helpers of the targets take a require.TestingT: these builders replace the
// package testing.
package fuzz
