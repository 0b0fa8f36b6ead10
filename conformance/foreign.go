package conformance

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/vstp-project/vstp/conformance/probe"
	"github.com/vstp-project/vstp/conformance/target"
)

// A wrong address is the commonest mistake with a server. One that answers, but
// plainly in another protocol, is not judged: it would come out as an
// implementation of VSTP that fails everything.

// otherProtocol says in what other protocol a target answers that serves nobody
// over VSTP; nil where it does not answer, or in something that could be meant as
// VSTP.
func (r *runner) otherProtocol(ctx context.Context) error {
	for _, transport := range r.offered() {
		if transport == transportAdapter || r.served[transport] {
			return nil
		}
	}
	for _, transport := range r.offered() {
		octets := r.heard[transport]
		if octets == nil && transport == "tcp" {
			octets = r.afterLine(ctx)
		}
		if what := foreign(octets); what != "" {
			return &target.UnreachableError{
				Target: r.target.String(),
				Tried:  fmt.Sprintf("something answers over %s, but not in VSTP", transport),
				Err:    fmt.Errorf("%s: %q, where a frame begins with 56 54", what, octets[:min(len(octets), 40)]),
			}
		}
	}
	return nil
}

// afterLine is the first that a target answers over TCP to an empty line, for which
// servers of text protocols wait.
func (r *runner) afterLine(ctx context.Context) []byte {
	t := r.probe("alive", nil)
	defer t.Close()
	s, err := t.Dial(ctx, "line")
	if err != nil {
		return nil
	}
	if err := s.Send([]byte("\r\n\r\n"), "an empty line"); err != nil {
		return nil
	}
	_, _ = s.Next(ctx, t.Bound("reply")) // what came is in the record
	return firstReceived(t)
}

// firstReceived is what came first from the target; nil where nothing did.
func firstReceived(t *probe.T) []byte {
	events := t.Events()
	if i := slices.IndexFunc(events, func(e probe.Event) bool { return e.Kind == probe.EventRecv }); i >= 0 {
		return events[i].Octets
	}
	return nil
}

// foreign names the protocol that octets are of, if it is plainly not VSTP.
func foreign(octets []byte) string {
	const tell = 4 // octets that cannot be all there by accident
	head := octets[:min(len(octets), 16)]
	text := len(head) >= tell && !slices.ContainsFunc(head, func(b byte) bool {
		return (b < 0x20 || b > 0x7e) && b != '\r' && b != '\n' && b != '\t'
	})
	switch {
	case len(head) >= tell && (head[0] == 0x15 || head[0] == 0x16) && head[1] == 3:
		return "this is TLS"
	case strings.HasPrefix(string(head), "HTTP/"):
		return "this is HTTP"
	case text && !strings.HasPrefix(string(head), "VT"):
		return "this is text"
	}
	return ""
}
