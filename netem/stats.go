package netem

import (
	"fmt"
	"slices"
	"strings"
)

// Stats are the figures of a link.
type Stats struct {
	AB, BA Counts
	// Rebindings is how often the client's address has changed.
	Rebindings int
}

// Counts are the figures of one direction. All but Octets count datagrams.
type Counts struct {
	Sent       int // what entered the link
	Octets     int // in them
	Dropped    int
	ByReason   map[string]int // what was dropped, by the name of the reason
	Duplicated int            // that got further copies
	Corrupted  int
	Delivered  int // what left the link, copies included
	Overtaken  int // first copies that arrived after one that was sent later
	Unscripted int // that a replay had no fate for
	InFlight   int // deliveries to come
}

// Of returns the counts of a direction.
func (s Stats) Of(d Direction) Counts {
	if d == AB {
		return s.AB
	}
	return s.BA
}

// String writes the counts on one line.
func (c Counts) String() string {
	var reasons []string
	for name, n := range c.ByReason {
		reasons = append(reasons, fmt.Sprintf("%s %d", name, n))
	}
	slices.Sort(reasons)
	dropped := fmt.Sprint(c.Dropped)
	if len(reasons) > 0 {
		dropped += " (" + strings.Join(reasons, ", ") + ")"
	}
	return fmt.Sprintf("sent %d, dropped %s, duplicated %d, corrupted %d, delivered %d, overtaken %d, in flight %d",
		c.Sent, dropped, c.Duplicated, c.Corrupted, c.Delivered, c.Overtaken, c.InFlight)
}
