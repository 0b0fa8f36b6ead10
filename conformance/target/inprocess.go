package target

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// InProcess is a server that runs in the judge's own process: for Go
// implementations that are judged by their own tests. A panic of it ends the judge
// too, and its memory is not measured; use [Exec] where that counts.
type InProcess struct {
	Name string // for reports; empty means "a server in this process"

	// Serve lets a new server listen, on addresses that nothing else uses, and
	// returns once it does. stop ends that server and waits for it. It is called
	// again where a case wants a fresh server.
	Serve func(ctx context.Context) (addrs Addrs, stop func(), err error)
}

// Restartable is true.
func (p InProcess) Restartable() bool { return true }

func (p InProcess) String() string {
	if p.Name == "" {
		return "a server in this process"
	}
	return p.Name
}

// Start calls Serve and checks that its TCP addresses accept connections.
func (p InProcess) Start(ctx context.Context) (Instance, error) {
	addrs, stop, err := p.Serve(ctx)
	if err != nil {
		return nil, &UnreachableError{Target: p.String(), Tried: "Serve was called", Err: err}
	}
	inst := &served{addrs: addrs, stop: stop}
	if addrs.Empty() {
		inst.Stop()
		return nil, &UnreachableError{Target: p.String(), Tried: "Serve was called", Err: errors.New("it returned no address")}
	}
	for _, l := range addrs.listeners() {
		if l.datagram {
			continue
		}
		if err := touch(ctx, (&net.Dialer{Timeout: dialTimeout}).DialContext, l.addr); err != nil {
			inst.Stop()
			return nil, &UnreachableError{Target: p.String(), Tried: "Serve was called", Err: err}
		}
	}
	return inst, nil
}

// served is a server that Serve has started.
type served struct {
	addrs Addrs
	stop  func()
	once  sync.Once
}

func (s *served) Addrs() Addrs { return s.addrs }

func (*served) Exited() <-chan struct{} { return nil }

func (*served) Exit() string { return "" }

func (*served) Output() []byte { return nil }

func (s *served) Stop() {
	s.once.Do(func() {
		if s.stop != nil {
			s.stop()
		}
	})
}

// InProcessAdapter is an adapter that runs in the judge's own process: a function
// that reads requests of the adapter protocol and writes the answers. Its
// instances are [Driven].
type InProcessAdapter struct {
	Name string // for reports; empty means "an adapter in this process"

	// Serve answers the requests on in until it ends, a stop has been answered, or
	// ctx is done.
	Serve func(ctx context.Context, in io.Reader, out io.Writer) error

	Wait      time.Duration // how long it may take to answer start; zero means 10 s
	TimeScale float64       // the factor of its timers; zero means 1
	Seed      uint64        // for what it draws at random; it is given the lowest 53 bits
}

// Restartable is true.
func (p InProcessAdapter) Restartable() bool { return true }

func (p InProcessAdapter) String() string {
	if p.Name == "" {
		return "an adapter in this process"
	}
	return p.Name
}

// Start calls Serve and waits for its answer to start.
func (p InProcessAdapter) Start(ctx context.Context) (Instance, error) {
	serving, cancel := context.WithCancel(context.WithoutCancel(ctx))
	requests, in := io.Pipe()
	answers, out := io.Pipe()
	s := &servedAdapter{cancel: cancel, in: in, requests: requests, exited: make(chan struct{})}
	s.adapter = newAdapter(in, s)
	go s.adapter.read(answers)
	go func() {
		err := p.Serve(serving, requests, out)
		s.exit = "a return"
		if err != nil {
			s.exit = fmt.Sprintf("the error %v", err)
		}
		_ = requests.Close()
		_ = out.Close()
		close(s.exited)
	}()
	if err := s.adapter.begin(ctx, AdapterCommand{Wait: p.Wait, TimeScale: p.TimeScale, Seed: p.Seed}); err != nil {
		s.Stop()
		return nil, &UnreachableError{Target: p.String(), Tried: "Serve was called", Err: err}
	}
	return s, nil
}

// servedAdapter is an adapter that Serve runs.
type servedAdapter struct {
	adapter  *Adapter
	cancel   context.CancelFunc
	in       *io.PipeWriter
	requests *io.PipeReader
	exited   chan struct{}
	exit     string // written before exited is closed
}

// Adapter implements [Driven].
func (s *servedAdapter) Adapter() *Adapter { return s.adapter }

func (*servedAdapter) Addrs() Addrs { return Addrs{} }

func (s *servedAdapter) Exited() <-chan struct{} { return s.exited }

func (s *servedAdapter) Exit() string {
	select {
	case <-s.exited:
		return s.exit
	default:
		return ""
	}
}

func (*servedAdapter) Output() []byte { return nil }

// Stop ends the conversation and waits until Serve has returned.
func (s *servedAdapter) Stop() {
	s.adapter.fail(Closed, "it was stopped")
	_ = s.in.Close()
	s.cancel()
	<-s.exited
}
