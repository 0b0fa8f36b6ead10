package netem

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// recordVersion is the version of the record's format. It changes as well when
// seeds come to mean something else.
const recordVersion = 1

// Header is the first line of a record.
type Header struct {
	Version int
	Seed    uint64
	Labeler string
	Profile Profile
}

// Event is one datagram and its fate, a line of a record.
type Event struct {
	At         time.Duration // since the beginning of the link
	Flow       string
	Dir        Direction
	Path       int
	Ordinal    int // in its direction, from 1
	Label      string
	Occurrence int
	Size       int // octets
	Fate       Fate
}

// A Recorder gets the fates that links decide. Several links can share one: it is
// called from several goroutines then, and gets the events of each link in order.
type Recorder interface {
	// Begin is called once by each link before its first event.
	Begin(Header) error
	Record(Event)
}

// Header is the header of a record of this link.
func (l *Link) Header() Header {
	profile := l.profile
	if r := profile.replay; r != nil {
		return r.header
	}
	return Header{Version: recordVersion, Seed: l.opts.Seed, Labeler: l.opts.Labeler.Name(), Profile: profile}
}

// Log is a record in memory.
type Log struct {
	Header Header
	Events []Event
}

func (h *Header) fields() []field {
	return []field{
		{"netem_record", number[int]{&h.Version}},
		{"seed", written{number[uint64]{&h.Seed}}},
		{"labeler", text(&h.Labeler)},
		{"profile", written{profileValue{&h.Profile}}},
	}
}

func (h *Header) check() error {
	if h.Version != recordVersion {
		return blamef("netem_record", "this is a record of version %d, and version %d is the one that can be read", h.Version, recordVersion)
	}
	return nil
}

// profileValue is a whole scenario inside another object.
type profileValue struct{ p *Profile }

func (v profileValue) decode(n *node) error {
	s := &scenario{}
	err := object{s}.decode(n)
	*v.p = s.profile()
	return err
}

func (v profileValue) appendJSON(b []byte) []byte { return append(b, v.p.compact()...) }
func (v profileValue) zero() bool                 { return false }
func (v profileValue) check() error               { return v.p.Check() }
func (v profileValue) scale(factor float64)       { *v.p = v.p.Scale(factor) }

func (e *Event) fields() []field {
	return []field{
		{"t", written{shift(&e.At)}},
		{"f", text(&e.Flow)},
		{"d", written{choice(&e.Dir, wayNames[1:])}},
		{"p", number[int]{&e.Path}},
		{"n", number[int]{&e.Ordinal}},
		{"l", text(&e.Label)},
		{"o", number[int]{&e.Occurrence}},
		{"len", number[int]{&e.Size}},
		{"v", written{choice(&e.Fate.Verdict, verdictNames)}},
		{"r", choice(&e.Fate.Reason, reasonNames)},
		{"delay", duration(&e.Fate.Delay)},
		{"copies", list[time.Duration]{&e.Fate.Copies, duration}},
		{"flips", list[Flip]{&e.Fate.Flips, flip}},
		{"g", number[int]{&e.Fate.Generation}},
	}
}

func (e *Event) check() error {
	if e.Label == "" || e.Occurrence < 1 {
		return errors.New("an event needs a label \"l\" and an occurrence \"o\"")
	}
	return nil
}

// WriteTo writes the record as JSON lines: the header, then an event on each line.
func (l *Log) WriteTo(w io.Writer) (int64, error) {
	var out bytes.Buffer
	out.Write(append(object{&l.Header}.appendJSON(nil), '\n'))
	for i := range l.Events {
		out.Write(append(object{&l.Events[i]}.appendJSON(nil), '\n'))
	}
	return out.WriteTo(w)
}

// ReadLog reads a record. Its faults are of type *ParseError.
func ReadLog(r io.Reader) (*Log, error) {
	l := &Log{}
	lines := bufio.NewReader(r)
	for number := 1; ; number++ {
		line, err := lines.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		ended := err != nil
		if line = bytes.TrimSuffix(line, []byte("\n")); len(bytes.TrimSpace(line)) == 0 {
			if ended {
				break
			}
			return nil, &ParseError{Line: number, Column: 1, Text: "an empty line"}
		}
		if err := l.readLine(number, line); err != nil {
			err = located(line, err)
			var parse *ParseError
			if errors.As(err, &parse) {
				parse.Line = number
			}
			return nil, err
		}
		if ended {
			break
		}
	}
	if l.Header.Version == 0 {
		return nil, &ParseError{Line: 1, Column: 1, Text: "the record is empty: it begins with a line with \"netem_record\""}
	}
	return l, nil
}

func (l *Log) readLine(number int, line []byte) error {
	n, err := readTree(line)
	if err != nil {
		return err
	}
	if number > 1 {
		var e Event
		if err := (object{&e}).decode(n); err != nil {
			return err
		}
		l.Events = append(l.Events, e)
		return nil
	}
	// A record of another version may have other fields: its version comes first.
	members, _ := n.value.([]member)
	for _, m := range members {
		if literal, ok := m.value.value.(json.Number); ok && m.name == "netem_record" && literal.String() != fmt.Sprint(recordVersion) {
			return within(m.name, m.value.fault("this is a record of version %v, and version %d is the one that can be read", literal, recordVersion))
		}
	}
	return object{&l.Header}.decode(n)
}
