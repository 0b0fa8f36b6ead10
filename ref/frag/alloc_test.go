package frag_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/vstp-project/vstp/ref/frag"
)

// Once it has put a message together, a Reassembler needs no further memory for the
// next one of that kind, whatever the order, but for remembering that it was
// complete; nor does cutting one.
func TestSteadyFlowDoesNotAllocate(t *testing.T) {
	largest := strings.Repeat("x", 284_325)
	s, err := frag.Split(data(t, 0, largest, largestID), 7, 0)
	assert.NoError(t, err)
	assert.Equal(t, frag.MaxFragments, s.Len())
	datagram := make([]byte, 0, frag.MaxDatagram)
	// Only the last two messages are remembered, so that none counts as a second copy.
	r := frag.NewReassembler(frag.Config{MaxRecent: 2})

	for name, op := range map[string]func(){
		"in order": func() {
			s.SetID(s.ID() + 1)
			for i := range s.Len() {
				_, complete, err := r.Add(start, alice, s.Frame(i))
				if err != nil || complete != (i == s.Len()-1) {
					panic("not as expected")
				}
			}
		},
		"in reverse, each twice": func() {
			s.SetID(s.ID() + 1)
			for i := s.Len() - 1; i >= 0; i-- {
				_, complete, err := r.Add(start, alice, s.Frame(i))
				if err != nil || complete != (i == 0) {
					panic("not as expected")
				}
				if complete {
					return
				}
				if _, complete, err = r.Add(start, alice, s.Frame(i)); err != nil || complete {
					panic("not as expected")
				}
			}
		},
		"cutting": func() {
			if b, err := s.AppendBinary(datagram, 254); err != nil || len(b) > frag.MaxDatagram {
				panic("not as expected")
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Zero(t, testing.AllocsPerRun(20, op))
		})
	}
}
