package target

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"
)

const (
	// stopGrace is how long a process may take to end after it was asked to.
	stopGrace = 2 * time.Second

	// drainGrace is how long the last output of a process is waited for after it
	// has ended, when something that escaped it still holds the pipe.
	drainGrace = 500 * time.Millisecond

	// lineGrace is how long a program that already accepts connections is given
	// to print its ready line, which may name further listeners.
	lineGrace = 50 * time.Millisecond
)

// A process is a started implementation under test.
type process struct {
	cmd   *exec.Cmd
	stdin io.Closer
	mark  string // in its environment, by which what it started is recognised
	out   tail
	watch *readyWatch

	addrs Addrs        // set before the process is handed out
	creds *credentials // likewise; nil where it was given none

	exited chan struct{}
	exit   string // written before exited is closed
	stop   sync.Once
}

// launch starts a program whose standard output is collected and watched for the
// ready line.
func launch(argv, env []string) (*process, error) {
	return start(argv, env, func(p *process, _ io.Writer) func(io.Reader) {
		p.watch = newReadyWatch()
		return func(out io.Reader) { _, _ = io.Copy(io.MultiWriter(&p.out, p.watch), out) }
	})
}

// start starts a program with a process group of its own, its standard input held
// open, and its standard error collected. env is added to the environment. attach
// is called once the program runs, with its standard input; what it returns reads
// the standard output to its end.
func start(argv, env []string, attach func(p *process, in io.Writer) (read func(out io.Reader))) (*process, error) {
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

	// The pipes are made here and not by exec.Cmd, whose Wait would not return
	// while anything that the process left behind holds them open.
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
	read := attach(p, stdin)
	readers.Go(func() { read(outR) })
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
	return p, nil
}

func (p *process) Addrs() Addrs { return p.addrs }

func (p *process) Exited() <-chan struct{} { return p.exited }

func (p *process) Exit() string {
	select {
	case <-p.exited:
		return p.exit
	default:
		return ""
	}
}

func (p *process) Output() []byte { return p.out.Bytes() }

// ClientCertificate implements [Trusted].
func (p *process) ClientCertificate() *tls.Certificate { return p.creds.certificate() }

// PID implements [Gauge].
func (p *process) PID() int { return p.cmd.Process.Pid }

// Memory implements [Gauge].
func (p *process) Memory() (octets int64, ok bool) {
	if p.Exit() != "" {
		return 0, false
	}
	return residentSet(p.mark)
}

func (p *process) Stop() {
	p.stop.Do(func() {
		_ = p.stdin.Close()
		terminate(p.cmd)
		t := time.NewTimer(stopGrace)
		defer t.Stop()
		select {
		case <-p.exited:
		case <-t.C:
			killGroup(p.cmd)
		}
	})
	<-p.exited
	p.creds.remove()
}

// killRest ends what the process started and left behind.
func (p *process) killRest() {
	killGroup(p.cmd)
	killMarked(p.mark)
}

// An exitedError says that a process ended before it was ready.
type exitedError struct{ exit string }

func (e *exitedError) Error() string {
	msg := "it ended before it was ready, with " + e.exit
	if e.exit == "exit status 0" {
		msg += " (a server has to stay in the foreground)"
	}
	return msg
}

// await waits until the process is ready, and sets its addresses.
//
// It is ready when it has printed a ready line, or when the reserved addresses,
// if there are any, answer. A ready line that names addresses prevails.
func (p *process) await(ctx context.Context, wait time.Duration, reserved Addrs) error {
	ctx, cancel := context.WithTimeoutCause(ctx, wait, errWaitOver)
	defer cancel()
	answers := make(chan error, 1)
	if !reserved.Empty() {
		go func() { answers <- probe(ctx, reserved) }()
	}
	over := ctx.Done()
	var grace <-chan time.Time
	for {
		select {
		case ready := <-p.watch.found:
			return p.ready(ctx, ready.Addrs, reserved)
		case <-p.exited:
			return &exitedError{p.exit}
		case err := <-answers:
			if err != nil || interrupted(ctx) {
				return p.notReady(ctx, wait, err)
			}
			t := time.NewTimer(lineGrace)
			defer t.Stop()
			grace, over = t.C, nil
		case <-grace:
			p.addrs = reserved
			return nil
		case <-over:
			if reserved.Empty() {
				return p.notReady(ctx, wait, nil)
			}
			// The probe ends now too, and knows more.
			over = nil
		}
	}
}

var errWaitOver = errors.New("the wait is over")

// interrupted says whether the context ended for another reason than the wait.
func interrupted(ctx context.Context) bool {
	cause := context.Cause(ctx)
	return cause != nil && !errors.Is(cause, errWaitOver)
}

// ready takes over the addresses of a ready line and checks that it is true.
func (p *process) ready(ctx context.Context, line, reserved Addrs) error {
	addrs := reserved
	if !line.Empty() {
		var err error
		if addrs, err = line.reachable(); err != nil {
			return err
		}
	}
	if addrs.Empty() {
		return errors.New("its ready line names no address, and its command line has no placeholder such as {tcp} or {udp}")
	}
	for _, l := range addrs.listeners() {
		if l.datagram {
			continue
		}
		if err := connect(ctx, l); err != nil {
			return fmt.Errorf("it said that it was ready, but %w", err)
		}
	}
	p.addrs = addrs
	return nil
}

// notReady says why the process is not ready. err is what the probe of its
// addresses met with, nil where there was no address to probe.
func (p *process) notReady(ctx context.Context, wait time.Duration, err error) error {
	if interrupted(ctx) {
		return context.Cause(ctx)
	}
	if err == nil {
		return fmt.Errorf("within %v it printed no ready line, and without a placeholder such as {tcp} or {udp} its addresses are not known", wait)
	}
	return fmt.Errorf("within %v it printed no ready line, and %w", wait, err)
}
