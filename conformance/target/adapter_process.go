package target

import "io"

// launchAdapter starts a program with its standard input and output for a
// conversation, in which inspect, if it is not nil, is shown every answer. What it
// writes to its standard error is collected.
func launchAdapter(argv, env []string, inspect func(op string, answer []byte) error) (*adapterInstance, error) {
	var a *Adapter
	p, err := start(argv, env, func(p *process, in io.Writer) func(io.Reader) {
		a = newAdapter(in, p)
		a.inspect = inspect
		return a.read
	})
	if err != nil {
		return nil, err
	}
	return &adapterInstance{process: p, adapter: a}, nil
}
