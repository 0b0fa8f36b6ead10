// Package pb is the protobuf form of a frame: a list of headers and a payload. Its
// code is made without protoc, from a description in gen.
package pb

//go:generate go run ./gen
