package target

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// adapterProtocol is the version of the adapter protocol that is spoken here.
const adapterProtocol = 1

// What an adapter can declare in its answer to start.
var (
	knownRoles        = []string{"server", "client", "codec"}
	knownCapabilities = []string{"tcp", "udp", "tls", "compression", "easy-tcp", "easy-udp", "varint", "string", "time-scale"}
)

// An AdapterCommand is a target that takes commands: a program that reads
// requests of the adapter protocol on its standard input and writes the answers
// on its standard output. The judge starts it; its standard error is free text,
// of which [Instance.Output] keeps the end. Its instances are [Driven].
type AdapterCommand struct {
	Name string // for reports; empty means the command itself

	// Command is split by [SplitCommand] and run without a shell. It has no
	// placeholders: what an adapter is to know comes with start. Path, if it is not
	// empty, is run instead, with Args as they are.
	Command string
	Path    string
	Args    []string

	Env       []string      // added to the environment, as NAME=value
	Wait      time.Duration // how long it may take to answer start; zero means 10 s
	TimeScale float64       // the factor of its timers; zero means 1
	Seed      uint64        // for what it draws at random; it is given the lowest 53 bits

	// Inspect, where it is given, is shown every answer, without its line end,
	// beside the operation that it answers. What it returns is an error of that
	// answer. It may be called by several goroutines, one for each running adapter.
	Inspect func(op string, answer []byte) error
}

// A Driven is an [Instance] that takes commands.
type Driven interface {
	Adapter() *Adapter
}

// Check says, without starting anything, whether the command can be used as it
// is written. The error is a *CommandError.
func (c AdapterCommand) Check() error {
	_, err := c.words()
	return err
}

func (c AdapterCommand) words() ([]string, error) {
	if c.Path != "" {
		return append([]string{c.Path}, c.Args...), nil
	}
	words, err := SplitCommand(c.Command)
	if err != nil {
		return nil, err
	}
	for _, word := range words {
		if name := placeholderRE.FindString(word); name != "" {
			return nil, &CommandError{c.Command, fmt.Sprintf("the placeholder %s has no meaning here: an adapter listens nowhere, and is told the time scale by start", name)}
		}
	}
	return words, nil
}

// Restartable is true.
func (c AdapterCommand) Restartable() bool { return true }

func (c AdapterCommand) String() string {
	switch {
	case c.Name != "":
		return c.Name
	case c.Path != "":
		return c.Path
	}
	return fmt.Sprintf("command %q", c.Command)
}

// Start runs the program and waits for its answer to start.
func (c AdapterCommand) Start(ctx context.Context) (Instance, error) {
	words, err := c.words()
	if err != nil {
		return nil, &UnreachableError{Target: c.String(), Tried: "the command was not started", Err: err}
	}
	i, err := launchAdapter(words, c.Env, c.Inspect)
	if err != nil {
		return nil, unreachable(c.String(), 1, nil, err)
	}
	if err := i.adapter.begin(ctx, c); err != nil {
		i.Stop()
		return nil, unreachable(c.String(), 1, i.process, err)
	}
	return i, nil
}

// An adapterInstance is a running adapter.
type adapterInstance struct {
	*process
	adapter *Adapter
}

// Adapter implements [Driven].
func (i *adapterInstance) Adapter() *Adapter { return i.adapter }

// Stop implements [Instance]. Requests that wait for an answer end as Closed.
func (i *adapterInstance) Stop() {
	i.adapter.fail(Closed, "it was stopped")
	i.process.Stop()
}

// A Hello is how an adapter introduces itself.
type Hello struct {
	Name, Version string
	Roles         []string // of server, client, codec: those that it can be judged in
	Capabilities  []string // of those in section 3 of the test contract
}

// begin sends start and takes over what the answer says.
func (a *Adapter) begin(ctx context.Context, c AdapterCommand) error {
	wait, scale := c.Wait, c.TimeScale
	if wait == 0 {
		wait = defaultWait
	}
	if scale == 0 {
		scale = 1
	}
	patience, cancel := context.WithTimeoutCause(ctx, wait, errWaitOver)
	defer cancel()
	answer, err := a.Call(patience, "start", map[string]any{
		"protocol":   adapterProtocol,
		"time_scale": scale,
		"seed":       c.Seed & maxWhole,
	})
	if err != nil && interrupted(patience) {
		return context.Cause(ctx)
	}
	var fault *AdapterError
	var malformed *AnswerError
	switch {
	case errors.As(err, &fault):
		return a.notBegun(fault, wait)
	case errors.As(err, &malformed):
		return fmt.Errorf("in its answer to start, %w", err)
	case err != nil:
		return err
	case answer.Error == "Unsupported":
		return fmt.Errorf("it does not speak version %d of the adapter protocol: it answered start with Unsupported%s", adapterProtocol, quoted(answer.Message))
	case !answer.OK:
		return fmt.Errorf("it refused start with %s%s", answer.Error, quoted(answer.Message))
	}
	hello, err := answer.hello()
	if err != nil {
		return fmt.Errorf("in its answer to start, %w", err)
	}
	a.hello = hello
	return nil
}

// notBegun says why start was not answered.
func (a *Adapter) notBegun(fault *AdapterError, wait time.Duration) error {
	switch fault.Kind {
	case Hung:
		if a.deaf() {
			return fmt.Errorf("it closed its standard input, and within %v it did not answer start", wait)
		}
		return fmt.Errorf("within %v it did not answer start (an answer that is not flushed looks like this)", wait)
	case Rubbish:
		return fmt.Errorf("before it answered start, %s (standard output carries answers and nothing else)", fault.Detail)
	}
	return fmt.Errorf("before it answered start, %s", fault.Detail)
}

func quoted(message string) string {
	if message == "" {
		return ""
	}
	return fmt.Sprintf(" (%.200q)", message)
}

// hello reads the answer to start.
func (a Answer) hello() (h Hello, err error) {
	if h.Name, err = a.String("name"); err != nil {
		return Hello{}, err
	}
	if h.Name == "" {
		return Hello{}, a.fault("name", "is empty")
	}
	if h.Version, err = a.String("version"); err != nil {
		return Hello{}, err
	}
	if h.Roles, err = a.names("roles", knownRoles); err != nil {
		return Hello{}, err
	}
	if len(h.Roles) == 0 {
		return Hello{}, a.fault("roles", "is empty")
	}
	h.Capabilities, err = a.names("capabilities", knownCapabilities)
	return h, err
}

// names reads a list of different names out of those that are known.
func (a Answer) names(member string, known []string) ([]string, error) {
	list, err := a.strings(member)
	if err != nil {
		return nil, err
	}
	for i, name := range list {
		if !slices.Contains(known, name) {
			return nil, a.fault(member, fmt.Sprintf("has %.40q, which does not exist: there are %s", name, strings.Join(known, ", ")))
		}
		if slices.Contains(list[:i], name) {
			return nil, a.fault(member, fmt.Sprintf("has %q twice", name))
		}
	}
	return list, nil
}
