package conformance

import (
	"io/fs"
	"time"

	"github.com/vstp-project/vstp/spec"
)

// Options select and shape a run. The zero value judges every core case, many
// at a time, unscaled.
type Options struct {
	Role      string   // RoleServer (default), RoleClient or RoleCodec
	Profile   string   // "core" (default) or "strict"
	Run       []string // globs of case IDs to run; none means all
	Skip      []string // globs of case IDs to leave out
	Tags      string   // a tag expression, for instance "@tcp and not @hostile"
	Seed      uint64   // seeds everything that a case draws; printed by reports
	TimeScale float64  // factor by which the target's timers are shortened, 0.05 to 1; zero means 1
	Jobs      int      // how many cases at a time; zero means 32: most of them wait
	Deadline  time.Duration

	// Capabilities names what a server offers beyond its listeners: compression,
	// time-scale. Nil means compression. An adapter declares its own.
	Capabilities []string

	// Registry, Features and Vectors replace the shipped ones where they are given.
	Registry *spec.Registry
	Features fs.FS
	Vectors  fs.FS

	// OnStart and OnResult are told of progress, from several goroutines but never
	// two at a time.
	OnStart  func(id string, done, total int)
	OnResult func(r Result, done, total int)
}
