package netem

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// Each setting is described once, by its name and a value that points at it. From
// these descriptions settings are read, written, checked and scaled in time.

type field struct {
	name  string
	value value
}

type value interface {
	decode(*node) error
	appendJSON([]byte) []byte
	zero() bool // absent: it is not written
	check() error
	scale(factor float64)
}

// A record is a JSON object of fields.
type record interface {
	fields() []field
	// check finds what is wrong with the fields together, after each was found right
	// for itself.
	check() error
}

// blame is a fault that check lays at one field.
type blame struct {
	field, text string
}

func (b *blame) Error() string { return join(b.field, b.text) }

// join puts a step of the way before a text that may begin with further steps.
func join(step, text string) string {
	if strings.HasPrefix(text, "[") {
		return step + text
	}
	return step + ": " + text
}

func blamef(field, format string, args ...any) error {
	return &blame{field, fmt.Sprintf(format, args...)}
}

// object is a record as a value.
type object struct{ record }

func (o object) zero() bool {
	for _, f := range o.fields() {
		if !f.value.zero() {
			return false
		}
	}
	return true
}

func (o object) scale(factor float64) {
	for _, f := range o.fields() {
		f.value.scale(factor)
	}
}

func (o object) check() error {
	for _, f := range o.fields() {
		if err := f.value.check(); err != nil {
			return &blame{f.name, err.Error()}
		}
	}
	return o.record.check()
}

func (o object) decode(n *node) error {
	members, ok := n.value.([]member)
	if !ok {
		return n.fault("this has to be an object in braces")
	}
	fields := o.fields()
	names := make([]string, len(fields))
	byName := map[string]value{}
	for i, f := range fields {
		names[i], byName[f.name] = f.name, f.value
	}
	seen := map[string]*node{}
	for _, m := range members {
		here := &node{offset: m.offset}
		v, known := byName[m.name]
		if !known {
			if near := nearest(m.name, names); near != "" {
				return here.fault("there is no %q here; did you mean %q?", m.name, near)
			}
			return here.fault("there is no %q here; there are %s", m.name, strings.Join(names, ", "))
		}
		if seen[m.name] != nil {
			return here.fault("%q is given twice", m.name)
		}
		seen[m.name] = m.value
		elements, _ := m.value.value.([]*node)
		for i, element := range elements {
			seen[indexed(m.name, i)] = element
		}
		if err := v.decode(m.value); err != nil {
			return within(m.name, err)
		}
	}
	err := o.record.check()
	var b *blame
	if errors.As(err, &b) && seen[b.field] != nil {
		return within(b.field, seen[b.field].fault("%s", b.text))
	}
	if err != nil {
		return n.fault("%v", err)
	}
	return nil
}

func (o object) appendJSON(b []byte) []byte {
	b = append(b, '{')
	first := true
	for _, f := range o.fields() {
		if f.value.zero() {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = strconv.AppendQuote(b, f.name)
		b = append(b, ':')
		b = f.value.appendJSON(b)
	}
	return append(b, '}')
}

// quoted is a text, or a quantity that is written as one.
type quoted[T comparable] struct {
	p      *T
	parse  func(string) (T, error)
	format func(T) string
	valid  func(T) error
	scaled func(T, float64) T // nil: time does not matter to it
}

func (q quoted[T]) decode(n *node) error {
	s, ok := n.value.(string)
	if !ok {
		return n.fault("this has to be a text in quotation marks, with its unit if it has one")
	}
	v, err := q.parse(s)
	if err == nil {
		err = q.valid(v)
	}
	if err != nil {
		return n.fault("%v", err)
	}
	*q.p = v
	return nil
}

func (q quoted[T]) appendJSON(b []byte) []byte {
	text, _ := json.Marshal(q.format(*q.p)) // a string can always be marshalled
	return append(b, text...)
}

func (q quoted[T]) zero() bool {
	var zero T
	return *q.p == zero
}

func (q quoted[T]) check() error { return q.valid(*q.p) }

func (q quoted[T]) scale(factor float64) {
	if q.scaled != nil {
		*q.p = q.scaled(*q.p, factor)
	}
}

func anything[T any](T) error { return nil }

func text(p *string) value {
	return quoted[string]{p, func(s string) (string, error) { return s, nil }, func(s string) string { return s }, anything[string], nil}
}

func share(p *float64) value { return quoted[float64]{p, parseShare, formatShare, checkShare, nil} }

func duration(p *time.Duration) value {
	return quoted[time.Duration]{p, parseDuration, formatDuration, checkDuration, scaleDuration}
}

// shift is a duration that may be negative.
func shift(p *time.Duration) value {
	return quoted[time.Duration]{p, parseDuration, formatDuration, anything[time.Duration], scaleDuration}
}

func size(p *int64) value { return quoted[int64]{p, parseSize, formatSize, checkSize, nil} }

func rate(p *int64) value {
	return quoted[int64]{p, parseRate, formatRate, checkRate, func(n int64, factor float64) int64 {
		return max(int64(float64(n)/factor), min(n, 1))
	}}
}

func ordinals(p *Range) value {
	return quoted[Range]{p, parseRange, Range.String, Range.check, nil}
}

func flip(p *Flip) value { return quoted[Flip]{p, parseFlip, Flip.String, Flip.check, nil} }

// choice is one of some names, of which the first stands for the zero value.
func choice[T ~uint8](p *T, names []string) value {
	return quoted[T]{
		p, func(s string) (T, error) {
			for i, name := range names {
				if name == s {
					return T(i), nil
				}
			}
			if near := nearest(s, names); near != "" {
				return 0, fmt.Errorf("there is no %q here; did you mean %q?", s, near)
			}
			return 0, fmt.Errorf("there is no %q here; there are %s", s, strings.Join(names, ", "))
		},
		func(v T) string { return names[v] },
		func(v T) error {
			if int(v) >= len(names) {
				return fmt.Errorf("there is no number %d", v)
			}
			return nil
		}, nil,
	}
}

// number is a whole number without a unit.
type number[T int | uint64 | int64] struct{ p *T }

func (v number[T]) decode(n *node) error {
	literal, ok := n.value.(json.Number)
	parsed, err := strconv.ParseUint(string(literal), 10, 64)
	if !ok || err != nil || uint64(T(parsed)) != parsed || T(parsed) < 0 {
		return n.fault("this has to be a whole number that is not negative, without quotation marks")
	}
	*v.p = T(parsed)
	return nil
}

func (v number[T]) appendJSON(b []byte) []byte { return fmt.Append(b, *v.p) }
func (v number[T]) zero() bool                 { return *v.p == 0 }
func (v number[T]) scale(float64)              {}

func (v number[T]) check() error {
	if *v.p < 0 {
		return fmt.Errorf("%d is less than nothing", *v.p)
	}
	return nil
}

// decimal is a number that need not be whole.
type decimal struct{ p *float64 }

func (v decimal) decode(n *node) error {
	literal, ok := n.value.(json.Number)
	parsed, err := literal.Float64()
	if !ok || err != nil {
		return n.fault("this has to be a number, without quotation marks")
	}
	*v.p = parsed
	if err := v.check(); err != nil {
		return n.fault("%v", err)
	}
	return nil
}

func (v decimal) appendJSON(b []byte) []byte { return strconv.AppendFloat(b, *v.p, 'g', -1, 64) }
func (v decimal) zero() bool                 { return *v.p == 0 }
func (v decimal) scale(float64)              {}

func (v decimal) check() error {
	if !(*v.p >= 0) || math.IsInf(*v.p, 1) {
		return fmt.Errorf("%v is not a number that is not negative", *v.p)
	}
	return nil
}

// flag is true or absent.
type flag struct{ p *bool }

func (v flag) decode(n *node) error {
	b, ok := n.value.(bool)
	if !ok {
		return n.fault("this has to be true or false")
	}
	*v.p = b
	return nil
}

func (v flag) appendJSON(b []byte) []byte { return strconv.AppendBool(b, *v.p) }
func (v flag) zero() bool                 { return !*v.p }
func (v flag) scale(float64)              {}
func (v flag) check() error               { return nil }

// optional is a value that is nil when it is absent, so that 0 can be told from it.
type optional[T any] struct {
	p  **T
	of func(*T) value
}

func (v optional[T]) decode(n *node) error {
	*v.p = new(T)
	return v.of(*v.p).decode(n)
}

func (v optional[T]) appendJSON(b []byte) []byte { return v.of(*v.p).appendJSON(b) }
func (v optional[T]) zero() bool                 { return *v.p == nil }

func (v optional[T]) check() error {
	if *v.p == nil {
		return nil
	}
	return v.of(*v.p).check()
}

// scale makes a new value: the old one may be shared with another profile.
func (v optional[T]) scale(factor float64) {
	if *v.p != nil {
		scaled := **v.p
		v.of(&scaled).scale(factor)
		*v.p = &scaled
	}
}

// list is a list of values.
type list[T any] struct {
	p  *[]T
	of func(*T) value
}

func (v list[T]) decode(n *node) error {
	nodes, ok := n.value.([]*node)
	if !ok {
		return n.fault("this has to be a list in square brackets")
	}
	*v.p = nil
	for i, n := range nodes {
		var element T
		if err := v.of(&element).decode(n); err != nil {
			return within(indexed("", i), err)
		}
		*v.p = append(*v.p, element)
	}
	return nil
}

func (v list[T]) appendJSON(b []byte) []byte {
	b = append(b, '[')
	for i := range *v.p {
		if i > 0 {
			b = append(b, ',')
		}
		b = v.of(&(*v.p)[i]).appendJSON(b)
	}
	return append(b, ']')
}

func (v list[T]) zero() bool { return len(*v.p) == 0 }

func (v list[T]) check() error {
	for i := range *v.p {
		if err := v.of(&(*v.p)[i]).check(); err != nil {
			return &blame{indexed("", i), err.Error()}
		}
	}
	return nil
}

// scale makes a new list: the old one may be shared with another profile.
func (v list[T]) scale(factor float64) {
	scaled := append([]T(nil), *v.p...)
	for i := range scaled {
		v.of(&scaled[i]).scale(factor)
	}
	*v.p = scaled
}

// indexed names an element of a list, as in "rules[2]".
func indexed(name string, i int) string { return name + "[" + strconv.Itoa(i) + "]" }

func equal[T any](a, b T) bool { return reflect.DeepEqual(a, b) }
