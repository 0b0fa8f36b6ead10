// Package dissect takes octets apart and says everything that is wrong with
// them. It is the reading eye of the judge.
//
// It is total: any octets, of any length, give a [Frame], and never an error.
// One pass from front to back notes each field with its place and goes on past
// a fault as long as the octets allow it, so that a frame with a wrong checksum
// still shows its headers. All faults are kept; [Frame.Class] picks the one that
// a receiver has to report. What is found is bounded by the octets that are
// there, never by the lengths that they declare.
//
// The package knows the eight frame types and four flags by itself and all else
// (further types, flags, header keys, error codes) from the registry. It shares
// no code with the reference implementation.
//
// Frames alias the octets they were read from: keep those unchanged for as long
// as the frame is in use.
package dissect
