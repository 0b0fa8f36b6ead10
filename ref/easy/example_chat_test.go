package easy_test

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/vstp-project/vstp/ref/easy"
)

// chatRequest says something in a room, or asks for what was said there.
type chatRequest struct {
	From  string `json:"from"`
	Say   string `json:"say,omitempty"`
	After int    `json:"after"` // without Say: wait until more than so many lines are there
}

// chatRoom keeps what was said.
type chatRoom struct {
	mu    sync.Mutex
	lines []string
	news  chan struct{} // closed and replaced when a line is added
}

// handle is the function behind the server. One who asks for lines that are not there yet
// is answered when they are: so a server that cannot speak first tells its clients news.
func (r *chatRoom) handle(ctx context.Context, q chatRequest) ([]string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if q.Say != "" {
		r.lines = append(r.lines, q.From+": "+q.Say)
		close(r.news)
		r.news = make(chan struct{})
		return nil, nil
	}
	for len(r.lines) <= q.After {
		news := r.news
		r.mu.Unlock()
		select {
		case <-news:
		case <-ctx.Done():
		}
		r.mu.Lock()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	return r.lines[q.After:], nil
}

// A chat room. Each participant has a client for speaking and one for listening, since the
// answers of a connection come in the order of its requests.
func Example_chat() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	room := &chatRoom{news: make(chan struct{})}
	server, err := easy.Listen(ctx, "tcp", "127.0.0.1:0", easy.Config{}, room.handle)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	participant := func(name string) (speak func(string) error, listen func(after int) ([]string, error), leave func(), err error) {
		clients := make([]*easy.Client[chatRequest, []string], 2)
		for i := range clients {
			if clients[i], err = easy.Dial[chatRequest, []string](ctx, "tcp", server.Addr().String(), easy.Config{}); err != nil {
				return nil, nil, nil, err
			}
		}
		speak = func(text string) error {
			_, err := clients[0].Call(ctx, chatRequest{From: name, Say: text})
			return err
		}
		listen = func(after int) ([]string, error) { return clients[1].Call(ctx, chatRequest{From: name, After: after}) }
		return speak, listen, func() { clients[0].Close(); clients[1].Close() }, nil
	}
	ask, hear, leave, err := participant("Ada")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer leave()
	answer, listen, leave, err := participant("Bob")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer leave()

	done := make(chan error, 1)
	go func() { // Bob answers as soon as he has heard something
		_, err := listen(0)
		if err == nil {
			err = answer("I am here.")
		}
		done <- err
	}()
	if err := ask("Is anybody there?"); err != nil {
		fmt.Println(err)
		return
	}
	for heard := 0; heard < 2; {
		lines, err := hear(heard)
		if err != nil {
			fmt.Println(err)
			return
		}
		for _, line := range lines {
			fmt.Println(line)
		}
		heard += len(lines)
	}
	if err := <-done; err != nil {
		fmt.Println(err)
	}
	// Output:
	// Ada: Is anybody there?
	// Bob: I am here.
}
