package frag

import (
	"slices"
	"time"
)

// DefaultIDWindow is how long a frag-id rests after the last fragment sent under
// it [FRG-9].
const DefaultIDWindow = 30 * time.Second

// IDs chooses the frag-id of each message to one destination. The zero value has
// all 256 free.
//
// "A sender MUST use different frag-id values for consecutive fragmented messages
// to the same destination." [FRG-8]
//
// "A sender MUST NOT use a frag-id for another message to the same destination
// within 30 s of the last fragment sent under it, unless the earlier message has
// been acknowledged." [FRG-9]
type IDs struct {
	taken   [4]uint64 // one bit for each frag-id that is not free
	resting []resting // in the order in which their rest ends
	last    uint8     // the one taken last
	used    bool      // last means something
}

// resting is a frag-id that will be free again.
type resting struct {
	id    uint8
	until time.Time
}

// Take takes a free frag-id: the first free one from want on, in a circle, that is
// not the one of the message before. It returns false if there is none.
func (s *IDs) Take(now time.Time, want uint8) (id uint8, ok bool) {
	s.wake(now)
	for i := range 256 {
		id = want + uint8(i)
		if s.isTaken(id) || s.used && id == s.last {
			continue
		}
		s.taken[id/64] |= 1 << (id % 64)
		s.last, s.used = id, true
		return id, true
	}
	return 0, false
}

// Rest says that no further fragment leaves under id, which was taken, and that the
// last one left at sent: it is free again after window, which must not change from
// call to call.
func (s *IDs) Rest(sent time.Time, id uint8, window time.Duration) {
	until := sent.Add(window)
	at := len(s.resting)
	for at > 0 && until.Before(s.resting[at-1].until) {
		at--
	}
	s.resting = slices.Insert(s.resting, at, resting{id, until})
}

// Free says that the message under id, which was taken and does not rest, has been
// acknowledged, or that nothing was ever sent under it: it is free at once.
func (s *IDs) Free(id uint8) { s.taken[id/64] &^= 1 << (id % 64) }

// NextFree returns when the next frag-id ends its rest, or the zero time if none
// rests.
func (s *IDs) NextFree() time.Time {
	if len(s.resting) == 0 {
		return time.Time{}
	}
	return s.resting[0].until
}

// Idle reports whether all are free.
func (s *IDs) Idle(now time.Time) bool {
	s.wake(now)
	return s.taken == [4]uint64{}
}

// wake frees those whose rest is over.
func (s *IDs) wake(now time.Time) {
	for len(s.resting) > 0 && !now.Before(s.resting[0].until) {
		s.Free(s.resting[0].id)
		s.resting = s.resting[1:]
	}
	if len(s.resting) == 0 {
		s.resting = nil
	}
}

func (s *IDs) isTaken(id uint8) bool { return s.taken[id/64]&(1<<(id%64)) != 0 }
