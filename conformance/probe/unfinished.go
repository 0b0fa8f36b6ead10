package probe

import (
	"errors"
	"strings"

	"github.com/vstp-project/vstp/conformance/dissect"
)

// unfinished are the octets that the target has sent of a frame whose end never came,
// as an event for each connection. A case that waits for a whole frame never sees them,
// and for those who look for the fault they are what matters: lengths in the wrong
// order of octets look like this.
func (t *T) unfinished() []Event {
	var events []Event
	for _, s := range t.streams {
		s.mu.Lock()
		octets, at := s.octets, s.at
		s.mu.Unlock()
		if len(octets) == 0 {
			continue
		}
		f := dissect.Decode(octets, t.dissectOptions())
		if f.Class() != "Incomplete" {
			continue // frames that the case had no more use for
		}
		e := Event{At: at, Channel: s.Name, Kind: EventRecv, Length: len(octets), Text: "a frame whose end never came: " + fault(f), registry: t.cfg.Registry}
		e.Octets = append([]byte(nil), octets[:min(len(octets), maxEvidence)]...)
		events = append(events, e)
	}
	return events
}

// afterTaken moves what is left of connections behind the last frame that was taken from
// each: a frame has the time at which it was taken, which is later than it came.
func afterTaken(events, left []Event) []Event {
	for i := range left {
		for _, e := range events {
			if e.Channel == left[i].Channel && e.Kind == EventRecv {
				left[i].At = max(left[i].At, e.At)
			}
		}
	}
	return left
}

// fault is what is wrong with a frame in the first place.
func fault(f dissect.Frame) string {
	for _, v := range f.Violations {
		if v.Class == f.Class() {
			return v.Text
		}
	}
	return f.String()
}

// nothing is how outcomes say that nothing came.
const nothing = "nothing"

// Telling returns what a case came to, and says of one that got nothing whether there
// was the beginning of a frame.
func (t *T) Telling(err error) error {
	unfinished := t.unfinished()
	if len(unfinished) == 0 {
		return err
	}
	instead := "no whole frame, but " + unfinished[len(unfinished)-1].Text
	var violation *Violation
	var notExercised *NotExercised
	switch {
	case errors.As(err, &violation) && violation.Got == nothing:
		violation.Got = instead
	case errors.As(err, &notExercised):
		if before, ok := strings.CutSuffix(notExercised.Reason, "got "+nothing); ok {
			notExercised.Reason = before + "got " + instead
		}
	}
	return err
}
