package conformance

import (
	"io/fs"
	"time"

	"github.com/vstp-project/vstp/netem"
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

	// Shard runs a part of the selected cases: those of one of several runs that
	// together run them all. The zero value runs all of them.
	Shard Shard

	// Baseline, where there is one, is what the target is known to fail. Package
	// baseline reads it from a file.
	Baseline Baseline

	// Link is what lies between the judge and the target, its times as they are to be;
	// nil is nothing. Only the cases tagged @link go over it, each on a relay of its own
	// whose flow is the ID of the case; the others are not applicable. All chance of the
	// link is drawn from Seed, 0 being the seed of the profile.
	Link *netem.Profile
	// Replay repeats the fates of a record in place of Link. A case whose datagrams are
	// not in it is not applicable.
	Replay *netem.Log
	// Recorder gets the fates of all datagrams that went over Link or Replay, those of
	// one case in one piece, when it has ended.
	Recorder netem.Recorder

	// OnStart and OnResult are told of progress, from several goroutines but never
	// two at a time.
	OnStart  func(id string, done, total int)
	OnResult func(r Result, done, total int)
}

// A Baseline turns failures that are known into expected ones.
type Baseline interface {
	// Judge returns a result as it counts beside the baseline.
	Judge(res Result) Result

	// Stale says, in a sentence for each, what in the baseline is no longer true of
	// the results, which are as the run had them.
	Stale(results []Result) []string
}

// A Shard is one of several parts of a selection. Which part a case belongs to
// depends on its ID and the number of parts alone, so that it is the same on every
// machine and whatever else is selected.
type Shard struct {
	Index int // from 1
	Count int // 0 means that the selection is not divided
}
