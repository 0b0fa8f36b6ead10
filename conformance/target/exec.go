package target

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// defaultWait is how long a started program may take to become ready.
const defaultWait = 10 * time.Second

// maxStarts is how often a command is started that ends before it is ready: the
// port reserved for it may have been taken by someone else meanwhile.
const maxStarts = 3

// Exec is a target that the judge starts itself, from a command line.
//
// The command is split by [SplitCommand] and run without a shell. The
// placeholders {tcp}, {udp}, {tls}, {tls-verify}, {easy-tcp} and {easy-udp} in it
// stand for host:port addresses that were free when it was started, {cert}, {key} and
// {client-ca} for files that the judge has made, and {time-scale} for the factor of its
// timers. It is ready when it prints a line such as
//
//	{"ready":true,"tcp":"127.0.0.1:4000","udp":"127.0.0.1:4001"}
//
// on its standard output, or, without one, when the addresses that it was given
// answer. It has to stay in the foreground; everything that it starts ends with
// it.
type Exec struct {
	Command   string
	Env       []string      // added to the environment, as NAME=value
	Wait      time.Duration // how long it may take to become ready; zero means 10 s
	TimeScale float64       // for {time-scale}; zero means 1
	NeedTCP   bool          // without a TCP listener it is not the target that was meant
	NeedUDP   bool          // likewise
}

// Check says, without starting anything, whether the command can be used as it
// is written. The error is a *CommandError.
func (e Exec) Check() error {
	_, err := parseCommand(e.Command)
	return err
}

// Restartable is true.
func (e Exec) Restartable() bool { return true }

// Several is true for a command that is told where to listen: two of them get two
// places.
func (e Exec) Several() bool {
	return strings.Contains(e.Command, "{tcp}") || strings.Contains(e.Command, "{udp}")
}

func (e Exec) String() string { return fmt.Sprintf("command %q", e.Command) }

// Start runs the command and waits until it is ready. A command that ends before
// it is ready is tried twice more, on new ports.
func (e Exec) Start(ctx context.Context) (Instance, error) {
	words, err := parseCommand(e.Command)
	if err != nil {
		return nil, &UnreachableError{Target: e.String(), Tried: "the command was not started", Err: err}
	}
	scale := e.TimeScale
	if scale == 0 {
		scale = 1
	}
	creds, err := newCredentials(words)
	if err != nil {
		return nil, unreachable(e.String(), 1, nil, err)
	}
	words = creds.fill(words)
	for n := 1; ; n++ {
		p, err := e.start(ctx, words, scale)
		if err == nil {
			p.creds = creds
			return p, nil
		}
		var exited *exitedError
		if !errors.As(err, &exited) || n == maxStarts {
			creds.remove()
			return nil, unreachable(e.String(), n, p, err)
		}
	}
}

// start runs the command once. With an error the process has been stopped; it is
// nil where there was none.
func (e Exec) start(ctx context.Context, words []string, scale float64) (*process, error) {
	var reserved Addrs
	for _, r := range []struct {
		name, network string
		addr          *string
	}{
		{"{tcp}", "tcp", &reserved.TCP},
		{"{udp}", "udp", &reserved.UDP},
		{"{tls}", "tcp", &reserved.TLS},
		{"{tls-verify}", "tcp", &reserved.TLSVerify},
		{"{easy-tcp}", "tcp", &reserved.EasyTCP},
		{"{easy-udp}", "udp", &reserved.EasyUDP},
	} {
		if !hasPlaceholder(words, r.name) {
			continue
		}
		addr, err := reserve(r.network)
		if err != nil {
			return nil, err
		}
		defer release(r.network, addr)
		*r.addr = addr
	}
	p, err := launch(fill(words, reserved, scale), e.Env)
	if err != nil {
		return nil, err
	}
	wait := e.Wait
	if wait == 0 {
		wait = defaultWait
	}
	err = p.await(ctx, wait, reserved)
	if err == nil {
		err = e.demand(p.addrs)
	}
	if err != nil {
		p.Stop()
	}
	return p, err
}

// demand checks that the listeners are there without which nothing can be judged.
func (e Exec) demand(addrs Addrs) error {
	switch {
	case e.NeedTCP && addrs.TCP == "":
		return fmt.Errorf("it offers no TCP listener (%v): put {tcp} into the command, or let its ready line name one", addrs)
	case e.NeedUDP && addrs.UDP == "":
		return fmt.Errorf("it offers no UDP listener (%v): put {udp} into the command, or let its ready line name one", addrs)
	}
	return nil
}

// unreachable describes the failed start of a program. p is nil where there
// never was a process.
func unreachable(name string, starts int, p *process, err error) *UnreachableError {
	u := &UnreachableError{Target: name, Err: err}
	switch {
	case p == nil:
		u.Tried = "it could not be started"
		return u
	case starts == 1:
		u.Tried = "it was started once"
	default:
		u.Tried = fmt.Sprintf("it was started %d times, on new ports", starts)
	}
	u.Output = p.Output()
	return u
}
