package selftest

import "github.com/vstp-project/vstp/conformance"

// linkMutants are faults that only a bad network brings out: that show when an ACK is
// lost, when a fragment or a datagram comes twice, when something comes late or altered.
var linkMutants = []Mutant{
	{
		Name: "late-copies-not-acknowledged", Requirement: "ACK-5",
		Sentence: "A copy that comes later than a thousandth of the window after its message is not acknowledged.",
		File:     fileIncoming,
		Old:      `		return false, true`,
		New:      `		return false, s.duplicates.Has(now.Add(s.cfg.DuplicateWindow-s.cfg.DuplicateWindow/1000), digest)`,
	},
	{
		Name: "second-set-discarded", Requirement: "ACK-5",
		Sentence: "Fragments of a message that was delivered lately are discarded, a whole second set of them included.",
		File:     fileReassembler,
		Old:      `	case giveWay == nil && len(r.sessions) >= r.cfg.MaxSessions:`,
		New:      `	case recent, giveWay == nil && len(r.sessions) >= r.cfg.MaxSessions:`,
	},
	{
		Name: "four-messages-remembered", Requirement: "ACK-6",
		Sentence: "No more than the last four messages of all sources are remembered.",
		File:     fileDuplicates,
		Old:      `		delivered: frag.NewRecent[Digest](cfg.Window, cfg.MaxRecords),`,
		New:      `		delivered: frag.NewRecent[Digest](cfg.Window, min(cfg.MaxRecords, 4)),`,
	},
	{
		Name: "copies-known-for-a-moment", Requirement: "ACK-6",
		Sentence: "A message is remembered for no longer than a thousandth of the window.",
		File:     fileDuplicates,
		Old:      `		delivered: frag.NewRecent[Digest](cfg.Window, cfg.MaxRecords),`,
		New:      `		delivered: frag.NewRecent[Digest](cfg.Window/1000, cfg.MaxRecords),`,
	},
	{
		Name: "retransmission-drops-the-session", Requirement: "RAS-4",
		Sentence: "A copy of a fragment that comes a little later, as with a retransmission, drops what is stored.",
		File:     fileReassembler,
		Old: `	case s.has(p.index):
`,
		New: `	case s.has(p.index):
		if now.After(s.deadline.Add(r.cfg.Lifetime/1000 - r.cfg.Lifetime)) {
			r.drop(s)
		}
`,
	},
	{
		Name: "last-gap-filled-by-a-copy", Requirement: "ACK-2",
		Sentence: "A copy of any fragment stands for the last one that is missing.",
		File:     fileReassembler,
		Old:      `	case s.has(p.index):`,
		New:      `	case s.has(p.index) && s.missing > 1:`,
	},
	{
		Name: "late-fragments-begin-anew", Requirement: "RAS-1",
		Sentence: "A fragment that comes later than two thousandths of the lifetime after the first of its message begins it anew.",
		File:     fileReassembler,
		Old:      `	if s != nil && !s.matches(p, flags, own, f.Payload) {`,
		New:      `	if s != nil && (!s.matches(p, flags, own, f.Payload) || now.After(s.deadline.Add(r.cfg.Lifetime/1500-r.cfg.Lifetime))) {`,
	},
	{
		Name: "altered-messages-acknowledged", Requirement: "UDP-4",
		Sentence: "A message whose payload was altered on its way is acknowledged, though it is not delivered.",
		File:     fileEndpoint,
		Old: `	if err != nil {
		return Reaction{Err: err}
	}
	if f.Flags.Has(wire.FlagFrag) {`,
		New: `	if errors.Is(err, wire.CrcMismatch) {
		r := Reaction{Err: err}
		whole := append([]byte(nil), b...)
		end := len(whole) - wire.TrailerLen
		crc := wire.Checksum(whole[:end])
		copy(whole[end:], []byte{byte(crc >> 24), byte(crc >> 16), byte(crc >> 8), byte(crc)})
		if f, err := parseDatagram(whole, e.limits); err == nil && wantsAck(f) && msgID(f) != "" {
			r.Replies = []wire.Frame{ack(msgID(f))}
		}
		return r
	}
	if err != nil {
		return Reaction{Err: err}
	}
	if f.Flags.Has(wire.FlagFrag) {`,
	},
	{
		Name: "budget-not-counted", Requirement: "RAS-20",
		Sentence: "However much payload incomplete messages hold, further fragments are stored.",
		File:     fileReassembler,
		Old:      `	case s.missing > 1 && r.octets+len(f.Payload) > r.cfg.MaxOctets:`,
		New:      `	case r.cfg.MaxOctets < 0:`,
	},
	{
		Name: "budget-of-a-third", Requirement: "RAS-20",
		Sentence: "For each octet of payload three are reserved, of which the budget counts one.",
		File:     "ref/frag/blocks.go",
		Old:      `	return make([]byte, 0, octets)`,
		New: `	hoard := make([]byte, 3*octets)
	for i := range hoard {
		hoard[i] = 1
	}
	return hoard[:0:octets]`,
	},

	// The same code at a client, whose judge is the sender on the other side of the link.

	{
		Name: "four-messages-remembered-by-a-client", Requirement: "ACK-6", Role: conformance.RoleClient,
		Sentence: "No more than the last four messages of all sources are remembered.",
		File:     fileDuplicates,
		Old:      `		delivered: frag.NewRecent[Digest](cfg.Window, cfg.MaxRecords),`,
		New:      `		delivered: frag.NewRecent[Digest](cfg.Window, min(cfg.MaxRecords, 4)),`,
	},
	{
		Name: "copies-known-to-a-client-for-a-moment", Requirement: "ACK-6", Role: conformance.RoleClient,
		Sentence: "A message is remembered for no longer than a thousandth of the window.",
		File:     fileDuplicates,
		Old:      `		delivered: frag.NewRecent[Digest](cfg.Window, cfg.MaxRecords),`,
		New:      `		delivered: frag.NewRecent[Digest](cfg.Window/1000, cfg.MaxRecords),`,
	},
	{
		Name: "retransmission-drops-what-a-client-holds", Requirement: "RAS-22", Role: conformance.RoleClient,
		Sentence: "A copy of a fragment that comes a little later, as with a retransmission, drops what is stored.",
		File:     fileReassembler,
		Old: `	case s.has(p.index):
`,
		New: `	case s.has(p.index):
		if now.After(s.deadline.Add(r.cfg.Lifetime/1000 - r.cfg.Lifetime)) {
			r.drop(s)
		}
`,
	},
	{
		Name: "late-fragments-begin-anew-at-a-client", Requirement: "RAS-22", Role: conformance.RoleClient,
		Sentence: "A fragment that comes later than two thousandths of the lifetime after the first of its message begins it anew.",
		File:     fileReassembler,
		Old:      `	if s != nil && !s.matches(p, flags, own, f.Payload) {`,
		New:      `	if s != nil && (!s.matches(p, flags, own, f.Payload) || now.After(s.deadline.Add(r.cfg.Lifetime/1500-r.cfg.Lifetime))) {`,
	},
	{
		Name: "altered-messages-acknowledged-by-a-client", Requirement: "UDP-4", Role: conformance.RoleClient,
		Sentence: "A message whose payload was altered on its way is acknowledged, though it is not delivered.",
		File:     fileEndpoint,
		Old: `	if err != nil {
		return Reaction{Err: err}
	}
	if f.Flags.Has(wire.FlagFrag) {`,
		New: `	if errors.Is(err, wire.CrcMismatch) {
		r := Reaction{Err: err}
		whole := append([]byte(nil), b...)
		end := len(whole) - wire.TrailerLen
		crc := wire.Checksum(whole[:end])
		copy(whole[end:], []byte{byte(crc >> 24), byte(crc >> 16), byte(crc >> 8), byte(crc)})
		if f, err := parseDatagram(whole, e.limits); err == nil && wantsAck(f) && msgID(f) != "" {
			r.Replies = []wire.Frame{ack(msgID(f))}
		}
		return r
	}
	if err != nil {
		return Reaction{Err: err}
	}
	if f.Flags.Has(wire.FlagFrag) {`,
	},
	{
		Name: "ack-of-an-earlier-send-counts", Requirement: "ACK-8", Role: conformance.RoleClient,
		Sentence: "An ACK of the message before, whose send has ended, ends a send.",
		File:     fileSender,
		Old:      "	if t == nil || t.lastSent.IsZero() { // nothing answers what has not been sent\n",
		New: `	if t == nil {
		t = s.outstanding[message{netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), msgID + 1}]
	}
	if t == nil || t.lastSent.IsZero() {
`,
	},
}
