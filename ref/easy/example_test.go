package easy_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/vstp-project/vstp/ref/easy"
	"github.com/vstp-project/vstp/ref/wire"
)

// A request/response service: the values are types of the program, the rest is the same
// for every service. Put "udp" in place of "tcp" and it runs over UDP.
func Example() {
	type question struct {
		City string `json:"city"`
	}
	type answer struct {
		Degrees float64 `json:"degrees"`
	}
	degrees := map[string]float64{"Bergen": 8.5, "Lagos": 31}

	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	server, err := easy.Listen(ctx, "tcp", "127.0.0.1:0", easy.Config{}, func(_ context.Context, q question) (answer, error) {
		d, ok := degrees[q.City]
		if !ok {
			return answer{}, easy.Failure("there is no station in that city")
		}
		return answer{d}, nil
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()

	client, err := easy.Dial[question, answer](ctx, "tcp", server.Addr().String(), easy.Config{Timeout: 10 * time.Second})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	for _, city := range []string{"Bergen", "Atlantis", "Lagos"} {
		a, err := client.Call(ctx, question{city})
		switch {
		case errors.Is(err, wire.ServerError):
			fmt.Println(city, "is not known")
		case err != nil:
			fmt.Println(err)
		default:
			fmt.Println(city, a.Degrees)
		}
	}
	// Output:
	// Bergen 8.5
	// Atlantis is not known
	// Lagos 31
}

// Requests that are sent on while responses come in: over TCP they come in the order of
// the requests.
func ExampleClient_Send() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	server, err := easy.Listen(ctx, "tcp", "127.0.0.1:0", easy.Config{}, func(_ context.Context, s string) (string, error) {
		return strings.ToUpper(s), nil
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	client, err := easy.Dial[string, string](ctx, "tcp", server.Addr().String(), easy.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	words := []string{"one", "two", "three"}
	for _, w := range words {
		if err := client.Send(ctx, w); err != nil {
			fmt.Println(err)
			return
		}
	}
	for range words {
		answer, err := client.Receive(ctx)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(answer)
	}
	// Output:
	// ONE
	// TWO
	// THREE
}
