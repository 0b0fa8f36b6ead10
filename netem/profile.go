package netem

import "fmt"

// Profile says what a link does. The zero value is a perfect wire. A profile is
// never changed by a link that works with it.
type Profile struct {
	Name   string
	Source string // where its numbers come from
	// Seed is used by a link that is not given another one.
	Seed uint64

	AB, BA Impairments
	Rules  []Rule
	Phases []Phase

	StreamAB, StreamBA StreamPlan

	replay *replay // of a record; nil otherwise
}

// Check says what is wrong with the profile, if anything is.
func (p Profile) Check() error {
	s := p.scenario()
	if err := (object{s}).check(); err != nil {
		return fmt.Errorf("profile %q: %w", p.Name, err)
	}
	return nil
}

// Scale returns a profile that runs faster by the factor: with 0.1 every time is a
// tenth and every bandwidth ten times as much. The factor is greater than 0. The
// times in a replayed record stay as they are.
func (p Profile) Scale(factor float64) Profile {
	s := p.scenario()
	object{s}.scale(factor)
	scaled := s.profile()
	scaled.replay = p.replay
	return scaled
}

func (p *Profile) impairments(d Direction) *Impairments {
	if d == AB {
		return &p.AB
	}
	return &p.BA
}

// Stream is the plan for the direction of a TCP connection.
func (p Profile) Stream(d Direction) StreamPlan {
	if d == AB {
		return p.StreamAB
	}
	return p.StreamBA
}
