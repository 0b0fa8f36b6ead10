package netem

// replay is what a record says about fates.
type replay struct {
	header Header
	fates  map[replayKey]Fate
}

// replayKey is what a fate is found again by. The order of datagrams and the time
// are not in it, so that a replay in front of real sockets holds as well.
type replayKey struct {
	flow       string
	dir        Direction
	label      string
	occurrence int
}

// Replay makes a profile of a record: every datagram that is in it meets the very
// fate again that it met then, delays included. A datagram that is not in it is
// delivered after the plain delay of its direction, counted in [Counts] as
// unscripted, and its reason says so.
func Replay(l *Log) Profile {
	p := l.Header.Profile
	p.Seed = l.Header.Seed
	r := &replay{header: l.Header, fates: make(map[replayKey]Fate, len(l.Events))}
	for _, e := range l.Events {
		r.fates[replayKey{e.Flow, e.Dir, e.Label, e.Occurrence}] = e.Fate
	}
	p.replay = r
	return p
}

func (r *replay) fate(flow string, m message) (fate Fate, known bool) {
	fate, known = r.fates[replayKey{flow, m.dir, m.label.Text, m.occurrence}]
	if !known {
		fate = Fate{Reason: ReasonUnscripted, Delay: r.header.Profile.impairments(m.dir).Delay}
	}
	return fate, known
}

// replayed is the fate of a datagram in a replay.
func (l *Link) replayed(m message) Fate {
	fate, known := l.profile.replay.fate(l.opts.Flow, m)
	if known {
		l.generation = max(l.generation, fate.Generation)
	} else {
		fate.Generation = l.generation
	}
	return fate
}
