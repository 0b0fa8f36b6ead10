package netem_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/vstp-project/vstp/netem"
)

// The first transmission of every acknowledgement is lost, whatever else happens.
func ExampleParse() {
	profile, err := netem.Parse([]byte(`{"netem": 1, "both": {"delay": "20ms"},
		"rules": [{"dir": "ba", "match": "ACK *", "occurrence": "1", "do": "drop"}]}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	link, err := netem.New(profile, netem.Options{Seed: 1, Labeler: plain{}, ExactTime: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	now := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, text := range []string{"ACK 1", "ACK 1", "ACK 2"} {
		fate := link.Send(now, netem.Packet{Dir: netem.BA, Data: []byte(text)})
		fmt.Println(text, fate.Verdict, fate.Reason, fate.Delay)
	}
	_, err = netem.Parse([]byte(`{"netem": 1, "ab": {"delai": "20ms"}}`))
	fmt.Println(err)
	// Output:
	// ACK 1 drop script 0s
	// ACK 1 deliver none 20ms
	// ACK 2 drop script 0s
	// line 1, column 21: ab: there is no "delai" here; did you mean "delay"?
}

// BenchmarkSend measures one fate, and one datagram on its way through the queue.
func BenchmarkSend(b *testing.B) {
	link, err := netem.New(both(netem.Impairments{Loss: 0.05, Delay: 20 * ms, Jitter: 2 * ms}), netem.Options{Seed: 1, Labeler: same{}})
	if err != nil {
		b.Fatal(err)
	}
	data := make([]byte, 1200)
	var due []netem.Delivery
	for i := range b.N {
		now := epoch.Add(time.Duration(i) * time.Microsecond)
		link.Send(now, netem.Packet{Data: data})
		due = link.Due(now, due[:0])
	}
}

// same has one label for everything.
type same struct{}

func (same) Name() string                                   { return "same/1" }
func (same) Label(netem.Direction, int, []byte) netem.Label { return netem.Label{Text: "DATA"} }
