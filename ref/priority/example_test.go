package priority_test

import (
	"fmt"

	"github.com/vstp-project/vstp/ref/priority"
	"github.com/vstp-project/vstp/ref/wire"
)

func ExampleQueue() {
	q := priority.NewQueue(priority.Config{})
	for _, t := range []wire.Type{wire.TypeData, wire.TypeData, wire.TypePong, wire.TypeAck, wire.TypeBye} {
		if err := q.Push(wire.Frame{Type: t}); err != nil {
			fmt.Println(err)
			return
		}
	}
	fmt.Println(q.Push(wire.Frame{Type: wire.TypeData}))
	for b := q.Take(1000); b != nil; b = q.Take(1000) {
		for rest := b.Octets(); len(rest) > 0; {
			f, n, err := wire.Parse(rest, wire.Limits{})
			if err != nil {
				fmt.Println(err)
				return
			}
			fmt.Println(f)
			rest = rest[n:]
		}
		b.Free()
	}

	// Output:
	// priority: the last frame of the connection is queued already [TCP-9] [TCP-16]
	// ACK (15 octets)
	// PONG (15 octets)
	// DATA (15 octets)
	// DATA (15 octets)
	// BYE (15 octets)
}
