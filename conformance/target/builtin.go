package target

import (
	"context"
	"time"
)

// A Program is a target that the judge starts itself and that finds its ports on
// its own: it prints the ready line of [Exec] and ends when its standard input
// is closed. The built-in reference peer is one. In its arguments {cert}, {key} and
// {client-ca} stand for files that the judge makes.
type Program struct {
	Name string // for reports
	Path string
	Args []string
	Env  []string      // added to the environment, as NAME=value
	Wait time.Duration // how long it may take to become ready; zero means 10 s
}

// Builtin is the built-in reference peer: the program at path, run with the
// arguments.
func Builtin(path string, args ...string) *Program {
	return &Program{Name: "the built-in reference peer", Path: path, Args: args}
}

// Restartable is true.
func (b *Program) Restartable() bool { return true }

// Several is true: each instance finds ports of its own.
func (b *Program) Several() bool { return true }

func (b *Program) String() string {
	if b.Name == "" {
		return b.Path
	}
	return b.Name
}

// Start runs the program and waits for its ready line.
func (b *Program) Start(ctx context.Context) (Instance, error) {
	creds, err := newCredentials(b.Args)
	if err != nil {
		return nil, unreachable(b.String(), 1, nil, err)
	}
	p, err := launch(append([]string{b.Path}, creds.fill(b.Args)...), b.Env)
	if err != nil {
		creds.remove()
		return nil, unreachable(b.String(), 1, nil, err)
	}
	p.creds = creds
	wait := b.Wait
	if wait == 0 {
		wait = defaultWait
	}
	if err := p.await(ctx, wait, Addrs{}); err != nil {
		p.Stop()
		return nil, unreachable(b.String(), 1, p, err)
	}
	return p, nil
}
