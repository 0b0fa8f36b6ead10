package conformance

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/vstp-project/vstp/conformance/probe"
	"github.com/vstp-project/vstp/netem"
)

// tagLink is the tag of the cases that go over a link.
const tagLink = "@link"

// prepareLink checks what is to lie between judge and target, and sets the seed of the
// run to that of the link: payloads, labels and so fates hang together by it.
func (o *Options) prepareLink() error {
	if o.Replay != nil {
		if o.Link != nil {
			return &SelectionError{Problem: "a link and a record of one exclude each other"}
		}
		profile := netem.Replay(o.Replay)
		o.Link = &profile
	}
	if o.Link == nil {
		if o.Recorder != nil {
			return &SelectionError{Problem: "there is no link whose fates could be recorded"}
		}
		return nil
	}
	link, err := netem.New(*o.Link, netem.Options{Seed: o.Seed, Labeler: probe.NewLabels(o.Registry), Recorder: o.Recorder})
	if err != nil {
		return &SelectionError{Problem: err.Error()}
	}
	o.Seed = link.Seed()
	return nil
}

// LinkName is the name of what lies between judge and target; empty for nothing.
func (o *Options) LinkName() string {
	switch {
	case o.Replay != nil:
		return cmp.Or(o.Replay.Header.Profile.Name, unnamed)
	case o.Link != nil:
		return cmp.Or(o.Link.Name, unnamed)
	}
	return ""
}

const unnamed = "without a name"

// beyondLink says why a case does not go over the link of the run; empty if it does, or
// if there is none.
func (r *runner) beyondLink(c Case) string {
	switch {
	case r.opts.Link == nil:
		return ""
	case !slices.Contains(c.Tags, tagLink):
		return "link: the case is not one of those that go over a link (@link)"
	case r.opts.Replay != nil && c.Transport == "udp" && !r.recorded(c.ID):
		return "link: the record has no datagram of the case"
	}
	return ""
}

func (r *runner) recorded(id string) bool {
	return slices.ContainsFunc(r.opts.Replay.Events, func(e netem.Event) bool { return e.Flow == id })
}

// crossed notes what went over the link of a case, and whether datagrams were lost
// that the link did not drop. Then the case proves nothing about its target.
func (r *runner) crossed(res *Result, t *probe.T) (undecided bool) {
	crossing := t.Crossing()
	if crossing == nil {
		return false
	}
	crossed := crossing.Crossed()
	res.Crossed, res.Datagrams, res.Drops = true, crossed.Datagrams, crossed.Drops
	if crossed.Undecided == "" || res.Verdict == HarnessError {
		return false
	}
	res.Verdict, res.Cause, res.Violation = Inconclusive, "", nil
	res.Message = crossed.Undecided
	return true
}

// keepFates hands the fates of a case that has ended to the recorder of the run.
func (r *runner) keepFates(t *probe.T) error {
	crossing := t.Crossing()
	if crossing == nil || r.opts.Recorder == nil {
		return nil
	}
	if err := r.opts.Recorder.Begin(crossing.Header()); err != nil {
		return fmt.Errorf("recording the fates of the case: %w", err)
	}
	r.mu.Lock() // one case after the other
	defer r.mu.Unlock()
	for _, e := range crossing.Events() {
		r.opts.Recorder.Record(e)
	}
	return nil
}
