// Package priority decides which of the frames that wait for one connection are sent
// next. It has no sockets, no goroutines and no clock.
//
// [wire.Type.Priority] has the table of priorities; [Queue] acts on it. It holds frames
// as octets, in buffers for each priority, and gives them out in batches that are each
// written in one go. Where nothing may overtake anything, which is so for DATA among
// DATA, a batch is such a buffer itself and nothing is copied twice.
//
// A queue makes a difference only while something waits in it: behind a peer that reads
// slowly, an ACK or PONG need not wait for a megabyte of DATA that was to be sent before
// it, and the peer does not take a busy connection for a dead one.
//
// # What overtakes what
//
// Of a queue with these frames, the oldest first,
//
//	DATA 1, DATA 2, PONG, ACK, BYE
//
// ACK comes out first, for its priority is the highest, then PONG, then DATA 1, DATA 2
// and BYE. DATA never changes its order [PRI-4]. BYE has a high priority and overtakes
// nothing all the same, nor does an ERR that ends a connection: what was queued before
// the end has to arrive before it [PRI-3].
//
// Whoever asks without pause must not keep the DATA of others waiting for ever. So many
// frames, [Config.Burst], may overtake an older one in a row; then the oldest goes.
//
// # Bounds
//
// A queue is bounded by octets: [Queue.Full] says that messages have to wait. Control
// frames find room beyond that, up to twice as much, see [Queue.FullForControl]: an
// endpoint that has no room for more messages still answers.
package priority
