package spec

import (
	"errors"
	"fmt"
	"math/bits"
	"regexp"
	"slices"
)

var (
	// A registry extends the eight types of TYP-1 and leaves none out.
	firstTypes = []string{"HELLO", "WELCOME", "DATA", "PING", "PONG", "BYE", "ACK", "ERR"}

	limitNames = []string{
		"max-frame", "max-header-section", "max-key", "max-value", "max-fragment-payload", "max-fragments",
		"max-datagram-sent", "min-datagram-accepted", "max-datagram-accepted", "max-reassembly-sessions",
		"max-sessions-per-source", "reassembly-bytes", "duplicate-records", "max-err-text", "amplification-factor",
		"pacing-fragments", "compression-threshold", "retransmissions", "max-retransmissions",
	}
	timerNames = []string{
		"reply", "close", "ack", "linger", "stalled-frame", "idle", "reassembly", "duplicate", "frag-id",
		"retransmit", "retransmit-cap", "ack-timeout", "tls-handshake", "pacing-window",
	}

	upperNameRE = regexp.MustCompile(`^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*$`)
	camelNameRE = regexp.MustCompile(`^[A-Z][A-Za-z0-9]*$`)
	kebabNameRE = regexp.MustCompile(`^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$`)
)

// firstExtension is the lowest TYPE value that a registry may add: TYP-5 keeps
// 0 and 9 to 0x0F reserved.
const firstExtension = 0x10

// faults collects what is wrong with a registry.
type faults []error

func (f *faults) add(field, format string, args ...any) {
	*f = append(*f, &RegistryError{Field: field, Rule: fmt.Sprintf(format, args...)})
}

// entry is the field of one entry of a table.
func entry(table string, i int) string { return fmt.Sprintf("%s[%d]", table, i) }

// unique reports the entries whose key an earlier entry has already.
func unique[E any, K comparable](f *faults, table string, list []E, key func(E) (K, string)) {
	seen := map[K]bool{}
	for i, e := range list {
		k, what := key(e)
		if seen[k] {
			f.add(entry(table, i), "%s is given twice", what)
		}
		seen[k] = true
	}
}

func (r *Registry) validate() error {
	var f faults
	if r.Schema != RegistrySchema {
		f.add("schema", "is %q, not %q", r.Schema, RegistrySchema)
	}
	if r.Spec != Version {
		f.add("spec", "is %q, not %q", r.Spec, Version)
	}
	r.validateTypes(&f)
	r.validateFlags(&f)
	r.validateHeaderKeys(&f)
	r.validateErrorCodes(&f)
	r.validateLimits(&f)
	r.validateTimers(&f)
	return errors.Join(f...)
}

func (r *Registry) validateTypes(f *faults) {
	const table = "types"
	unique(f, table, r.Types, func(t TypeEntry) (uint8, string) { return t.Value, fmt.Sprintf("value %d", t.Value) })
	unique(f, table, r.Types, func(t TypeEntry) (string, string) { return t.Name, "name " + t.Name })
	for i, t := range r.Types {
		checkName(f, table, i, t.Name, upperNameRE)
		if t.Priority < 0 || t.Priority > 255 {
			f.add(entry(table, i), "%s has priority %d, outside 0 to 255", t.Name, t.Priority)
		}
		if (t.Value == 0 || int(t.Value) > len(firstTypes)) && t.Value < firstExtension {
			f.add(entry(table, i), "%s has the reserved value %d; extensions begin at 16 (TYP-5)", t.Name, t.Value)
		}
		checkReference(f, table, i, t.Name, t.Reference)
	}
	for i, name := range firstTypes {
		if t, ok := r.Type(uint8(i + 1)); !ok || t.Name != name {
			f.add(table, "value %d is not %s (TYP-1)", i+1, name)
		}
	}
	for i, a := range r.TypeRanges {
		if a.First > a.Last {
			f.add(entry("type_ranges", i), "first is %d and last is %d", a.First, a.Last)
		}
		if a.Status == "" {
			f.add(entry("type_ranges", i), "status is empty")
		}
		for j, b := range r.TypeRanges[:i] {
			if a.First <= b.Last && b.First <= a.Last {
				f.add(entry("type_ranges", i), "overlaps type_ranges[%d]", j)
			}
		}
	}
}

func (r *Registry) validateFlags(f *faults) {
	const table = "flags"
	unique(f, table, r.Flags, func(e FlagEntry) (uint8, string) { return e.Mask, fmt.Sprintf("mask %d", e.Mask) })
	unique(f, table, r.Flags, func(e FlagEntry) (string, string) { return e.Name, "name " + e.Name })
	for i, e := range r.Flags {
		checkName(f, table, i, e.Name, upperNameRE)
		if bits.OnesCount8(e.Mask) != 1 {
			f.add(entry(table, i), "%s has mask %d, which is not one bit", e.Name, e.Mask)
		}
		checkReference(f, table, i, e.Name, e.Reference)
	}
}

func (r *Registry) validateHeaderKeys(f *faults) {
	const table = "header_keys"
	unique(f, table, r.HeaderKeys, func(k HeaderKey) (string, string) { return k.Name, "name " + k.Name })
	for i, k := range r.HeaderKeys {
		checkName(f, table, i, k.Name, kebabNameRE)
		if k.Value == "" {
			f.add(entry(table, i), "%s does not say how its value is written", k.Name)
		}
		if k.Bits < 0 {
			f.add(entry(table, i), "%s has %d bits", k.Name, k.Bits)
		}
		for _, name := range k.Types {
			if _, ok := find(r.Types, func(t TypeEntry) bool { return t.Name == name }); !ok {
				f.add(entry(table, i), "%s goes with %s, which is no type", k.Name, name)
			}
		}
		checkReference(f, table, i, k.Name, k.Reference)
	}
}

func (r *Registry) validateErrorCodes(f *faults) {
	const table = "error_codes"
	unique(f, table, r.ErrorCodes, func(e ErrorCode) (int, string) { return e.Code, fmt.Sprintf("code %d", e.Code) })
	unique(f, table, r.ErrorCodes, func(e ErrorCode) (string, string) { return e.Name, "name " + e.Name })
	for i, e := range r.ErrorCodes {
		checkName(f, table, i, e.Name, camelNameRE)
		if e.Code < 1 {
			f.add(entry(table, i), "%s has code %d, below 1", e.Name, e.Code)
		}
		if e.OverUDP && !e.OnWire {
			f.add(entry(table, i), "%s is sent over UDP and yet not on the wire", e.Name)
		}
	}
}

func (r *Registry) validateLimits(f *faults) {
	const table = "limits"
	unique(f, table, r.Limits, func(l Limit) (string, string) { return l.Name, "name " + l.Name })
	var names []string
	for i, l := range r.Limits {
		names = append(names, l.Name)
		checkName(f, table, i, l.Name, kebabNameRE)
		if l.Value < 1 {
			f.add(entry(table, i), "%s is %d, below 1", l.Name, l.Value)
		}
		if l.Unit == "" {
			f.add(entry(table, i), "%s has no unit", l.Name)
		}
		checkReference(f, table, i, l.Name, l.Requirement)
	}
	checkComplete(f, table, names, limitNames)
}

func (r *Registry) validateTimers(f *faults) {
	const table = "timers"
	unique(f, table, r.Timers, func(t Timer) (string, string) { return t.Name, "name " + t.Name })
	var names []string
	for i, t := range r.Timers {
		names = append(names, t.Name)
		checkName(f, table, i, t.Name, kebabNameRE)
		if t.DefaultMS < 1 {
			f.add(entry(table, i), "%s is %d ms, below 1", t.Name, t.DefaultMS)
		}
		checkReference(f, table, i, t.Name, t.Requirement)
	}
	checkComplete(f, table, names, timerNames)
}

func checkName(f *faults, table string, i int, name string, form *regexp.Regexp) {
	if !form.MatchString(name) {
		f.add(entry(table, i), "name %q does not have the form %s", name, form)
	}
}

// checkReference demands the form of a requirement ID; that the ID exists is a
// matter of the text, which a user's registry does not bring along.
func checkReference(f *faults, table string, i int, name, id string) {
	if !idRE.MatchString(id) {
		f.add(entry(table, i), "%s refers to %q, which is not a requirement ID", name, id)
	}
}

func checkComplete(f *faults, table string, names, want []string) {
	for _, name := range want {
		if !slices.Contains(names, name) {
			f.add(table, "%s is missing", name)
		}
	}
}
