// Package easy exchanges values as JSON in place of frames: a [Client] sends a request
// and receives its response, a [Server] calls a function for each request and sends back
// what it returns. It is the same over TCP and over UDP; the network is a word at Dial
// and Listen.
//
//	server, err := easy.Listen(ctx, "tcp", "127.0.0.1:4002", easy.Config{},
//		func(ctx context.Context, q Question) (Answer, error) { ... })
//
//	client, err := easy.Dial[Question, Answer](ctx, "tcp", "127.0.0.1:4002", easy.Config{})
//	answer, err := client.Call(ctx, Question{...})
//
// # What goes wrong
//
// Every error can be told apart by its kind: errors.Is(err, wire.Timeout) asks whether no
// response has come in time. A *session.PeerError is what the server reports: of kind
// wire.DeserializationError, that it could not read the request, and of kind
// wire.ServerError, that its function has failed. A *session.LocalError arose here: of kind
// wire.SerializationError, that the value cannot become JSON, and nothing was sent; of kind
// wire.DeserializationError, that the response is not the JSON expected.
//
// # TCP and UDP
//
// Over TCP each request draws exactly one answer, and answers come in the order of the
// requests; any number of calls may be under way on one client. A server works on the
// requests of one connection one after another, and on those of different connections at
// the same time; a [Pool] is for a program that wants more than one at a time.
//
// Over UDP a request and its response may be lost or, on some networks, doubled, and
// nothing in them says which belong together. A client therefore has one call under way at
// a time, and after a call that got no answer goes on from another port, at which a late
// answer does not arrive. Config.Reliable repeats requests and responses until they are
// acknowledged and takes each of them once.
package easy
