package easy_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/vstp-project/vstp/ref/easy"
	"github.com/vstp-project/vstp/ref/wire"
)

// reading is what a sensor has measured.
type reading struct {
	Sensor  string  `json:"sensor"`
	Celsius float64 `json:"celsius"`
}

// receipt is what a sensor is told.
type receipt struct {
	Readings int `json:"readings"` // of this sensor, so far
}

// collector keeps the readings of all sensors.
type collector struct {
	mu  sync.Mutex
	all map[string][]float64
}

func (c *collector) take(_ context.Context, r reading) (receipt, error) {
	if r.Celsius < -273.15 {
		return receipt{}, easy.Failure("a reading is below absolute zero")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all[r.Sensor] = append(c.all[r.Sensor], r.Celsius)
	return receipt{len(c.all[r.Sensor])}, nil
}

// average returns how many readings a sensor has sent, and their mean.
func (c *collector) average(sensor string) (readings int, mean float64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, v := range c.all[sensor] {
		mean += v / float64(len(c.all[sensor]))
	}
	return len(c.all[sensor]), mean
}

// Sensors that report over UDP. Reliable repeats what is lost and has each reading counted
// once; what has gone wrong with a reading does not keep the next one from being sent.
func Example_telemetry() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c := &collector{all: map[string][]float64{}}
	cfg := easy.Config{Reliable: true, Timeout: 10 * time.Second}
	server, err := easy.Listen(ctx, "udp", "127.0.0.1:0", cfg, c.take)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()

	readings := map[string][]float64{"roof": {7, 7.5, 9.5}, "cellar": {12, -1000, 14}}
	var sensors sync.WaitGroup
	for name, values := range readings {
		sensors.Go(func() {
			client, err := easy.Dial[reading, receipt](ctx, "udp", server.Addr().String(), cfg)
			if err != nil {
				fmt.Println(err)
				return
			}
			defer client.Close()
			for _, v := range values {
				_, err := client.Call(ctx, reading{name, v})
				switch {
				case errors.Is(err, wire.ServerError): // it was refused, and so would it be again
				case err != nil:
					fmt.Println(name, err)
				}
			}
		})
	}
	sensors.Wait()
	for _, name := range []string{"cellar", "roof"} {
		readings, mean := c.average(name)
		fmt.Printf("%s: %d readings, %.1f °C\n", name, readings, mean)
	}
	// Output:
	// cellar: 2 readings, 13.0 °C
	// roof: 3 readings, 8.0 °C
}
