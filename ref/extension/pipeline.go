package extension

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/vstp-project/vstp/ref/wire"
)

// Pipeline is a chain of extensions. The zero value is an empty one. All methods may
// be called at the same time; a Pipeline is not to be copied once it is in use.
type Pipeline struct {
	changing sync.Mutex                   // held while a new chain is made from the old
	chain    atomic.Pointer[[]registered] // what it points to never changes
}

// registered is an extension under its name.
type registered struct {
	name    string
	handler Handler
}

// Register puts h at the end of the pipeline. It fails if name is empty or taken, or
// h is nil.
func (p *Pipeline) Register(name string, h Handler) error {
	if name == "" {
		return errors.New("extension: no name to register a handler under")
	}
	if h == nil {
		return fmt.Errorf("extension: no handler to register as %q", name)
	}
	p.changing.Lock()
	defer p.changing.Unlock()
	chain := p.load()
	if find(chain, name) >= 0 {
		return fmt.Errorf("extension: %q is registered already, choose another name or unregister it first", name)
	}
	p.store(append(slices.Clip(chain), registered{name, h}))
	return nil
}

// Lookup returns the extension with the given name. Its second result is false if
// there is none.
//
// "A registered extension MUST be retrievable and removable by its name." [EXT-5]
func (p *Pipeline) Lookup(name string) (Handler, bool) {
	chain := p.load()
	i := find(chain, name)
	if i < 0 {
		return nil, false
	}
	return chain[i].handler, true
}

// Unregister takes the extension with the given name out of the pipeline and returns
// it. Its second result is false if there is none. Frames that are in the pipeline
// at the time may still come to it.
func (p *Pipeline) Unregister(name string) (Handler, bool) {
	p.changing.Lock()
	defer p.changing.Unlock()
	chain := p.load()
	i := find(chain, name)
	if i < 0 {
		return nil, false
	}
	p.store(slices.Concat(chain[:i], chain[i+1:]))
	return chain[i].handler, true
}

// Names returns the names of the extensions in the order in which they run.
func (p *Pipeline) Names() []string {
	var names []string
	for _, r := range p.load() {
		names = append(names, r.name)
	}
	return names
}

// Process takes f through the extensions that are registered when it begins. A nil
// Pipeline has none.
//
// It fails with a *DropError as soon as an extension does: the frame is to be dropped
// and nothing else. Extensions behind the one that failed do not see it.
//
// "Extensions MUST run in the order of their registration, each on the output of the
// one before." [EXT-2]
//
// "A frame MUST pass unchanged an extension that reports that it does not apply."
// [EXT-3]
//
// "An error from an extension MUST lead to the frame being dropped, while the
// connection and the receive loop carry on." [EXT-4]
func (p *Pipeline) Process(ctx context.Context, f wire.Frame) (wire.Frame, error) {
	if p == nil {
		return f, nil
	}
	for _, r := range p.load() {
		if !r.handler.ShouldHandle(f) {
			continue
		}
		next, err := r.handler.Handle(ctx, f)
		if err != nil {
			return wire.Frame{}, &DropError{Extension: r.name, Type: f.Type, Err: err}
		}
		f = next
	}
	return f, nil
}

func (p *Pipeline) load() []registered {
	if chain := p.chain.Load(); chain != nil {
		return *chain
	}
	return nil
}

func (p *Pipeline) store(chain []registered) { p.chain.Store(&chain) }

// find returns the place of a name in a chain, -1 if it is not there.
func find(chain []registered, name string) int {
	return slices.IndexFunc(chain, func(r registered) bool { return r.name == name })
}

// DropError says that a frame was dropped because an extension failed [EXT-4].
type DropError struct {
	Extension string    // its name
	Type      wire.Type // of the frame that it was given
	Err       error     // what it failed with
}

// Error names the extension, the frame and the failure.
func (e *DropError) Error() string {
	return fmt.Sprintf("extension %q has dropped a frame of type %v: %v", e.Extension, e.Type, e.Err)
}

// Unwrap returns what the extension failed with.
func (e *DropError) Unwrap() error { return e.Err }
