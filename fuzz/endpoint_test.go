package fuzz

import (
	"sync"

	"github.com/vstp-project/vstp/conformance/dissect"
	"github.com/vstp-project/vstp/ref/wire"
	"github.com/vstp-project/vstp/spec"
)

// An endpoint is what both decoders are told.
type endpoint struct {
	limit    int  // largest frame in octets; 0 or less is the default
	extended bool // whether it knows the types of extensions
}

// extensions are the additional types of an extended endpoint: the first and the
// last that can be allocated. [TYP-5]
var extensions = []byte{0x10, 0xff}

var (
	extendedTypes = sync.OnceValue(func() wire.TypeSet {
		var types []wire.Type
		for _, value := range extensions {
			types = append(types, wire.Type(value))
		}
		return wire.NewTypeSet(types...)
	})
	extendedRegistry = sync.OnceValue(func() *spec.Registry {
		registry := spec.DefaultRegistry()
		for _, value := range extensions {
			registry.Types = append(registry.Types, spec.TypeEntry{Value: value, Name: "EXTENSION", Control: true})
		}
		return registry
	})
)

func (e endpoint) limits() wire.Limits {
	limits := wire.Limits{MaxFrame: e.limit}
	if e.extended {
		limits.Types = extendedTypes()
	}
	return limits
}

func (e endpoint) options() dissect.Options {
	options := dissect.Options{MaxFrame: int64(e.limit)}
	if e.extended {
		options.Registry = extendedRegistry()
	}
	return options
}
