package selftest

const (
	fileSplit       = "ref/frag/split.go"
	filePlace       = "ref/frag/header.go"
	filePacer       = "ref/frag/pacer.go"
	fileReassembler = "ref/frag/reassembler.go"
	fileSession     = "ref/frag/session.go"
	fileDuplicates  = "ref/reliable/duplicates.go"
	fileSender      = "ref/reliable/sender.go"
	fileIncoming    = "ref/udp/incoming.go"
	fileTransmit    = "ref/udp/transmit.go"
)

// fragMutants break the rules of fragmentation and reassembly, and of what is
// acknowledged and delivered of a message that came in pieces or twice.
var fragMutants = []Mutant{
	{
		Name: "answers-never-split", Requirement: "FRG-1",
		Sentence: "An answer travels in one datagram, however long it is.",
		File:     fileTransmit,
		Old:      `if !acknowledged && f.EncodedLen() <= session.MaxDatagram {`,
		New:      `if !acknowledged {`,
	},
	{
		Name: "answers-split-early", Requirement: "FRG-2",
		Sentence: "An answer with more than 600 octets of payload is split.",
		File:     fileUDP,
		Old:      `	b, err := f.AppendBinary(make([]byte, 0, f.EncodedLen()))`,
		New: `	if f.Type == wire.TypeData && !f.Flags.Has(wire.FlagFrag) && len(f.Payload) > 600 {
		f.Headers, _ = f.Headers.AppendText(wire.KeyMsgID, "1")
		pieces, err := frag.Split(f, 7, 700)
		for i := 0; err == nil && i < pieces.Len(); i++ {
			err = s.send(pieces.Frame(i), p)
		}
		return err
	}
	b, err := f.AppendBinary(make([]byte, 0, f.EncodedLen()))`,
	},
	{
		Name: "frag-index-with-a-leading-zero", Requirement: "FRG-3",
		Sentence: "A frag-index is written with a zero before it.",
		File:     fileSplit,
		Old:      `wire.AppendDecimal(digits[:0], uint64(i))`,
		New:      `append([]byte("0"), wire.AppendDecimal(digits[:0], uint64(i))...)`,
	},
	{
		Name: "frag-index-from-one", Requirement: "FRG-4",
		Sentence: "Fragments are numbered from 1.",
		File:     fileSplit,
		Old:      `wire.AppendDecimal(digits[:0], uint64(i))`,
		New:      `wire.AppendDecimal(digits[:0], uint64(i+1))`,
	},
	{
		Name: "frag-id-of-each-fragment", Requirement: "FRG-4",
		Sentence: "Each fragment has a frag-id of its own.",
		File:     fileSplit,
		Old:      `wire.AppendDecimal(digits[:0], uint64(s.id))`,
		New:      `wire.AppendDecimal(digits[:0], uint64(s.id+uint8(i)))`,
	},
	{
		Name: "frag-total-is-the-last-index", Requirement: "FRG-4",
		Sentence: "The frag-total is the index of the last fragment.",
		File:     fileSplit,
		Old:      `wire.AppendDecimal(digits[:0], uint64(s.total))`,
		New:      `wire.AppendDecimal(digits[:0], uint64(s.total-1))`,
	},
	{
		Name: "fragments-overlap", Requirement: "FRG-5",
		Sentence: "Each fragment ends with the first octet of the next one.",
		File:     fileSplit,
		Old:      `min((i+1)*s.chunk, len(f.Payload))`,
		New:      `min((i+1)*s.chunk+1, len(f.Payload))`,
	},
	{
		Name: "fragments-of-1400-octets", Requirement: "FRG-6",
		Sentence: "Each fragment has 1,400 octets of payload, which Ethernet carries.",
		File:     fileSplit,
		Old:      `chunk := min(limit-wire.Overhead-own-fragmentHeaders, MaxPayload)`,
		New:      `chunk := 1400`,
	},
	{
		Name: "long-answer-cut-off", Requirement: "FRG-7",
		Sentence: "Of an answer that is too long as much is sent as 255 fragments hold.",
		File:     fileRequest,
		Old:      `		err = r.server.endpoint.CheckAnswer(f)`,
		New: `		f.Payload = f.Payload[:min(len(f.Payload), 270_000)]
		err = r.server.endpoint.CheckAnswer(f)`,
	},
	{
		Name: "frag-id-always-zero", Requirement: "FRG-8",
		Sentence: "The frag-id of every message is 0.",
		File:     fileSender,
		Old:      `t.pieces.SetID(id)`,
		New:      `t.pieces.SetID(id &^ 0xff)`,
	},
	{
		Name: "own-headers-once", Requirement: "FRG-10",
		Sentence: "The own headers of a message stand in its first fragment only.",
		File:     fileSplit,
		Old:      `	section := s.section[:s.own]`,
		New: `	section := s.section[:s.own]
	if i > 0 {
		section = section[:0]
	}`,
	},
	{
		Name: "last-fragment-flagged", Requirement: "FRG-10",
		Sentence: "The last fragment of a message has one more flag.",
		File:     fileSplit,
		Old:      `	f.Flags |= wire.FlagFrag`,
		New: `	f.Flags |= wire.FlagFrag
	if i == s.total-1 {
		f.Flags |= wire.FlagCRC
	}`,
	},
	{
		Name: "fragments-without-msg-id", Requirement: "FRG-11",
		Sentence: "A fragmented message has no msg-id.",
		File:     fileSplit,
		Old:      `	section := s.section[:s.own]`,
		New: `	section := []byte{}
	own, _ := wire.ParseHeaders(s.section[:s.own])
	for key, value := range own.All() {
		if string(key) != wire.KeyMsgID {
			section = appendHeader(section, key, value)
		}
	}`,
	},
	{
		Name: "long-pong-in-fragments", Requirement: "FRG-12",
		Sentence: "Of a PONG that does not fit a datagram a first fragment is sent.",
		File:     fileEndpoint,
		Old:      `	if size > MaxDatagram || size > *budget {`,
		New: `	if f.Type == wire.TypePong && size > MaxDatagram {
		f.Flags, f.Payload = wire.FlagFrag, f.Payload[:1000]
		r.Replies = append(r.Replies, f)
		return
	}
	if size > MaxDatagram || size > *budget {`,
	},
	{
		Name: "fragments-not-paced", Requirement: "FRG-13",
		Sentence: "Fragments leave as fast as they can.",
		File:     filePacer,
		Old:      `return oldest.Add(paceWindow)`,
		New:      `return oldest`,
	},

	{
		Name: "fragments-in-order-only", Requirement: "RAS-1",
		Sentence: "A fragment that does not follow the ones before it is ignored.",
		File:     fileReassembler,
		Old:      `	case s.has(p.index):`,
		New:      `	case s.has(p.index) || p.index != s.total-s.missing:`,
	},
	{
		Name: "payloads-in-order-of-arrival", Requirement: "RAS-1",
		Sentence: "Payloads are joined in the order in which they came.",
		File:     fileSession,
		Old: `	for index := range s.parts {
		b = append(b, s.payload(uint8(index))...)
	}`,
		New: `	for _, block := range s.blocks {
		b = append(b, block...)
	}`,
	},
	{
		Name: "fragment-headers-last-only", Requirement: "RAS-1",
		Sentence: "A fragment is one only if frag-total is its last header.",
		File:     filePlace,
		Old:      `	return p, seen == [3]int{1, 1, 1}`,
		New: `	last := ""
	for key := range f.Headers.All() {
		last = string(key)
	}
	return p, seen == [3]int{1, 1, 1} && last == wire.KeyFragTotal`,
	},
	{
		Name: "source-port-not-compared", Requirement: "RAS-2",
		Sentence: "Fragments from all ports of an address are combined.",
		File:     fileReassembler,
		Old:      `k := key{source: netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), id: p.id}`,
		New:      `k := key{source: netip.AddrPortFrom(from.Addr().Unmap(), 0), id: p.id}`,
	},
	{
		Name: "source-not-compared", Requirement: "RAS-2",
		Sentence: "Fragments from everywhere are combined.",
		File:     fileReassembler,
		Old:      `k := key{source: netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), id: p.id}`,
		New:      `k := key{id: p.id}`,
	},
	{
		Name: "msg-id-not-in-the-key", Requirement: "RAS-19",
		Sentence: "There is one session for each frag-id of a source.",
		File:     fileReassembler,
		Old:      `	k.msgID, k.named = MsgID(f.Headers)`,
		New:      ``,
	},
	{
		Name: "payloads-in-reverse", Requirement: "RAS-3",
		Sentence: "Payloads are joined from the last to the first.",
		File:     fileSession,
		Old:      `b = append(b, s.payload(uint8(index))...)`,
		New:      `b = append(b, s.payload(uint8(len(s.parts)-1-index))...)`,
	},
	{
		Name: "own-headers-lost", Requirement: "RAS-3",
		Sentence: "A message that was put together has no headers.",
		File:     fileReassembler,
		Old:      `	headers, err := wire.ParseHeaders(r.scratch)`,
		New:      `	headers, err := wire.ParseHeaders(nil)`,
	},
	{
		Name: "fragments-128-at-most", Requirement: "RAS-21",
		Sentence: "A message has at most 128 fragments.",
		File:     fileReassembler,
		Old:      `	case p.index >= p.total:`,
		New:      `	case p.index >= p.total || p.total > 128:`,
	},
	{
		Name: "messages-of-256-kib", Requirement: "RAS-21",
		Sentence: "A message that is put together has at most 256 KiB.",
		File:     fileReassembler,
		Old:      `wire.Overhead+len(r.scratch)+s.octets+len(f.Payload) > r.cfg.MaxMessage`,
		New:      `wire.Overhead+len(r.scratch)+s.octets+len(f.Payload) > 256<<10`,
	},
	{
		Name: "empty-fragments-discarded", Requirement: "RAS-17",
		Sentence: "A fragment without payload is discarded.",
		File:     fileReassembler,
		Old:      `	case len(f.Payload) > MaxPayload:`,
		New:      `	case len(f.Payload) == 0 || len(f.Payload) > MaxPayload:`,
	},
	{
		Name: "fragments-below-1200-octets", Requirement: "RAS-17",
		Sentence: "A fragment of exactly 1,200 octets is discarded.",
		File:     fileReassembler,
		Old:      `	case len(f.Payload) > MaxPayload:`,
		New:      `	case len(f.Payload) >= MaxPayload:`,
	},
	{
		Name: "out-of-range-drops-the-session", Requirement: "RAS-6",
		Sentence: "A fragment out of range ends the session that it would belong to.",
		File:     fileReassembler,
		Old:      `	case p.index >= p.total:`,
		New: `	case p.index >= p.total:
		for k, s := range r.sessions {
			if k.source == from && k.id == p.id {
				r.drop(s)
			}
		}`,
	},
	{
		Name: "index-above-total-is-the-last", Requirement: "RAS-6",
		Sentence: "A frag-index that is too high is taken for the last one.",
		File:     fileReassembler,
		Old:      `	p, ok := placeOf(f)`,
		New: `	p, ok := placeOf(f)
	if ok && p.total > 0 {
		p.index = min(p.index, p.total-1)
	}`,
	},
	{
		Name: "long-fragments-accepted", Requirement: "RAS-18",
		Sentence: "A fragment may be as long as a datagram.",
		File:     fileReassembler,
		Old:      `	case len(f.Payload) > MaxPayload:`,
		New:      `	case len(f.Payload) > 65_535:`,
	},
	{
		Name: "long-fragment-ends-the-session", Requirement: "RAS-18",
		Sentence: "A fragment that is too long is kept as one that contradicts what is stored.",
		File:     fileReassembler,
		Old:      `	case len(f.Payload) > MaxPayload:`,
		New: `	case len(f.Payload) > MaxPayload:
		for k, s := range r.sessions {
			if k.source == from && k.id == p.id {
				r.drop(s)
			}
		}`,
	},
	{
		Name: "one-of-one-discarded", Requirement: "RAS-7",
		Sentence: "A fragment that is the only one of its message is discarded.",
		File:     fileReassembler,
		Old:      `	case p.index >= p.total:`,
		New:      `	case p.index >= p.total || p.total == 1:`,
	},
	{
		Name: "copies-counted", Requirement: "RAS-4",
		Sentence: "Fragments are counted, copies among them.",
		File:     fileReassembler,
		Old:      `	case s.has(p.index):`,
		New: `	case s.has(p.index):
		s.missing = max(s.missing-1, 1)`,
	},
	{
		Name: "copy-starts-anew", Requirement: "RAS-4",
		Sentence: "A copy of a stored fragment drops what is stored.",
		File:     fileSession,
		Old:      `(!s.has(p.index) || bytes.Equal(s.payload(p.index), payload))`,
		New:      `(!s.has(p.index) || !bytes.Equal(s.payload(p.index), payload))`,
	},
	{
		Name: "first-fragment-wins", Requirement: "RAS-5",
		Sentence: "A fragment that contradicts its session is ignored.",
		File:     fileReassembler,
		Old: `		r.drop(s)
		s = nil`,
		New: `		return wire.Frame{}, false, Malformed`,
	},
	{
		Name: "flags-not-compared", Requirement: "RAS-5",
		Sentence: "Fragments with different FLAGS are combined.",
		File:     fileSession,
		Old:      `s.total == p.total && s.flags == flags && s.own == own &&`,
		New:      `s.total == p.total && s.own == own &&`,
	},
	{
		Name: "own-headers-not-compared", Requirement: "RAS-5",
		Sentence: "Fragments with different headers are combined.",
		File:     fileSession,
		Old:      `s.total == p.total && s.flags == flags && s.own == own &&`,
		New:      `s.total == p.total && s.flags == flags &&`,
	},
	{
		Name: "deadline-kept-by-a-contradiction", Requirement: "RAS-5",
		Sentence: "A session that a contradiction starts anew keeps its deadline.",
		File:     fileReassembler,
		Old: `		r.drop(s)
		s = nil`,
		New: `		r.octets -= s.octets
		s.have, s.blocks, s.octets = [4]uint64{}, nil, 0
		s.flags, s.total, s.missing, s.own = flags, p.total, p.total, own
		s.parts = make([]part, p.total)`,
	},
	{
		Name: "sessions-live-60-s", Requirement: "RAS-8",
		Sentence: "An incomplete message is kept for 60 s.",
		File:     fileReassembler,
		Old:      `deadline: now.Add(r.cfg.Lifetime)`,
		New:      `deadline: now.Add(2 * r.cfg.Lifetime)`,
	},
	{
		Name: "deadline-extended-by-fragments", Requirement: "RAS-9",
		Sentence: "Each further fragment gives its message 30 s more.",
		File:     fileReassembler,
		Old:      `	s.store(p.index, f.Payload, &r.spare)`,
		New: `	s.store(p.index, f.Payload, &r.spare)
	s.deadline = now.Add(r.cfg.Lifetime)`,
	},
	{
		Name: "deadline-extended-by-copies", Requirement: "RAS-9",
		Sentence: "Each copy of a fragment gives its message 30 s more.",
		File:     fileReassembler,
		Old:      `	case s.has(p.index):`,
		New: `	case s.has(p.index):
		s.deadline = now.Add(r.cfg.Lifetime)`,
	},
	{
		Name: "sessions-live-20-s", Requirement: "RAS-10",
		Sentence: "An incomplete message is kept for 20 s.",
		File:     fileReassembler,
		Old:      `deadline: now.Add(r.cfg.Lifetime)`,
		New:      `deadline: now.Add(r.cfg.Lifetime * 2 / 3)`,
	},
	{
		Name: "table-of-512", Requirement: "RAS-11",
		Sentence: "At most 512 messages are incomplete at once.",
		File:     fileReassembler,
		Old:      `DefaultMaxSessions  = 1000`,
		New:      `DefaultMaxSessions  = 512`,
	},
	{
		Name: "table-without-an-end", Requirement: "RAS-12",
		Sentence: "Any number of messages may be incomplete at once.",
		File:     fileReassembler,
		Old:      `len(r.sessions) >= r.cfg.MaxSessions:`,
		New:      `len(r.sessions) >= 1_000_000:`,
	},
	{
		Name: "full-table-takes-nothing", Requirement: "RAS-13",
		Sentence: "While the table is full every fragment is discarded.",
		File:     fileReassembler,
		Old:      `	s := r.sessions[k]`,
		New: `	if len(r.sessions) >= r.cfg.MaxSessions {
		return wire.Frame{}, false, TableFull
	}
	s := r.sessions[k]`,
	},
	{
		Name: "full-table-drops-the-oldest", Requirement: "RAS-14",
		Sentence: "A message that finds the table full drives out the oldest one.",
		File:     fileReassembler,
		Old:      `	recent := r.recent.Has(now, k)`,
		New: `	recent := r.recent.Has(now, k)
	if len(r.sessions) >= r.cfg.MaxSessions {
		r.drop(r.oldest)
		from = r.sources[addr]
	}`,
	},
	{
		Name: "source-without-a-share", Requirement: "RAS-15",
		Sentence: "One source may have as many messages incomplete as the table holds.",
		File:     fileReassembler,
		Old:      `DefaultMaxPerSource = 64`,
		New:      `DefaultMaxPerSource = 1000`,
	},
	{
		Name: "stragglers-counted", Requirement: "RAS-23",
		Sentence: "Fragments of a message that was delivered count like those of any other.",
		File:     fileReassembler,
		Old:      `	recent := r.recent.Has(now, k)`,
		New:      `	recent := r.recent.Has(now, k) && false`,
	},

	{
		Name: "whole-message-not-acknowledged", Requirement: "ACK-2",
		Sentence: "A message that came in fragments is not acknowledged.",
		File:     fileIncoming,
		Old:      `		return s.endpoint.Message(m, octets)`,
		New: `		m.Flags &^= wire.FlagReqAck
		return s.endpoint.Message(m, octets)`,
	},
	{
		Name: "copies-delivered", Requirement: "ACK-6",
		Sentence: "A copy of a message is delivered like the message.",
		File:     fileIncoming,
		Old:      `	if named && s.duplicates.Has(now, digest) {`,
		New:      `	if named && s.duplicates.Has(now, digest) && s.cfg.Handler == nil {`,
	},
	{
		Name: "copies-known-by-their-ack", Requirement: "ACK-6",
		Sentence: "Only messages that ask for an ACK are remembered.",
		File:     fileIncoming,
		Old:      `	digest, named := s.duplicates.Digest(p.peer, m)`,
		New: `	digest, named := s.duplicates.Digest(p.peer, m)
	named = named && m.Flags.Has(wire.FlagReqAck)`,
	},
	{
		Name: "copies-known-for-10-s", Requirement: "ACK-6",
		Sentence: "A delivered message is remembered for 10 s.",
		File:     fileDuplicates,
		Old:      `frag.NewRecent[Digest](cfg.Window, cfg.MaxRecords)`,
		New:      `frag.NewRecent[Digest](cfg.Window/3, cfg.MaxRecords)`,
	},
	{
		Name: "answers-share-a-msg-id", Requirement: "ACK-11",
		Sentence: "All answers in fragments have the same msg-id.",
		File:     fileSender,
		Old:      "		s.msgID++\n",
		New:      "",
	},
}
