package dissect

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/vstp-project/vstp/spec"
)

// shipped is shared by all frames that were read without a registry of their
// own; spec.DefaultRegistry would make a copy for each.
var shipped = sync.OnceValue(spec.DefaultRegistry)

// names looks things up in the built-in eight types and four flags first and in
// a registry second.
type names struct{ registry *spec.Registry }

func (n names) get() *spec.Registry {
	if n.registry == nil {
		return shipped()
	}
	return n.registry
}

// typeName returns the name of a TYPE that is known. [TYP-5]
func (n names) typeName(value byte) (string, bool) {
	if value != 0 && int(value) < len(typeNames) {
		return typeNames[value], true
	}
	entry, ok := n.get().Type(value)
	return entry.Name, ok
}

// defined returns the mask of the flags that have a meaning.
func (n names) defined() byte {
	var mask byte
	for _, flag := range flagNames {
		mask |= flag.mask
	}
	for _, flag := range n.get().Flags {
		mask |= flag.Mask
	}
	return mask
}

// flags spells a FLAGS octet: names joined by a bar, undefined bits as one hex
// number at the end, "0" if none is set.
func (n names) flags(octet byte) string {
	var set []string
	for _, flag := range flagNames {
		if octet&flag.mask != 0 {
			set = append(set, flag.name)
			octet &^= flag.mask
		}
	}
	for _, flag := range n.get().Flags {
		if octet&flag.Mask != 0 {
			set = append(set, flag.Name)
			octet &^= flag.Mask
		}
	}
	if octet != 0 {
		set = append(set, fmt.Sprintf("0x%02x", octet))
	}
	if len(set) == 0 {
		return "0"
	}
	return strings.Join(set, "|")
}

// decimalKey returns the width in bits of a protocol header's number, and false
// for a key that has no such meaning in a frame of the given type.
func (n names) decimalKey(key []byte, typeName string) (bits int, ok bool) {
	for _, entry := range n.get().HeaderKeys {
		if entry.Name == string(key) {
			return entry.Bits, entry.Value == "decimal" && (len(entry.Types) == 0 || slices.Contains(entry.Types, typeName))
		}
	}
	return 0, false
}

// errorCode returns the entry of an error code.
func (n names) errorCode(code uint64) (spec.ErrorCode, bool) {
	for _, entry := range n.get().ErrorCodes {
		if entry.Code >= 0 && uint64(entry.Code) == code {
			return entry, true
		}
	}
	return spec.ErrorCode{}, false
}
