package relay

import (
	"fmt"
	"strings"
	"time"

	"github.com/vstp-project/vstp/netem"
)

// UDPStats are the figures of a relay.
type UDPStats struct {
	Link    netem.Stats
	Clients int
	// Strangers is how many datagrams came to the relay's sockets from elsewhere than
	// the target: they are not passed on, since a client would take them for the
	// target's.
	Strangers int
	Undecided Undecided
	Late      Late
}

// Undecided is what was dropped and not by the link.
type Undecided struct {
	// Known says that the host tells what its receive buffers drop. If it does not,
	// Relay, Target and Clients are 0 and mean nothing.
	Known bool
	// Relay, Target and Clients count datagrams that found no room in receive buffers:
	// of the relay, of the target and of clients, the latter two if they are on this
	// host and as long as their sockets are open.
	Relay, Target, Clients int
	Failed                 int // datagrams that could not be sent
	Refused                int // datagrams from more clients than the relay serves
}

// Late says how late deliveries were, against the time at which the link had them due.
type Late struct {
	Deliveries int
	// P50 and P99 are bounds, powers of two of a microsecond, below which half and 99 of
	// 100 deliveries were. Max is exact.
	P50, P99, Max time.Duration
}

// Stats are the figures so far. After Close they are those at the end.
func (u *UDP) Stats() UDPStats {
	u.mu.Lock()
	defer u.mu.Unlock()
	if !u.closed {
		u.meter.read()
	}
	return UDPStats{
		Link: u.link.Stats(), Clients: len(u.byPath), Strangers: u.strangers, Late: u.late.figures(),
		Undecided: Undecided{
			Known: u.meter.known, Relay: u.meter.dropped(meterRelay), Target: u.meter.dropped(meterTarget), Clients: u.meter.dropped(meterClients),
			Failed: u.failed, Refused: u.refused,
		},
	}
}

// Inconclusive says why the run proves nothing about what should have arrived; ""
// if nothing speaks against it.
func (s UDPStats) Inconclusive() string {
	var reasons []string
	for _, r := range []struct {
		n    int
		what string
	}{
		{s.Undecided.Relay, "found no room in the relay's receive buffer"},
		{s.Undecided.Target, "found no room in the target's receive buffer"},
		{s.Undecided.Clients, "found no room in a client's receive buffer"},
		{s.Undecided.Failed, "could not be sent"},
		{s.Undecided.Refused, "came from more clients than the relay serves"},
	} {
		if r.n > 0 {
			reasons = append(reasons, fmt.Sprintf("%d %s", r.n, r.what))
		}
	}
	if len(reasons) == 0 {
		return ""
	}
	return "datagrams were lost that the link did not drop: " + strings.Join(reasons, ", ")
}
