// Package priority decides which of the frames that wait for one connection is sent
// next. It has no sockets, no goroutines and no clock.
//
// [wire.Type.Priority] has the table of priorities; [Queue] acts on it.
package priority
