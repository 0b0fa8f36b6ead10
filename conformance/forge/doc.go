// Package forge builds octets that look like VSTP frames, whether or not the
// specification allows them.
//
// It is the sending hand of the judge. It validates nothing: what it is told to
// write it writes, and a length that does not fit its field is cut down to the
// field's width without complaint. That makes it useless as a codec and right as
// a source of stimuli.
//
// The package uses the standard library only and shares neither code nor shape
// with the reference implementation. Every function returns octets in memory of
// its own: the caller owns the result, and no argument is kept or changed.
package forge
