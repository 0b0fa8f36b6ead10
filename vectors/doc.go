// Package vectors holds statements about the specification that need no program:
// octets and what is to be made of them, messages and the datagrams that they
// become, time lines and what an endpoint does in them. There is one JSON file for
// each family, embedded and read into types.
//
// The files are a reading of the specification of their own. The package imports
// nothing of this module, decodes nothing and computes no checksum; what it
// checks is that a vector is complete, well-formed and at one with itself. The
// README beside it describes the format and the rules for adding to it.
package vectors
