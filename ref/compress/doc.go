// Package compress turns the payload of a message into one gzip member and back.
//
// [Compress] and [Decompress] do it to frames: they know which frames have it done
// to them and what becomes of the COMP flag. [Gzip] and [Gunzip] do it to octets.
// All four are pure functions and safe for concurrent use.
//
// A message is compressed before it is cut into fragments, and decompressed when
// it has been put together again [CMP-3] [CMP-4].
//
// # Why not compress/gzip
//
// Members are written by the standard library, but read here, by RFC 1952 over
// compress/flate. The reader of compress/gzip passes over the reserved bits of
// FLG, which make what follows unknowable, refuses names and comments of more than
// 511 octets, which are fine, and by default takes several members for one.
package compress
