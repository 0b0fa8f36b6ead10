// Package extension lets a program look at and change the frames of an endpoint on
// their way to the application and from it.
//
// A [Handler] is registered under a name in a [Pipeline]. The frames that come in
// and those that go out have a pipeline each, as in [Set]: what compresses has its
// place in the one and would spoil the other.
//
// Frames that come in reach the pipeline when they have been decoded, put together
// and decompressed: a handler sees what the application will see [EXT-1]. Frames that
// go out reach theirs before they are cut into fragments.
//
// [Logging] and [Compression] are handlers to be used and to be read; [ForType] makes
// one of a function, for a frame type that a program has added to the registry for
// example.
package extension
