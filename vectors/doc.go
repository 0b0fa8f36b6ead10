// Package vectors holds hand-anchored octets and what is to be made of them:
// frames, varints and binary strings, one JSON file for each family, embedded
// and read into types.
//
// The files are a reading of the specification of their own. The package imports
// nothing of this module, decodes nothing and computes no checksum; what it
// checks is that a vector is complete, well-formed and at one with itself. The
// README beside it describes the format and the rules for adding to it.
package vectors
