package selftest

import (
	"context"

	"github.com/vstp-project/vstp/conformance/selftest/stranger"
	"github.com/vstp-project/vstp/conformance/target"
)

// A strangerTarget is the stranger, in the judge's own process.
type strangerTarget struct{ scale float64 }

func (t strangerTarget) Start(context.Context) (target.Instance, error) {
	s, err := stranger.Start(t.scale)
	if err != nil {
		return nil, err
	}
	return strangerInstance{s}, nil
}

func (t strangerTarget) Restartable() bool { return true }
func (t strangerTarget) Several() bool     { return true }
func (t strangerTarget) String() string    { return "the stranger" }

type strangerInstance struct{ server *stranger.Server }

func (i strangerInstance) Addrs() target.Addrs {
	return target.Addrs{TCP: i.server.TCP(), UDP: i.server.UDP()}
}
func (i strangerInstance) Exited() <-chan struct{} { return nil } // not before the judge does
func (i strangerInstance) Exit() string            { return "" }
func (i strangerInstance) Output() []byte          { return nil }
func (i strangerInstance) Stop()                   { i.server.Close() }
