package steps

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"regexp"
	"strings"
	"time"

	"github.com/cucumber/godog"

	"github.com/vstp-project/vstp/conformance/probe"
	"github.com/vstp-project/vstp/netem"
)

// A scenario that is about a bad network puts a link between its sockets and the
// target. Either it brings a script of its own, which says what happens to which
// datagram; or it names a profile and a seed, in whose place those of the run come
// where it has some.
//
// What connects is at the end a of the link, and what listens at the end b: ab is the
// way to a server under test, and the way from a client under test.
//
// In a script '…' stands for the digest of a payload, as labels have it:
// "ACK of DATA 'four'" is the ACK of the message with the payload four.

var profileName = param[netem.Profile]{`([a-z0-9]+(?:-[a-z0-9]+)*)`, netem.ProfileByName}

var (
	_ = stepLink("a link that does:", func(_ context.Context, w *world, p netem.Profile) error {
		if run := w.t.RunLink(); run != nil {
			return &probe.NotApplicable{Reason: "link: the case brings a link of its own, and this run has another one"}
		}
		return w.cross(p.Scale(w.scale()), 0)
	})
	_ = step2("the link {} with seed {}, or that of the run", profileName, number, func(_ context.Context, w *world, p netem.Profile, seed int) error {
		if run := w.t.RunLink(); run != nil {
			return w.cross(*run, w.t.Seed())
		}
		return w.cross(p.Scale(w.scale()), uint64(seed))
	})
	_ = step1("{} connections in turn greet and are served", number, func(ctx context.Context, w *world, n int) error {
		for i := range n {
			if i > 0 {
				w.stream.Close()
			}
			if err := w.dialGreeted(ctx, "A"); err != nil {
				return err
			}
		}
		return nil
	})
	_ = step0("the target is served beside the link", func(ctx context.Context, w *world) error {
		transport := "udp"
		if w.tcp {
			transport = "tcp"
		}
		return w.t.Beside(func() error {
			if err := w.t.Serves(ctx, transport); err != nil {
				return &probe.Violation{Requirement: "SEC-1", Want: "that another client is served over " + transport, Got: err.Error(), Timing: true}
			}
			return nil
		})
	})

	_ = step2("the link lost at least {} {}", number, linkThing, func(_ context.Context, w *world, n int, thing string) error {
		return w.wantDeeds(n, thing, "lost", func(e netem.Event) bool { return e.Fate.Verdict == netem.Drop })
	})
	_ = step2("the link repeated at least {} {}", number, linkThing, func(_ context.Context, w *world, n int, thing string) error {
		return w.wantDeeds(n, thing, "repeated", func(e netem.Event) bool { return len(e.Fate.Copies) > 0 })
	})
	_ = step2("the link altered at least {} {}", number, linkThing, func(_ context.Context, w *world, n int, thing string) error {
		return w.wantDeeds(n, thing, "altered", func(e netem.Event) bool { return len(e.Fate.Flips) > 0 })
	})
	_ = step2("the link brought at least {} {} out of their order", number, linkThing, func(_ context.Context, w *world, n int, thing string) error {
		return w.wantOvertaken(n, thing)
	})
	_ = step0("the link lost about as many as it says", func(_ context.Context, w *world) error {
		return w.wantLossInBounds()
	})
	_ = step1("the link ended at least {} slices", number, func(_ context.Context, w *world, n int) error {
		return w.wantSlices(n)
	})
)

// stepLink is a step with a scenario file of package netem below it.
func stepLink(text string, fn func(context.Context, *world, netem.Profile) error) bool {
	define(text, nil, func(ctx context.Context, doc *godog.DocString) error {
		return run(ctx, func(w *world) error {
			p, err := parseLink(doc.Content)
			if err != nil {
				return err
			}
			return fn(ctx, w, p)
		})
	})
	definitions[len(definitions)-1].doc = func(_ notation, content string) error {
		_, err := parseLink(content)
		return err
	}
	return true
}

var payloadText = regexp.MustCompile(`'([^']*)'`)

// parseLink reads a script.
func parseLink(content string) (netem.Profile, error) {
	text := payloadText.ReplaceAllStringFunc(content, func(quoted string) string {
		sum := sha256.Sum256([]byte(quoted[1 : len(quoted)-1]))
		return hex.EncodeToString(sum[:4])
	})
	p, err := netem.Parse([]byte(text))
	if err != nil {
		return p, err
	}
	if p.Name == "" {
		p.Name = "script"
	}
	return p, nil
}

// cross puts a link in front of the target.
func (w *world) cross(p netem.Profile, seed uint64) error {
	if w.tcp && (p.StreamAB.Reset != nil || p.StreamBA.Reset != nil || p.StreamAB.HalfClose != nil || p.StreamBA.HalfClose != nil) && w.t.RunLink() != nil {
		return &probe.NotExercised{Cause: probe.CauseSurroundings, Reason: "the link ends every connection, and the case needs one that lasts"}
	}
	return w.t.Cross(p, seed)
}

// scale is the factor of the target's timers.
func (w *world) scale() float64 { return w.t.Scaled(time.Second).Seconds() }

// onLink is how much longer an answer takes because of the link, at most and without
// loss.
func (w *world) onLink() time.Duration {
	crossing := w.t.Crossing()
	if crossing == nil {
		return 0
	}
	p := crossing.Profile()
	var sum time.Duration
	for _, i := range []netem.Impairments{p.AB, p.BA} {
		sum += i.Delay + i.Jitter + max(i.Reorder.Shift, 0) + 2*i.Hold.For
		if i.Rate.Bandwidth > 0 { // what a case has under way at a time
			sum += time.Duration(float64(64<<10) * 8 / float64(i.Rate.Bandwidth) * float64(time.Second))
		}
	}
	for _, s := range []netem.StreamPlan{p.StreamAB, p.StreamBA} {
		sum += 2 * s.Coalesce.For
		if s.Every > 0 || s.Random > 0 || s.Sweep > 0 || len(s.At) > 0 {
			sum += slicing
		}
		if s.Stall != nil {
			sum += s.Stall.For
		}
	}
	return sum
}

// slicing is how long it may take until the reader has been seen to read each slice of
// what a case has under way, on a host that has other things to do.
const slicing = 5 * time.Second

// linkThing is what can be counted on a link.
var linkThing = param[string]{`(datagrams?|ACKs?|fragments?|answers?)`, func(s string) (string, error) { return strings.TrimSuffix(s, "s"), nil }}

// isThing says whether an event is about such a thing. A server sends ACKs and answers,
// and is sent fragments; a client may do all of that.
func (w *world) isThing(e netem.Event, thing string) bool {
	switch thing {
	case "ACK":
		return strings.HasPrefix(e.Label, "ACK of ")
	case "fragment":
		return (w.client != nil || e.Dir == netem.AB) && strings.Contains(e.Label, " frag ")
	case "answer":
		return e.Dir == netem.BA && strings.HasPrefix(e.Label, "DATA ")
	}
	return true
}

// wantDeeds wants the link to have done something often enough for the case to prove
// anything.
func (w *world) wantDeeds(n int, thing, deed string, did func(netem.Event) bool) error {
	events, err := w.linkEvents()
	if err != nil {
		return err
	}
	count := 0
	for _, e := range events {
		if w.isThing(e, thing) && did(e) {
			count++
		}
	}
	w.t.Note("the link %s %d %ss", deed, count, thing)
	return tooFew(count, n, thing, deed)
}

func tooFew(count, n int, thing, deed string) error {
	if count >= n {
		return nil
	}
	return &probe.NotExercised{
		Cause:  probe.CauseSurroundings,
		Reason: fmt.Sprintf("the link has %s %d %ss, and the case needs %d", deed, count, thing, n),
	}
}

func (w *world) linkEvents() ([]netem.Event, error) {
	crossing := w.t.Crossing()
	if crossing == nil {
		return nil, fmt.Errorf("the scenario has no link")
	}
	return crossing.Events(), nil
}

// wantOvertaken counts what came out of the link after something that entered it later.
func (w *world) wantOvertaken(n int, thing string) error {
	events, err := w.linkEvents()
	if err != nil {
		return err
	}
	count := 0
	for _, d := range []netem.Direction{netem.AB, netem.BA} {
		earliest := time.Duration(math.MaxInt64) // of those that entered later
		for i := len(events) - 1; i >= 0; i-- {
			e := events[i]
			if e.Dir != d || e.Fate.Verdict == netem.Drop {
				continue
			}
			if out := e.At + e.Fate.Delay; out > earliest {
				if w.isThing(e, thing) {
					count++
				}
			} else {
				earliest = out
			}
		}
	}
	w.t.Note("%d %ss were overtaken on the link", count, thing)
	return tooFew(count, n, thing, "brought out of order")
}

// z is the bound of the normal distribution within which 99.9 of 100 trials lie.
const z = 3.2905

// wantLossInBounds wants each direction whose loss is plain to have lost as much as a
// binomial distribution lets it in 999 of 1,000 cases. That is a fact of the link, of
// the seed and of what was sent, and no fault of the target.
func (w *world) wantLossInBounds() error {
	events, err := w.linkEvents()
	if err != nil {
		return err
	}
	p := w.t.Crossing().Profile()
	for d, loss := range map[netem.Direction]float64{netem.AB: p.AB.Loss, netem.BA: p.BA.Loss} {
		if loss == 0 {
			continue
		}
		n, lost := 0, 0
		for _, e := range events {
			if e.Dir != d || e.Fate.Reason == netem.ReasonScript || e.Fate.Reason == netem.ReasonUnscripted {
				continue
			}
			n++
			if e.Fate.Reason == netem.ReasonLoss {
				lost++
			}
		}
		want, spread := float64(n)*loss, z*math.Sqrt(float64(n)*loss*(1-loss))
		w.t.Note("direction %v: %d of %d datagrams lost, %.1f ± %.1f expected", d, lost, n, want, spread)
		if math.Abs(float64(lost)-want) > spread {
			return &probe.NotExercised{
				Cause:  probe.CauseSurroundings,
				Reason: fmt.Sprintf("in direction %v the link lost %d of %d datagrams, outside of the %.1f ± %.1f that its loss of %.3g %% says", d, lost, n, want, spread, 100*loss),
			}
		}
	}
	return nil
}

// wantSlices wants the relay for connections to have ended slices, and notes how many of
// the boundaries the target was seen to have read up to.
func (w *world) wantSlices(n int) error {
	crossing := w.t.Crossing()
	if crossing == nil {
		return fmt.Errorf("the scenario has no link")
	}
	s := crossing.Streams()
	w.t.Note("the link ended %d slices, and in %d of them the reader was seen to have read all before more came", s.Boundaries, s.Verified)
	if s.Unverified != "" {
		w.t.Note("boundaries not verified: %s", s.Unverified)
	}
	return tooFew(s.Boundaries, n, "slice", "ended")
}
