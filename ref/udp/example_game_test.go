package udp_test

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/vstp-project/vstp/ref/udp"
	"github.com/vstp-project/vstp/ref/wire"
)

// A game sends its state many times in a second and does not mind if some of it is lost:
// Send. What must not be lost is acknowledged: SendReliable, which returns when the
// other side has it, and is delivered once however often it was sent.
func Example_game() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	arrived := make(chan wire.Frame, 16)
	server, err := udp.Listen(ctx, "127.0.0.1:0", udp.Config{
		Handler: func(_ context.Context, r *udp.Request) { arrived <- r.Message },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	player, err := udp.Dial(ctx, server.Addr().String(), udp.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer player.Close()

	state, err := wire.NewBuilder(wire.TypeData).
		Text("game-id", "match-123").
		Text("tick", "1000").
		Payload([]byte{3, 1, 4, 1, 5}).
		Build()
	if err == nil {
		err = player.Send(ctx, player.Peer(), state)
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(<-arrived)

	death, err := wire.NewBuilder(wire.TypeData).Text("event", "player-death").Build()
	if err == nil {
		// The zero AddrPort is the address given to Dial.
		err = player.SendReliable(ctx, netip.AddrPort{}, death)
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	event, _ := (<-arrived).Headers.Get("event")
	fmt.Printf("the server knows of the %s\n", event)

	// Output:
	// DATA game-id=match-123 tick=1000 "\x03\x01\x04\x01\x05" (48 octets)
	// the server knows of the player-death
}
