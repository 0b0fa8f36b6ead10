package tap

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/vstp-project/vstp/conformance/dissect"
	"github.com/vstp-project/vstp/spec"
)

// A Side is one of the two ends of a conversation.
type Side int

// The sides.
const (
	Client Side = iota
	Server
)

// Other is the side at the other end.
func (s Side) Other() Side { return 1 - s }

func (s Side) String() string {
	if s == Client {
		return "client"
	}
	return "server"
}

// The profiles that can be judged.
const (
	Core   = "core"
	Strict = "strict"
)

// Options say what is judged and what is known of the surroundings. The zero value
// judges the profile core and takes for granted nothing that it cannot see.
type Options struct {
	// Profile is Core or Strict, which is core and more; empty is Core.
	Profile string
	// Complete says that no datagram goes from one side to the other without passing
	// the tap, and that none is lost or doubled between a side and the tap: the tap is
	// a relay and both sides are on its host. Without it nothing is judged over UDP
	// that rests on the absence or the number of datagrams, nor over TCP what a server
	// has left unanswered, since its end and a question can cross.
	Complete bool
	// Defaults says that both sides run with default settings, which some requirements
	// are limited to.
	Defaults bool
	// TimeScale is the factor of the timers of both sides; 0 is 1.
	TimeScale float64
	// MaxFrame is the largest frame that is looked into, in octets in all; 0 is
	// dissect.DefaultMaxFrame. A larger one is passed over, with a note.
	MaxFrame int64
	// Registry is what types, flags, header keys and error codes are looked up in; nil
	// is the one that is shipped with the specification.
	Registry *spec.Registry
	// MaxConversations bounds how many are watched at a time; 0 is 4,096.
	MaxConversations int
	// MaxMemory bounds what is kept of all conversations, in octets as the tap counts
	// them; 0 is 128 MiB.
	MaxMemory int64
}

const (
	defaultConversations = 4096
	defaultMemory        = 128 << 20
	// idleUDP is after how long a conversation over UDP makes room for a new one.
	idleUDP = time.Minute
	// keptOctets is how much of a frame goes into a finding.
	keptOctets = 4096
)

// A Finding is one requirement broken once.
type Finding struct {
	Time         time.Time
	Conversation string // as the caller named it
	Transport    string // tcp or udp
	By           Side
	Requirement  string // its ID
	Level        string // its key word: MUST, MUST NOT, SHOULD or SHOULD NOT
	Profile      string // core or strict
	Text         string // one sentence for people, without a full stop
	// Number is that of the frame among those that By has sent in this conversation,
	// from 1; 0 where no frame is at fault.
	Number int
	// Position is where the frame begins in the stream; 0 over UDP.
	Position int64
	// Octets are those of the frame, at most 4,096 of them. They belong to the finding.
	Octets []byte
	// Offset and Length say which octets of the frame are at fault; Length is 0 where
	// it is the frame as a whole, or its absence.
	Offset, Length int
}

// Warning says whether the requirement is a SHOULD.
func (f Finding) Warning() bool { return f.Level == "SHOULD" || f.Level == "SHOULD NOT" }

// A Note is about what could not be judged, or what no requirement speaks of.
type Note struct {
	Time         time.Time
	Conversation string
	Text         string
}

// A Handler gets what a tap finds, in order. Both functions are called while the tap
// is locked and must not call it; either can be nil.
type Handler struct {
	Finding func(Finding)
	Note    func(Note)
}

// A Tap watches any number of conversations. Its methods can be called from several
// goroutines; what is passed in has to be passed in the order of cause and effect.
type Tap struct {
	mu      sync.Mutex
	o       Options
	handler Handler
	tcp     map[string]*tcpConversation
	udp     map[string]*udpConversation
	used    int64
	summary Summary
}

// New makes a tap that has seen nothing.
func New(o Options, h Handler) *Tap {
	if o.Profile == "" {
		o.Profile = Core
	}
	if o.TimeScale == 0 {
		o.TimeScale = 1
	}
	if o.MaxFrame == 0 {
		o.MaxFrame = dissect.DefaultMaxFrame
	}
	if o.MaxConversations == 0 {
		o.MaxConversations = defaultConversations
	}
	if o.MaxMemory == 0 {
		o.MaxMemory = defaultMemory
	}
	if h.Finding == nil {
		h.Finding = func(Finding) {}
	}
	if h.Note == nil {
		h.Note = func(Note) {}
	}
	return &Tap{o: o, handler: h, tcp: map[string]*tcpConversation{}, udp: map[string]*udpConversation{}}
}

// rules are the requirements by ID.
var rules = sync.OnceValue(func() map[string]spec.Requirement {
	byID := map[string]spec.Requirement{}
	for _, r := range spec.Requirements() {
		byID[r.ID] = r
	}
	return byID
})

// decodeOptions are those for the decoder. Which size is too large is its receiver's
// business, so that the decoder is told of none.
func (t *Tap) decodeOptions() dissect.Options {
	return dissect.Options{MaxFrame: 1 << 33, Registry: t.o.Registry}
}

// scaled is a timer of the specification as both sides run it.
func (t *Tap) scaled(d time.Duration) time.Duration {
	return time.Duration(float64(d) * t.o.TimeScale)
}

// conversation is what those over TCP and UDP have in common.
type conversation struct {
	tap       *Tap
	name      string
	transport string
	held      int64 // of the memory of the tap
	givenUp   bool
	last      time.Time
}

// place is where in a conversation something was found.
type place struct {
	number         int
	position       int64
	octets         []byte
	offset, length int
}

// find reports that a side broke a requirement, unless it is not judged here.
func (c *conversation) find(now time.Time, by Side, requirement string, at place, format string, args ...any) {
	t := c.tap
	rule, ok := rules()[requirement]
	if !ok || !slices.Contains(rule.Transports, c.transport) {
		return
	}
	if rule.Profile == Strict && t.o.Profile != Strict {
		t.summary.Strict++
		return
	}
	f := Finding{
		Time: now, Conversation: c.name, Transport: c.transport, By: by,
		Requirement: requirement, Level: rule.Level, Profile: rule.Profile, Text: fmt.Sprintf(format, args...),
		Number: at.number, Position: at.position, Offset: at.offset, Length: at.length,
		Octets: slices.Clone(at.octets[:min(len(at.octets), keptOctets)]),
	}
	t.summary.add(f)
	t.handler.Finding(f)
}

func (c *conversation) note(now time.Time, format string, args ...any) {
	c.tap.summary.Notes++
	c.tap.handler.Note(Note{now, c.name, fmt.Sprintf(format, args...)})
}

// hold accounts for memory, of which n octets more are needed. It returns false if
// that is too much, and the conversation has been given up.
func (c *conversation) hold(now time.Time, n int64) bool {
	t := c.tap
	if t.used+n > t.o.MaxMemory {
		c.note(now, "the memory of %d octets for all conversations is used up: this one is watched no further", t.o.MaxMemory)
		c.giveUp()
		return false
	}
	t.used, c.held = t.used+n, c.held+n
	return true
}

func (c *conversation) free(n int64) {
	c.tap.used, c.held = c.tap.used-n, c.held-n
}

// giveUp ends the watch over a conversation. Its owner drops what it holds.
func (c *conversation) giveUp() {
	c.free(c.held)
	c.givenUp = true
	c.tap.summary.GivenUp++
}

// Summary is what has been found so far.
func (t *Tap) Summary() Summary {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.summary.clone()
}
