package netem

import (
	"bytes"
	"encoding/json"
)

// scenarioVersion is the version of the file format.
const scenarioVersion = 1

// A scenario is a profile as it stands in a file, where "both" is short for the
// same in both directions.
type scenario struct {
	version      uint64
	name, source string
	seed         uint64
	links        sides[Impairments]
	rules        []Rule
	phases       []phaseEntry
	streams      sides[StreamPlan]
}

// Parse reads a scenario file. Its faults are of type *ParseError.
//
//	{"netem": 1, "name": "ack-storm", "seed": 42,
//	 "both": {"delay": "20ms", "jitter": "5ms"},
//	 "rules": [{"dir": "ba", "match": "ACK *", "occurrence": "1", "do": "drop"}],
//	 "phases": [{"on": {"dir": "ab", "match": "DATA *", "nth": 3}, "for": "1s", "both": {"blackhole": true}}]}
func Parse(data []byte) (Profile, error) {
	s, err := parse(data)
	if err != nil {
		return Profile{}, located(data, err)
	}
	return s.profile(), nil
}

func parse(data []byte) (*scenario, error) {
	n, err := readTree(data)
	if err != nil {
		return nil, err
	}
	s := &scenario{}
	return s, object{s}.decode(n)
}

// Scenario writes the profile as a scenario file, which Parse reads as the same
// profile. What a replayed record adds to it is not part of the file.
func (p Profile) Scenario() []byte {
	var indented bytes.Buffer
	_ = json.Indent(&indented, p.compact(), "", "  ") // it is JSON
	indented.WriteByte('\n')
	return indented.Bytes()
}

// compact writes the profile on one line.
func (p Profile) compact() []byte { return object{p.scenario()}.appendJSON(nil) }

func (s *scenario) fields() []field {
	fields := []field{
		{"netem", number[uint64]{&s.version}},
		{"name", text(&s.name)},
		{"source", text(&s.source)},
		{"seed", number[uint64]{&s.seed}},
	}
	fields = append(fields, s.links.fields(func(i *Impairments) value { return object{i} })...)
	return append(fields,
		field{"rules", list[Rule]{&s.rules, func(r *Rule) value { return object{r} }}},
		field{"phases", list[phaseEntry]{&s.phases, func(p *phaseEntry) value { return object{p} }}},
		field{"tcp", object{&tcpEntry{&s.streams}}},
	)
}

func (s *scenario) check() error {
	if s.version != scenarioVersion {
		return blamef("netem", "a scenario begins with \"netem\": %d, the version of the format; this says %d", scenarioVersion, s.version)
	}
	if err := s.links.check(); err != nil {
		return err
	}
	return checkRules(s.rules)
}

func (s *scenario) profile() Profile {
	p := Profile{Name: s.name, Source: s.source, Seed: s.seed, Rules: s.rules}
	p.AB, p.BA = s.links.split()
	p.StreamAB, p.StreamBA = s.streams.split()
	for _, entry := range s.phases {
		phase := entry.Phase
		phase.AB, phase.BA = entry.links.pointers()
		p.Phases = append(p.Phases, phase)
	}
	return p
}

func (p Profile) scenario() *scenario {
	s := &scenario{version: scenarioVersion, name: p.Name, source: p.Source, seed: p.Seed, rules: p.Rules}
	s.links = joinSides(nonzero(p.AB), nonzero(p.BA))
	s.streams = joinSides(nonzero(p.StreamAB), nonzero(p.StreamBA))
	for _, phase := range p.Phases {
		s.phases = append(s.phases, phaseEntry{Phase: phase, links: joinSides(phase.AB, phase.BA)})
	}
	return s
}

// phaseEntry is a phase as it stands in a file.
type phaseEntry struct {
	Phase
	links sides[Impairments]
}

func (p *phaseEntry) fields() []field {
	fields := []field{
		{"on", optional[Trigger]{&p.On, func(t *Trigger) value { return object{t} }}},
		{"after", duration(&p.After)},
		{"for", duration(&p.For)},
		{"every", duration(&p.Every)},
	}
	fields = append(fields, p.links.fields(func(i *Impairments) value { return object{i} })...)
	return append(fields, field{"rebind", flag{&p.Rebind}})
}

func (p *phaseEntry) check() error {
	if err := p.links.check(); err != nil {
		return err
	}
	phase := p.Phase
	phase.AB, phase.BA = p.links.pointers()
	return phase.check()
}

// tcpEntry is what a file says about streams.
type tcpEntry struct{ streams *sides[StreamPlan] }

func (t *tcpEntry) fields() []field {
	return t.streams.fields(func(s *StreamPlan) value { return object{s} })
}

func (t *tcpEntry) check() error { return t.streams.check() }

// sides is something for each direction, or for both at once.
type sides[T any] struct{ both, ab, ba *T }

func (s *sides[T]) fields(of func(*T) value) []field {
	return []field{
		{"both", optional[T]{&s.both, of}},
		{"ab", optional[T]{&s.ab, of}},
		{"ba", optional[T]{&s.ba, of}},
	}
}

func (s *sides[T]) check() error {
	if s.both != nil && (s.ab != nil || s.ba != nil) {
		return blamef("both", "it contradicts \"ab\" and \"ba\": give either \"both\" or the directions")
	}
	return nil
}

func (s *sides[T]) pointers() (ab, ba *T) {
	if s.both != nil {
		return s.both, s.both
	}
	return s.ab, s.ba
}

func (s *sides[T]) split() (ab, ba T) {
	a, b := s.pointers()
	if a != nil {
		ab = *a
	}
	if b != nil {
		ba = *b
	}
	return ab, ba
}

func joinSides[T any](ab, ba *T) sides[T] {
	if ab != nil && ba != nil && equal(*ab, *ba) {
		return sides[T]{both: ab}
	}
	return sides[T]{ab: ab, ba: ba}
}

func nonzero[T any](v T) *T {
	var zero T
	if equal(v, zero) {
		return nil
	}
	return &v
}
