package target

import (
	"io"
	"os"
	"os/exec"
	"sync"
	"time"
)

// launchAdapter starts a program as launch does, with its standard input and
// output for a conversation. What it writes to its standard error is collected.
func launchAdapter(argv, env []string) (*adapterInstance, error) {
	p := &process{
		cmd:    exec.Command(argv[0], argv[1:]...),
		mark:   newMark(),
		exited: make(chan struct{}),
	}
	p.cmd.Env = append(append(os.Environ(), env...), p.mark)
	isolate(p.cmd)
	stdin, err := p.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	p.stdin = stdin
	outR, outW, err := os.Pipe()
	if err != nil {
		stdin.Close()
		return nil, err
	}
	errR, errW, err := os.Pipe()
	if err != nil {
		stdin.Close()
		outR.Close()
		outW.Close()
		return nil, err
	}
	p.cmd.Stdout, p.cmd.Stderr = outW, errW
	err = p.cmd.Start()
	outW.Close()
	errW.Close()
	if err != nil {
		stdin.Close()
		outR.Close()
		errR.Close()
		return nil, err
	}

	var readers sync.WaitGroup
	a := newAdapter(stdin, p)
	readers.Go(func() { a.read(outR) })
	readers.Go(func() { _, _ = io.Copy(&p.out, errR) })
	go func() {
		_ = p.cmd.Wait() // the state says it all
		p.killRest()
		deadline := time.Now().Add(drainGrace)
		_ = outR.SetReadDeadline(deadline)
		_ = errR.SetReadDeadline(deadline)
		readers.Wait()
		outR.Close()
		errR.Close()
		p.exit = p.cmd.ProcessState.String()
		close(p.exited)
	}()
	return &adapterInstance{process: p, adapter: a}, nil
}
