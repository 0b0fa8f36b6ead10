package udp

import (
	"net/netip"
	"sync"
)

// room counts the messages that the application is working on.
type room struct {
	maxMessages, maxPerSource, maxOctets int

	mu       sync.Mutex
	messages int
	octets   int
	sources  map[netip.AddrPort]int // messages of each; no entry means none
}

func newRoom(cfg Config) *room {
	return &room{
		maxMessages:  cfg.QueueMessages,
		maxPerSource: cfg.QueuePerSource,
		maxOctets:    cfg.QueueOctets,
		sources:      make(map[netip.AddrPort]int),
	}
}

// take makes room for a message, or returns false if there is none.
func (r *room) take(source netip.AddrPort, octets int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.messages >= r.maxMessages || r.octets+octets > r.maxOctets || r.sources[source] >= r.maxPerSource {
		return false
	}
	r.messages++
	r.octets += octets
	r.sources[source]++
	return true
}

// give gives back what take has taken.
func (r *room) give(source netip.AddrPort, octets int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.messages--
	r.octets -= octets
	r.sources[source]--
	if r.sources[source] == 0 {
		delete(r.sources, source)
	}
}
