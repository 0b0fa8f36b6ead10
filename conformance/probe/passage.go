package probe

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"
)

// A Passage is what a link between judge and target did to a datagram. The zero value
// is to be delivered at once, as it was.
type Passage struct {
	// Dropped is why the datagram did not arrive, as a reason of package netem is
	// written: "loss", "burst", "queue" and so on. It is empty for one that did; of one
	// that did not, nothing else is set.
	Dropped string
	Delay   time.Duration // from sending to delivery
	// Copies are further copies, each so long after the first.
	Copies []time.Duration
	// Copy is, of a datagram that came to the judge, which one this is: 0 for the first.
	Copy      int
	Altered   []int // the octets that arrived altered, by offset
	Overtaken int   // how many that were sent later in the same direction arrived earlier
	Rebound   int   // how often the address had changed by then that who listens hears who connects from
}

// passageJSON is the form of a Passage in result files.
type passageJSON struct {
	Dropped   string    `json:"dropped,omitempty"`
	DelayMS   float64   `json:"delay_ms,omitempty"`
	CopiesMS  []float64 `json:"copies_ms,omitempty"`
	Copy      int       `json:"copy,omitempty"`
	Altered   []int     `json:"altered,omitempty"`
	Overtaken int       `json:"overtaken_by,omitempty"`
	Rebound   int       `json:"rebound,omitempty"`
}

// MarshalJSON writes the passage with times in milliseconds.
func (p Passage) MarshalJSON() ([]byte, error) {
	j := passageJSON{
		Dropped: p.Dropped, DelayMS: inMS(p.Delay),
		Copy: p.Copy, Altered: p.Altered, Overtaken: p.Overtaken, Rebound: p.Rebound,
	}
	for _, after := range p.Copies {
		j.CopiesMS = append(j.CopiesMS, inMS(after))
	}
	return json.Marshal(j)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (p *Passage) UnmarshalJSON(b []byte) error {
	var j passageJSON
	if err := json.Unmarshal(b, &j); err != nil {
		return err
	}
	*p = Passage{
		Dropped: j.Dropped, Delay: fromMS(j.DelayMS),
		Copy: j.Copy, Altered: j.Altered, Overtaken: j.Overtaken, Rebound: j.Rebound,
	}
	for _, after := range j.CopiesMS {
		p.Copies = append(p.Copies, fromMS(after))
	}
	return nil
}

func inMS(d time.Duration) float64    { return float64(d.Microseconds()) / 1000 }
func fromMS(ms float64) time.Duration { return time.Duration(math.Round(ms*1000)) * time.Microsecond }

// Late says whether the link did nothing but take its time.
func (p Passage) Late() bool {
	return p.Dropped == "" && len(p.Copies) == 0 && p.Copy == 0 && len(p.Altered) == 0 && p.Overtaken == 0 && p.Rebound == 0
}

// dropWords say why a link drops a datagram.
var dropWords = map[string]string{
	"script": "by a rule", "blackhole": "in a black hole", "mtu": "it was too long", "loss": "by chance", "burst": "in a burst of losses",
	"queue": "the queue was full", "rebind": "to an address that is gone", "unscripted": "it is not in the record",
}

// String says in words what the link did.
func (p Passage) String() string {
	if p.Dropped != "" {
		words, ok := dropWords[p.Dropped]
		if !ok {
			words = p.Dropped
		}
		return "dropped, " + words
	}
	var parts []string
	add := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	switch {
	case p.Copy > 0:
		add("copy %d", p.Copy+1)
	case p.Delay >= time.Microsecond:
		add("delivered after %.1f ms", inMS(p.Delay))
	case len(p.Copies) > 0:
		add("delivered at once")
	}
	for _, after := range p.Copies {
		add("and again %.1f ms later", inMS(after))
	}
	switch n := len(p.Altered); {
	case n == 1:
		add("octet %d altered", p.Altered[0])
	case n > 1:
		const most = 8
		list := strings.Trim(fmt.Sprint(p.Altered[:min(n, most)]), "[]")
		if n > most {
			list += " …"
		}
		add("octets %s altered", strings.ReplaceAll(list, " ", ", "))
	}
	if p.Overtaken > 0 {
		add("overtaken by %d", p.Overtaken)
	}
	if p.Rebound > 0 {
		add("from another address of its sender")
	}
	if len(parts) == 0 {
		return "delivered at once"
	}
	return strings.Join(parts, ", ")
}
