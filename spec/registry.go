package spec

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"
)

// RegistrySchema names the format of registry.json.
const RegistrySchema = "vstp-registry/1"

// Registry holds the numbers of the protocol: what is allocated, how much is
// allowed and how long things take.
type Registry struct {
	Schema     string      `json:"schema"`
	Spec       string      `json:"spec"`
	Types      []TypeEntry `json:"types"`
	TypeRanges []TypeRange `json:"type_ranges"`
	Flags      []FlagEntry `json:"flags"`
	HeaderKeys []HeaderKey `json:"header_keys"`
	ErrorCodes []ErrorCode `json:"error_codes"`
	Limits     []Limit     `json:"limits"`
	Timers     []Timer     `json:"timers"`
}

// TypeEntry is one allocated value of TYPE.
type TypeEntry struct {
	Value       uint8  `json:"value"`
	Name        string `json:"name"`
	Priority    int    `json:"priority"` // 0 to 255, the higher the sooner
	Control     bool   `json:"control"`  // all but what carries application data
	Description string `json:"description"`
	Reference   string `json:"reference"` // requirement ID
}

// TypeRange says what a range of TYPE values is for.
type TypeRange struct {
	First  uint8  `json:"first"`
	Last   uint8  `json:"last"` // inclusive
	Status string `json:"status"`
	Policy string `json:"policy"`
}

// FlagEntry is one allocated bit of FLAGS.
type FlagEntry struct {
	Mask        uint8  `json:"mask"` // exactly one bit
	Name        string `json:"name"`
	Description string `json:"description"`
	Reference   string `json:"reference"` // requirement ID
}

// HeaderKey is a header key with a meaning to the protocol.
type HeaderKey struct {
	Name        string   `json:"name"`
	Value       string   `json:"value"` // how the value is written, such as "decimal"
	Bits        int      `json:"bits"`  // width of a number, 0 for what is none
	Types       []string `json:"types"` // names of the frame types it goes with
	Description string   `json:"description"`
	Reference   string   `json:"reference"` // requirement ID
}

// ErrorCode is one kind of error.
type ErrorCode struct {
	Code        int    `json:"code"`
	Name        string `json:"name"`
	OnWire      bool   `json:"on_wire"`  // may stand in an ERR frame over TCP
	OverUDP     bool   `json:"over_udp"` // and over UDP too
	Description string `json:"description"`
}

// Limit is a bound on a size or a count.
type Limit struct {
	Name        string `json:"name"`
	Value       int64  `json:"value"`
	Unit        string `json:"unit"`
	Requirement string `json:"requirement"`
	Description string `json:"description"`
}

// Timer is a time that the specification sets.
type Timer struct {
	Name        string `json:"name"`
	DefaultMS   int64  `json:"default_ms"`
	Scaled      bool   `json:"scaled"` // multiplied by the time scale of a run
	Start       string `json:"start"`
	Stop        string `json:"stop"`
	Requirement string `json:"requirement"`
}

var shippedRegistry = sync.OnceValue(func() *Registry {
	r, err := decodeRegistry(registryJSON)
	if err == nil {
		err = r.validate()
	}
	if err != nil {
		panic(fmt.Sprintf("spec: the embedded registry.json does not parse: %v", err))
	}
	return r
})

// DefaultRegistry returns the registry that is shipped with the specification.
// The caller owns the copy.
func DefaultRegistry() *Registry {
	r := *shippedRegistry()
	r.Types = slices.Clone(r.Types)
	r.TypeRanges = slices.Clone(r.TypeRanges)
	r.Flags = slices.Clone(r.Flags)
	r.HeaderKeys = slices.Clone(r.HeaderKeys)
	for i, k := range r.HeaderKeys {
		r.HeaderKeys[i].Types = slices.Clone(k.Types)
	}
	r.ErrorCodes = slices.Clone(r.ErrorCodes)
	r.Limits = slices.Clone(r.Limits)
	r.Timers = slices.Clone(r.Timers)
	return &r
}

// A RegistryError is one rule that a registry breaks.
type RegistryError struct {
	Field string // such as "types[8]"
	Rule  string // the rule that is broken
}

func (e *RegistryError) Error() string { return e.Field + ": " + e.Rule }

// ParseRegistry reads a registry in the format of registry.json. A field that the
// format does not know is an error. A table that is left out is the one that is
// shipped, except for the types: these are named in full, the eight first ones and
// whatever an extension adds from 0x10 on. A table that is there is complete in
// itself, so that Limit and Timer can be relied on for every name of the
// specification. The error joins a *RegistryError for everything that is wrong
// with the entries.
func ParseRegistry(data []byte) (*Registry, error) {
	r, err := decodeRegistry(data)
	if err != nil {
		return nil, fmt.Errorf("registry: %w", err)
	}
	r.complete(DefaultRegistry())
	if err := r.validate(); err != nil {
		return nil, fmt.Errorf("registry: %w", err)
	}
	return r, nil
}

func decodeRegistry(data []byte) (*Registry, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	var r Registry
	if err := dec.Decode(&r); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the closing brace")
	}
	return &r, nil
}

// complete takes over the tables that are not there.
func (r *Registry) complete(from *Registry) {
	r.TypeRanges = orTable(r.TypeRanges, from.TypeRanges)
	r.Flags = orTable(r.Flags, from.Flags)
	r.HeaderKeys = orTable(r.HeaderKeys, from.HeaderKeys)
	r.ErrorCodes = orTable(r.ErrorCodes, from.ErrorCodes)
	r.Limits = orTable(r.Limits, from.Limits)
	r.Timers = orTable(r.Timers, from.Timers)
}

func orTable[E any](table, otherwise []E) []E {
	if table == nil {
		return otherwise
	}
	return table
}

// Type returns the entry of a TYPE value.
func (r *Registry) Type(value uint8) (TypeEntry, bool) {
	return find(r.Types, func(t TypeEntry) bool { return t.Value == value })
}

// ErrorName returns the name of an error code, or "" for one that is not
// allocated.
func (r *Registry) ErrorName(code int) string {
	e, _ := find(r.ErrorCodes, func(e ErrorCode) bool { return e.Code == code })
	return e.Name
}

// ErrorCode returns the code of a named error.
func (r *Registry) ErrorCode(name string) (int, bool) {
	e, ok := find(r.ErrorCodes, func(e ErrorCode) bool { return e.Name == name })
	return e.Code, ok
}

// Limit returns the value of a limit, in the unit of its entry. A name that the
// registry does not have is a mistake of the program and panics.
func (r *Registry) Limit(name string) int64 {
	l, ok := find(r.Limits, func(l Limit) bool { return l.Name == name })
	if !ok {
		panic(fmt.Sprintf("spec: the registry has no limit named %q", name))
	}
	return l.Value
}

// Timer returns the default of a timer, not scaled. A name that the registry
// does not have is a mistake of the program and panics.
func (r *Registry) Timer(name string) time.Duration {
	t, ok := find(r.Timers, func(t Timer) bool { return t.Name == name })
	if !ok {
		panic(fmt.Sprintf("spec: the registry has no timer named %q", name))
	}
	return time.Duration(t.DefaultMS) * time.Millisecond
}

func find[E any](list []E, match func(E) bool) (E, bool) {
	if i := slices.IndexFunc(list, match); i >= 0 {
		return list[i], true
	}
	var zero E
	return zero, false
}
