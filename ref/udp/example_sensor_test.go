package udp_test

import (
	"context"
	"fmt"
	"time"

	"github.com/vstp-project/vstp/ref/udp"
	"github.com/vstp-project/vstp/ref/wire"
)

// A sensor says what it has measured in headers. Every frame has a checksum; the CRC
// flag, which CRCFlag sets, is advice that nobody needs.
func Example_sensor() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	measured := make(chan wire.Frame, 1)
	gateway, err := udp.Listen(ctx, "127.0.0.1:0", udp.Config{
		Handler: func(_ context.Context, r *udp.Request) { measured <- r.Message },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer gateway.Close()
	sensor, err := udp.Dial(ctx, gateway.Addr().String(), udp.Config{CRCFlag: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer sensor.Close()

	f, err := wire.NewBuilder(wire.TypeData).
		Text("sensor-id", "temp-001").
		Text("location", "floor-2-room-5").
		Text("battery", "85%").
		Text("temperature", "22.5").
		Build()
	if err == nil {
		err = sensor.Send(ctx, sensor.Peer(), f)
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	for key, value := range (<-measured).Headers.All() {
		fmt.Printf("%s: %s\n", key, value)
	}

	// Output:
	// sensor-id: temp-001
	// location: floor-2-room-5
	// battery: 85%
	// temperature: 22.5
}
