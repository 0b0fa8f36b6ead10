package easy_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/vstp-project/vstp/ref/easy"
)

// gameMessage moves a player, or tells of something that must not be missed.
type gameMessage struct {
	Player string `json:"player"`
	Tick   int    `json:"tick,omitempty"` // of a position
	X      int    `json:"x,omitempty"`
	Event  string `json:"event,omitempty"`
}

// gameState is what everybody is told.
type gameState struct {
	Positions map[string]int `json:"positions"`
	Events    []string       `json:"events"`
}

// game is the world of all players.
type game struct {
	mu     sync.Mutex
	ticks  map[string]int
	x      map[string]int
	events []string
}

func (g *game) handle(_ context.Context, m gameMessage) (gameState, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case m.Player == "":
		return gameState{}, easy.Failure("nobody plays")
	case m.Event != "":
		g.events = append(g.events, m.Player+" "+m.Event)
	case m.Tick > g.ticks[m.Player]: // over UDP an old position may come late
		g.ticks[m.Player], g.x[m.Player] = m.Tick, m.X
	}
	state := gameState{Positions: map[string]int{}, Events: append([]string{}, g.events...)}
	for player, x := range g.x {
		state.Positions[player] = x
	}
	return state, nil
}

// player is a client that holds both transports and chooses for each message.
type player struct {
	name   string
	quick  *easy.Client[gameMessage, gameState] // over UDP: the latest counts, a loss does not matter
	secure *easy.Client[gameMessage, gameState] // over TCP: nothing is lost, and in order
}

func join(ctx context.Context, name, udpAddr, tcpAddr string) (*player, error) {
	quick, err := easy.Dial[gameMessage, gameState](ctx, "udp", udpAddr, easy.Config{Timeout: 50 * time.Millisecond})
	if err != nil {
		return nil, err
	}
	secure, err := easy.Dial[gameMessage, gameState](ctx, "tcp", tcpAddr, easy.Config{})
	if err != nil {
		return nil, errors.Join(err, quick.Close())
	}
	return &player{name, quick, secure}, nil
}

// move tells a position. That the answer is lost is no error: the next move follows soon.
func (p *player) move(ctx context.Context, tick, x int) error {
	return p.quick.Send(ctx, gameMessage{Player: p.name, Tick: tick, X: x})
}

// tell tells of an event, and returns the state after it.
func (p *player) tell(ctx context.Context, event string) (gameState, error) {
	return p.secure.Call(ctx, gameMessage{Player: p.name, Event: event})
}

func (p *player) leave() {
	p.quick.Close()
	p.secure.Close()
}

// A game: positions go over UDP, as many as there are ticks, and events that decide the
// game over TCP. The server has one function for both.
func Example_game() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	g := &game{ticks: map[string]int{}, x: map[string]int{}}
	addrs := map[string]string{}
	for _, network := range []string{"udp", "tcp"} {
		server, err := easy.Listen(ctx, network, "127.0.0.1:0", easy.Config{}, g.handle)
		if err != nil {
			fmt.Println(err)
			return
		}
		defer server.Close()
		addrs[network] = server.Addr().String()
	}
	p, err := join(ctx, "Ada", addrs["udp"], addrs["tcp"])
	if err != nil {
		fmt.Println(err)
		return
	}
	defer p.leave()
	for tick := 1; tick <= 30; tick++ {
		if err := p.move(ctx, tick, 10*tick); err != nil {
			fmt.Println(err)
			return
		}
	}
	for _, event := range []string{"takes the flag", "wins"} {
		state, err := p.tell(ctx, event)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(state.Events)
	}
	// Output:
	// [Ada takes the flag]
	// [Ada takes the flag Ada wins]
}
