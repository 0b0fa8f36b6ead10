package selftest

import (
	"slices"

	"github.com/vstp-project/vstp/conformance"
)

// withoutCompression starts a peer that does not offer compression.
var withoutCompression = []string{"--no-compression"}

const (
	fileCompress = "ref/compress/compress.go"
	fileGunzip   = "ref/compress/gunzip.go"
	fileGzipHead = "ref/compress/header.go"
	fileUnpack   = "ref/session/reply.go"
)

// compressMutants break what is said of COMP: what servers send and deliver, what
// clients send and deliver, and what decompress makes of a member.
var compressMutants = slices.Concat(
	compressSendMutants, compressReceiveMutants,
	alsoAs(conformance.RoleClient, compressReceiveMutants, "members-stay-compressed", "optional-fields-refused",
		"member-checksum-not-checked", "member-size-not-checked", "what-cannot-be-decompressed-delivered-as-it-is"),
	alsoAs(conformance.RoleCodec, compressReceiveMutants, "optional-fields-refused",
		"member-checksum-not-checked", "member-size-not-checked", "reserved-flags-of-members-passed-over",
		"octets-behind-the-member-ignored", "limit-of-the-output-off-by-one"),
	compressCodecMutants, compressClientMutants, compressNotOfferedMutants,
)

// alsoAs is mutants once more, by their names, for a role that has the code in common.
func alsoAs(role string, all []Mutant, names ...string) []Mutant {
	var of []Mutant
	for _, m := range all {
		if slices.Contains(names, m.Name) {
			m.Name, m.Role = m.Name+"-in-"+role, role
			of = append(of, m)
		}
	}
	return of
}

// Servers that send

var compressSendMutants = []Mutant{
	{
		Name: "answers-flagged-as-compressed", Requirement: "CMP-1",
		Sentence: "An answer has COMP although it has not been compressed.",
		File:     "ref/tcp/request.go",
		Old:      "	c.mu.Lock()\n	defer c.mu.Unlock()\n	for c.outbox.full()",
		New:      "	f.Flags |= wire.FlagComp\n	c.mu.Lock()\n	defer c.mu.Unlock()\n	for c.outbox.full()",
	},
	{
		Name: "answers-compressed-in-secret", Requirement: "CMP-1",
		Sentence: "Long answers are compressed and COMP does not say so.",
		File:     "ref/tcp/request.go",
		Old:      "	f, err := c.outgoing(c.ctx, f)\n",
		New:      "	f.Flags |= wire.FlagComp\n	f, err := c.outgoing(c.ctx, f)\n	f.Flags &^= wire.FlagComp\n",
	},
	{
		Name: "answers-flagged-as-compressed-over-udp", Requirement: "CMP-1",
		Sentence: "An answer over UDP has COMP although it has not been compressed.",
		File:     "ref/udp/request.go",
		Old:      "	if err == nil {\n		err = r.server.endpoint.CheckAnswer(f)\n",
		New:      "	f.Flags |= wire.FlagComp\n	if err == nil {\n		err = r.server.endpoint.CheckAnswer(f)\n",
	},
	{
		Name: "gzip-files-decompressed-without-the-flag", Requirement: "CMP-1",
		Sentence: "A payload that looks like gzip is decompressed although COMP is clear.",
		File:     fileUnpack,
		Old:      "	if f.Type != wire.TypeData || !f.Flags.Has(wire.FlagComp) {\n		return f, 0\n",
		New: `	if len(f.Payload) > 2 && f.Payload[0] == 0x1f && f.Payload[1] == 0x8b {
		f.Flags |= wire.FlagComp
	}
	if f.Type != wire.TypeData || !f.Flags.Has(wire.FlagComp) {
		return f, 0
`,
	},
}

// Whoever receives; servers if it is not said otherwise

var compressReceiveMutants = []Mutant{
	{
		Name: "members-stay-compressed", Requirement: "CMP-4",
		Sentence: "A compressed message is looked through and delivered as it came.",
		File:     fileUnpack,
		Old:      "	return m, refused\n",
		New:      "	if refused == 0 {\n		m.Payload = f.Payload\n	}\n	return m, refused\n",
	},
	{
		Name: "optional-fields-refused", Requirement: "CMP-4",
		Sentence: "A gzip member with a name, a comment or other fields is refused.",
		File:     fileGzipHead,
		Old:      "	flagReserved = 0xe0\n",
		New:      "	flagReserved = 0xfe\n",
	},
	{
		Name: "fragments-decompressed-one-by-one", Requirement: "CMP-4",
		Sentence: "The payload of each fragment is decompressed as it arrives.",
		File:     fileEndpoint,
		Old:      "	if f.Flags.Has(wire.FlagFrag) {\n		return Reaction{",
		New: `	if f.Flags.Has(wire.FlagFrag) {
		m, fault := e.unpack.message(wire.Frame{Type: f.Type, Flags: f.Flags &^ wire.FlagFrag, Payload: f.Payload})
		if fault != 0 {
			return Reaction{Err: refusal(fault, "a fragment is no member")}
		}
		f.Payload, f.Flags = m.Payload, f.Flags&^wire.FlagComp
		return Reaction{`,
	},
	{
		Name: "member-checksum-not-checked", Requirement: "CMP-6",
		Sentence: "The CRC-32 of a gzip member is not looked at.",
		File:     fileGunzip,
		Old:      "		binary.LittleEndian.Uint32(trailer) != crc32.ChecksumIEEE(plain):\n",
		New:      "		len(plain) > 1<<30 && crc32.ChecksumIEEE(plain) == 0:\n",
	},
	{
		Name: "member-size-not-checked", Requirement: "CMP-6",
		Sentence: "The ISIZE of a gzip member is not looked at.",
		File:     fileGunzip,
		Old:      "	case binary.LittleEndian.Uint32(trailer[4:]) != uint32(len(plain)):\n",
		New:      "	case len(plain) > 1<<30:\n",
	},
	{
		Name: "reserved-flags-of-members-passed-over", Requirement: "CMP-6",
		Sentence: "The reserved bits of FLG are not looked at.",
		File:     fileGzipHead,
		Old:      "	case len(b) < 4 || b[3]&flagReserved != 0:\n",
		New:      "	case len(b) < 4:\n",
	},
	{
		Name: "what-cannot-be-decompressed-delivered-as-it-is", Requirement: "CMP-6",
		Sentence: "What is no gzip member is delivered as if COMP were clear.",
		File:     fileUnpack,
		Old:      "	return m, refused\n",
		New:      "	if refused == wire.BadCompression {\n		return f, 0\n	}\n	return m, refused\n",
	},
	{
		Name: "bad-compression-acknowledged", Requirement: "CMP-6",
		Sentence: "A message is acknowledged before it turns out that it cannot be decompressed.",
		File:     "ref/session/server.go",
		Old:      "	if fault != 0 {\n		s.refuse(f, fault) // and go on [CMP-9]\n",
		New:      "	if fault != 0 {\n		s.acknowledge(f)\n		s.refuse(f, fault)\n",
	},
	{
		Name: "bad-compression-acknowledged-over-udp", Requirement: "CMP-6",
		Sentence: "A datagram is acknowledged although it cannot be decompressed.",
		File:     fileEndpoint,
		Old:      "		return Reaction{Type: f.Type, Err: refusal(fault,",
		New:      "		return Reaction{Replies: []wire.Frame{ack(msgID(f))}, Err: refusal(fault,",
	},
	{
		Name: "octets-behind-the-member-ignored", Requirement: "CMP-7",
		Sentence: "What stands behind the first gzip member is not looked at.",
		File:     fileGunzip,
		Old:      "	case len(trailer) > trailerLen:\n",
		New:      "	case len(trailer) > 1<<30:\n",
	},
	{
		Name: "empty-payload-is-a-member", Requirement: "CMP-7",
		Sentence: "An empty payload under COMP is delivered as an empty message.",
		File:     fileUnpack,
		Old:      "	if f.Type != wire.TypeData || !f.Flags.Has(wire.FlagComp) {\n",
		New:      "	if f.Type != wire.TypeData || !f.Flags.Has(wire.FlagComp) || len(f.Payload) == 0 {\n",
	},
	{
		Name: "no-limit-to-the-output", Requirement: "CMP-8",
		Sentence: "A message may unfold to any size.",
		File:     fileCompress,
		Old:      "return Decompress(f, limit) }",
		New:      "return Decompress(f, 1<<30+0*limit) }",
	},
	{
		Name: "limit-of-the-output-off-by-one", Requirement: "CMP-8",
		Sentence: "A message that unfolds to exactly the limit is rejected.",
		File:     fileGunzip,
		Old:      "	case n > limit:\n",
		New:      "	case n >= limit:\n",
	},
	{
		Name: "output-made-before-it-is-measured", Requirement: "CMP-8",
		Sentence: "A message is decompressed as a whole, and its size looked at then.",
		File:     fileGunzip,
		Old:      "	most := min(limit, math.MaxInt-1) + 1\n",
		New:      "	most := min(1<<30, math.MaxInt-1) + 1\n",
	},
	{
		Name: "too-much-output-is-bad-compression", Requirement: "CMP-8",
		Sentence: "A message that unfolds to too much is answered with ERR 18.",
		File:     fileUnpack,
		Old:      "		errors.As(err, &refused)\n",
		New:      "		if !errors.As(err, &refused) || refused == wire.FrameTooLarge {\n			refused = wire.BadCompression\n		}\n",
	},
	{
		Name: "failed-decompression-ends-the-connection", Requirement: "CMP-9",
		Sentence: "A connection is closed when a message cannot be decompressed.",
		File:     "ref/session/server.go",
		Old:      "		s.refuse(f, fault) // and go on [CMP-9]\n",
		New:      "		s.refuse(f, fault)\n		s.endInput(0)\n",
	},
	{
		Name: "stopped-decompression-ends-the-connection", Requirement: "CMP-9",
		Sentence: "A connection is closed when a message unfolds to too much.",
		File:     "ref/session/server.go",
		Old:      "		s.refuse(f, fault) // and go on [CMP-9]\n",
		New:      "		s.refuse(f, fault)\n		if fault == wire.FrameTooLarge {\n			s.endInput(0)\n		}\n",
	},
	{
		Name: "bad-compression-not-reported", Requirement: "CMP-10",
		Sentence: "A message that cannot be decompressed is dropped in silence.",
		File:     "ref/session/server.go",
		Old:      "		s.refuse(f, fault) // and go on [CMP-9]\n",
		New:      "		s.report(refusal(fault, \"dropped\"))\n",
	},
	{
		Name: "bad-compression-is-a-protocol-error", Requirement: "CMP-10",
		Sentence: "A message that cannot be decompressed is answered with ERR 2.",
		File:     "ref/session/server.go",
		Old:      "		s.refuse(f, fault) // and go on [CMP-9]\n",
		New:      "		if fault == wire.BadCompression {\n			fault = wire.Protocol\n		}\n		s.refuse(f, fault)\n",
	},
}

// Codecs

var compressCodecMutants = []Mutant{
	{
		Name: "decompress-takes-no-limit", Requirement: "CMP-8", Role: conformance.RoleCodec,
		Sentence: "The limit of a decompress request is not looked at.",
		File:     "ref/peer/adapter_codec.go",
		Old:      "compress.Gunzip(octets, limit)",
		New:      "compress.Gunzip(octets, max(limit, wire.DefaultMaxFrame))",
	},
	{
		Name: "empty-payload-is-a-member-in-codec", Requirement: "CMP-7", Role: conformance.RoleCodec,
		Sentence: "No octets at all are decompressed to none.",
		File:     fileGunzip,
		Old:      "	blocks, ok := skipHeader(member)\n",
		New:      "	if len(member) == 0 {\n		return []byte{}, nil\n	}\n	blocks, ok := skipHeader(member)\n",
	},
}

// Clients

var compressClientMutants = []Mutant{
	{
		Name: "compressed-without-the-flag", Requirement: "CMP-1", Role: conformance.RoleClient,
		Sentence: "A message is compressed and COMP is clear.",
		File:     fileCompress,
		Old:      "	f.Payload = member\n	f.Flags |= wire.FlagComp\n",
		New:      "	f.Payload = member\n",
	},
	{
		Name: "flag-without-compression", Requirement: "CMP-1", Role: conformance.RoleClient,
		Sentence: "COMP is set on whatever was to be compressed, be it too short for that.",
		File:     fileCompress,
		Old:      "	f.Flags &^= wire.FlagComp\n	return Compress(f, c)\n",
		New:      "	f.Flags &^= wire.FlagComp\n	f, err := Compress(f, c)\n	f.Flags |= wire.FlagComp\n	return f, err\n",
	},
	{
		Name: "two-members-sent", Requirement: "CMP-1", Role: conformance.RoleClient,
		Sentence: "A compressed payload is two gzip members.",
		File:     fileCompress,
		Old:      "	f.Payload = member\n",
		New:      "	f.Payload = append(member, member...)\n",
	},
	{
		Name: "headers-lost-in-compression", Requirement: "CMP-2", Role: conformance.RoleClient,
		Sentence: "A compressed message has no headers.",
		File:     fileCompress,
		Old:      "	f.Payload = member\n",
		New:      "	f.Payload, f.Headers = member, wire.Headers{}\n",
	},
	{
		Name: "pieces-compressed-one-by-one", Requirement: "CMP-3", Role: conformance.RoleClient,
		Sentence: "A long message is cut in two, and each half is compressed.",
		File:     "ref/udp/conn.go",
		Old:      "	f, err := c.server.outgoing(ctx, f, to)\n",
		New: `	whole, err := c.server.cfg.Compression.Outgoing(f)
	if half := len(f.Payload) / 2; err == nil && whole.Flags.Has(wire.FlagComp) && half > 1200 {
		first, second := f, f
		first.Payload, second.Payload = f.Payload[:half], f.Payload[half:]
		first, _ = c.server.cfg.Compression.Outgoing(first)
		second, _ = c.server.cfg.Compression.Outgoing(second)
		whole.Payload = append(first.Payload, second.Payload...)
	}
	f = whole
`,
	},
	{
		Name: "threshold-one-octet-too-low", Requirement: "CMP-5", Role: conformance.RoleClient,
		Sentence: "1,023 octets are compressed.",
		File:     fileCompress,
		Old:      "	DefaultThreshold = 1024 // octets\n",
		New:      "	DefaultThreshold = 1023 // octets\n",
	},
	{
		Name: "whatever-becomes-smaller-is-compressed", Requirement: "CMP-5", Role: conformance.RoleClient,
		Sentence: "There is no threshold.",
		File:     fileCompress,
		Old:      "	if threshold == 0 {\n		threshold = DefaultThreshold\n",
		New:      "	if threshold == 0 {\n		threshold = 1\n",
	},
	{
		Name: "members-in-fragments-stay-compressed", Requirement: "CMP-4", Role: conformance.RoleClient,
		Sentence: "A message that was put together is delivered as it came.",
		File:     "ref/udp/incoming.go",
		Old:      "		return s.endpoint.Message(m, octets)\n",
		New:      "		m.Flags &^= wire.FlagComp\n		return s.endpoint.Message(m, octets)\n",
	},
	{
		Name: "bad-compression-acknowledged-in-client", Requirement: "CMP-6", Role: conformance.RoleClient,
		Sentence: "A client acknowledges a message before it turns out that it cannot be decompressed.",
		File:     "ref/session/client.go",
		Old:      "	m, fault := c.cfg.Unpack.message(f)\n	if fault != 0 {\n",
		New:      "	m, fault := c.cfg.Unpack.message(f)\n	if fault != 0 {\n		c.acknowledge(f)\n",
	},
	{
		Name: "bad-compression-acknowledged-over-udp-in-client", Requirement: "CMP-6", Role: conformance.RoleClient,
		Sentence: "A client acknowledges a datagram although it cannot be decompressed.",
		File:     fileEndpoint,
		Old:      "		return Reaction{Type: f.Type, Err: refusal(fault,",
		New:      "		return Reaction{Replies: []wire.Frame{ack(msgID(f))}, Err: refusal(fault,",
	},
}

// Whoever does not offer compression

var compressNotOfferedMutants = []Mutant{
	{
		Name: "compressed-message-delivered-as-it-is", Requirement: "CMP-11", Args: withoutCompression,
		Sentence: "A compressed message is delivered without being decompressed.",
		File:     fileUnpack,
		Old:      "		return f, wire.Unsupported\n",
		New:      "		return f, 0\n",
	},
	{
		Name: "compressed-message-acknowledged", Requirement: "CMP-11", Args: withoutCompression,
		Sentence: "A compressed message is acknowledged before it is refused.",
		File:     "ref/session/server.go",
		Old:      "	if fault != 0 {\n		s.refuse(f, fault) // and go on [CMP-9]\n",
		New:      "	if fault != 0 {\n		s.acknowledge(f)\n		s.refuse(f, fault)\n",
	},
	{
		Name: "compressed-message-delivered-as-it-is-in-client", Requirement: "CMP-11", Role: conformance.RoleClient, Args: withoutCompression,
		Sentence: "A client delivers a compressed message without decompressing it.",
		File:     fileUnpack,
		Old:      "		return f, wire.Unsupported\n",
		New:      "		return f, 0\n",
	},
	{
		Name: "compressed-message-acknowledged-in-client", Requirement: "CMP-11", Role: conformance.RoleClient, Args: withoutCompression,
		Sentence: "A client acknowledges a compressed message before it refuses it.",
		File:     fileEndpoint,
		Old:      "		return Reaction{Type: f.Type, Err: refusal(fault,",
		New:      "		return Reaction{Replies: []wire.Frame{ack(msgID(f))}, Err: refusal(fault,",
	},
}
