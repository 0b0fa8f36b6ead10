package easy_test

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/vstp-project/vstp/ref/easy"
)

// Many goroutines share a few connections.
func ExamplePool() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	server, err := easy.Listen(ctx, "tcp", "127.0.0.1:0", easy.Config{}, func(_ context.Context, n int) (int, error) { return n * n, nil })
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	pool, err := easy.NewPool[int, int]("tcp", server.Addr().String(), easy.Config{Timeout: 10 * time.Second}, 4)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer pool.Close()
	var all sync.WaitGroup
	squares := make([]int, 100)
	for i := range squares {
		all.Go(func() {
			square, err := pool.Call(ctx, i)
			if err != nil {
				fmt.Println(err)
			}
			squares[i] = square
		})
	}
	all.Wait()
	sum := 0
	for _, s := range squares {
		sum += s
	}
	fmt.Println(sum)
	// Output: 328350
}
