package steps

import (
	"fmt"
	"time"

	"github.com/vstp-project/vstp/conformance/probe"
)

// afterLimit is how much longer than it has to the judge waits for what does not
// come in time: by how much a time was missed is what its own lateness is held
// against.
const afterLimit = 250 * time.Millisecond

// A limit is a time within which something has to come, from now on.
type limit struct {
	t      *probe.T
	began  time.Duration
	within time.Duration
}

func (w *world) limit(within time.Duration) limit {
	return limit{t: w.t, began: w.t.Elapsed(), within: within}
}

// left is how long to go on waiting.
func (l limit) left() time.Duration { return l.began + l.within + afterLimit - l.t.Elapsed() }

// missed is the violation of what has not come while it was waited for.
func (l limit) missed(want, got string) *probe.Violation {
	return &probe.Violation{
		Want: want, Got: got, Timing: true,
		High: l.within, Measured: max(l.t.Elapsed()-l.began, l.within+afterLimit),
	}
}

// late is the violation of what came at a time since the case began that is beyond
// the limit; nil if it is not.
func (l limit) late(at time.Duration, want string) error {
	took := at - l.began
	if took <= l.within {
		return nil
	}
	return &probe.Violation{
		Want: want, Got: fmt.Sprintf("it after %v", took.Round(time.Millisecond)), Timing: true,
		High: l.within, Measured: took,
	}
}
