package selftest

// wireMutants break the wire format: the layout of a frame, its header section,
// its checksum, its types and its flags. Where encoder and decoder share a rule,
// one of them breaks it.
var wireMutants = []Mutant{
	// Frame layout

	{
		Name: "payload-before-headers", Requirement: "FRM-1",
		Sentence: "The payload of a sent frame stands before its header section.",
		File:     "ref/wire/frame.go",
		Old: `	b = append(b, section...)
	// PAYLOAD (PAY_LEN).
	b = append(b, payload...)
`,
		New: `	b = append(b, payload...)
	// PAYLOAD (PAY_LEN).
	b = append(b, section...)
`,
	},
	{
		Name: "data-padded-to-even-length", Requirement: "FRM-1",
		Sentence: "A DATA frame of odd length is followed by a zero octet, so that the next begins at an even place.",
		File:     "ref/priority/lane.go",
		Old:      "	size := len(octets) - len(b.octets)\n",
		New: `	if f.Type == wire.TypeData && f.EncodedLen()%2 != 0 {
		octets = append(octets, 0)
	}
	size := len(octets) - len(b.octets)
`,
	},
	{
		Name: "version-zero-accepted", Requirement: "FRM-2",
		Sentence: "Every VERSION up to its own is accepted, 0 included.",
		File:     "ref/wire/parse.go",
		Old:      "if b[offVersion] != Version {",
		New:      "if b[offVersion] > Version {",
	},
	{
		Name: "magic-judged-by-its-first-octet", Requirement: "FRM-2",
		Sentence: "The second octet of MAGIC is not looked at.",
		File:     "ref/wire/parse.go",
		Old:      "if b[offMagic] != magic0 || b[offMagic+1] != magic1 {",
		New:      "if b[offMagic] != magic0 {",
	},
	{
		Name: "pong-without-version", Requirement: "FRM-2",
		Sentence: "A PONG is sent with the VERSION 0.",
		File:     "ref/wire/frame.go",
		Old:      "	b = append(b, magic0, magic1, Version, byte(f.Type), byte(f.Flags))\n",
		New: `	version := byte(Version)
	if f.Type == TypePong {
		version = 0
	}
	b = append(b, magic0, magic1, version, byte(f.Type), byte(f.Flags))
`,
	},
	{
		Name: "empty-err-is-malformed", Requirement: "FRM-5",
		Sentence: "An ERR without headers and payload ends the connection as malformed.",
		File:     "ref/session/server.go",
		Old:      "	case wire.TypeErr:\n		s.report(NewPeerError(f))",
		New: `	case wire.TypeErr:
		if f.EncodedLen() == wire.Overhead {
			s.endInput(wire.Protocol)
			return s.actions
		}
		s.report(NewPeerError(f))`,
	},
	{
		Name: "empty-ack-is-malformed", Requirement: "FRM-5",
		Sentence: "An ACK without headers is refused by the decoder as malformed.",
		File:     "ref/wire/parse.go",
		Old:      "	section := region(b, FixedLen, hdrEnd)\n",
		New: `	section := region(b, FixedLen, hdrEnd)
	if typ == TypeAck && len(section) == 0 {
		return total, fault(FixedLen, Protocol)
	}
`,
	},
	{
		Name: "header-length-sent-in-one-octet", Requirement: "FRM-3",
		Sentence: "Only the low octet of HDR_LEN is sent, the high one is always 0.",
		File:     "ref/wire/frame.go",
		Old:      "b = binary.LittleEndian.AppendUint16(b, uint16(len(section)))",
		New:      "b = append(b, byte(len(section)), 0)",
	},
	{
		Name: "header-length-read-as-signed-octets", Requirement: "FRM-3",
		Sentence: "The low octet of HDR_LEN is read as a signed one, so that 128 becomes 65,408.",
		File:     "ref/wire/parse.go",
		Old:      "hdrLen := binary.LittleEndian.Uint16(b[offHdrLen:])",
		New:      "hdrLen := uint16(int16(int8(b[offHdrLen])) | int16(b[offHdrLen+1])<<8)",
	},
	{
		Name: "payload-length-read-in-16-bits", Requirement: "FRM-4",
		Sentence: "Only the lower half of PAY_LEN is read.",
		File:     "ref/wire/parse.go",
		Old:      "payLen := binary.BigEndian.Uint32(b[offPayLen:])",
		New:      "payLen := uint32(binary.BigEndian.Uint16(b[offPayLen+2:]))",
	},
	{
		Name: "payload-length-sent-in-16-bits", Requirement: "FRM-4",
		Sentence: "Only the lower half of PAY_LEN is sent, the upper one is always 0.",
		File:     "ref/wire/frame.go",
		Old:      "b = binary.BigEndian.AppendUint32(b, uint32(len(payload)))",
		New:      "b = binary.BigEndian.AppendUint32(b, uint32(uint16(len(payload))))",
	},
	{
		Name: "next-frame-found-by-magic", Requirement: "FRM-6",
		Sentence: "The next frame is taken to begin at the next MAGIC, even where that stands inside of the frame at hand.",
		File:     "ref/wire/reader.go",
		Old:      "		case err == nil:\n			r.start += n\n",
		New: `		case err == nil:
			next := 2
			for b := r.buf[r.start:]; next < n && (b[next] != magic0 || b[next+1] != magic1); {
				next++
			}
			r.start += next
`,
	},
	{
		Name: "resynchronised-at-magic", Requirement: "FRM-6",
		Sentence: "Where MAGIC is wrong the stream is searched for it, and the frame found there is taken.",
		File:     "ref/wire/reader.go",
		Old:      "		case err != ErrShort:\n",
		New: `		case errors.Is(err, InvalidMagic):
			r.start++
			continue
		case err != ErrShort:
`,
	},
	{
		Name: "cut-fixed-part-is-an-error", Requirement: "FRM-7",
		Sentence: "A fixed part of which only some octets have arrived is refused as malformed.",
		File:     "ref/wire/parse.go",
		Old:      "	if len(b) < FixedLen {\n		return FixedLen, ErrShort\n	}\n",
		New:      "	if len(b) < FixedLen {\n		return 0, fault(offType, Protocol)\n	}\n",
	},
	{
		Name: "cut-fixed-part-is-lost", Requirement: "FRM-7",
		Sentence: "The octets of a fixed part that has arrived in part are thrown away.",
		File:     "ref/wire/reader.go",
		Old:      "		if err := r.fill(n); err != nil {\n",
		New: `		if r.Buffered() < FixedLen {
			r.start = r.end
		}
		if err := r.fill(n); err != nil {
`,
	},
	{
		Name: "type-checked-before-crc", Requirement: "FRM-9",
		Sentence: "TYPE is checked before CRC32, so that a damaged frame may be reported as one of an unknown type.",
		File:     "ref/wire/parse.go",
		Old:      "	if binary.BigEndian.Uint32(b[payEnd:total]) != Checksum(b[:payEnd]) {\n",
		New: `	if typ := Type(b[offType]); !lim.Types.Has(typ) {
		return total, fault(offType, InvalidFrameType)
	}
	if binary.BigEndian.Uint32(b[payEnd:total]) != Checksum(b[:payEnd]) {
`,
	},
	{
		Name: "headers-checked-before-crc", Requirement: "FRM-9",
		Sentence: "HEADERS is checked before CRC32, so that a damaged frame may be reported as a malformed one.",
		File:     "ref/wire/parse.go",
		Old:      "	if binary.BigEndian.Uint32(b[payEnd:total]) != Checksum(b[:payEnd]) {\n",
		New: `	if at, ok := checkSection(b[FixedLen:hdrEnd]); !ok && lim.Types.Has(Type(b[offType])) {
		return total, fault(FixedLen+at, Protocol)
	}
	if binary.BigEndian.Uint32(b[payEnd:total]) != Checksum(b[:payEnd]) {
`,
	},
	{
		Name: "headers-checked-before-type", Requirement: "FRM-9",
		Sentence: "HEADERS is checked before TYPE.",
		File:     "ref/wire/parse.go",
		Old:      "	if !lim.Types.Has(typ) {\n		return total, fault(offType, InvalidFrameType)\n",
		New: `	if !lim.Types.Has(typ) {
		if at, ok := checkSection(b[FixedLen:hdrEnd]); !ok {
			return total, fault(FixedLen+at, Protocol)
		}
		return total, fault(offType, InvalidFrameType)
`,
	},
	{
		Name: "size-checked-before-version", Requirement: "FRM-9",
		Sentence: "The size limit is checked before VERSION.",
		File:     "ref/wire/parse.go",
		Old:      "	if b[offVersion] != Version {\n",
		New: `	if b[offVersion] != Version {
		if len(b) >= FixedLen && uint64(binary.BigEndian.Uint32(b[offPayLen:])) > uint64(lim.maxFrame()) {
			return 0, fault(offHdrLen, FrameTooLarge)
		}
`,
	},

	// Header section

	{
		Name: "header-lengths-swapped", Requirement: "HDR-1",
		Sentence: "VALUE_LEN is sent before KEY_LEN.",
		File:     "ref/wire/headers.go",
		Old:      "section = append(section, byte(len(key)), byte(len(value)))",
		New:      "section = append(section, byte(len(value)), byte(len(key)))",
	},
	{
		Name: "key-length-of-seven-bits", Requirement: "HDR-1",
		Sentence: "KEY_LEN is sent with seven bits, and a longer key is cut to 127 octets.",
		File:     "ref/wire/headers.go",
		Old:      "	section = append(section, byte(len(key)), byte(len(value)))\n",
		New: `	key = key[:min(len(key), 127)]
	section = append(section, byte(len(key)), byte(len(value)))
`,
	},
	{
		Name: "empty-key-ends-the-section", Requirement: "HDR-3",
		Sentence: "A header with an empty key is taken for the end of the section.",
		File:     "ref/wire/headers.go",
		Old:      "		for rest := h.section; len(rest) > 0; {",
		New:      "		for rest := h.section; len(rest) > 0 && rest[0] > 0; {",
	},
	{
		Name: "empty-key-refused", Requirement: "HDR-3",
		Sentence: "A header with an empty key makes the frame malformed.",
		File:     "ref/wire/headers.go",
		Old:      "		if end > len(section) {",
		New:      "		if end > len(section) || section[at] == 0 {",
	},
	{
		Name: "malformed-header-left-out", Requirement: "HDR-6",
		Sentence: "A header that reaches beyond the section is left out, and the frame accepted with the headers before it.",
		File:     "ref/wire/parse.go",
		Old:      "	if at, ok := checkSection(section); !ok {\n",
		New: `	at, ok := checkSection(section)
	if !ok && len(section)-at > 1 {
		section, ok = section[:at:at], true
	}
	if !ok {
`,
	},
	{
		Name: "headers-read-out-of-the-payload", Requirement: "HDR-6",
		Sentence: "A header is checked against the end of the frame, so that one may be read out of the payload.",
		File:     "ref/wire/parse.go",
		Old:      "	if at, ok := checkSection(section); !ok {\n",
		New: `	at, ok := checkSection(section)
	if !ok && len(section)-at > 1 {
		if end := FixedLen + at + headerLengths + int(section[at]) + int(section[at+1]); end <= payEnd {
			section, ok = b[FixedLen:end:end], true
		}
	}
	if !ok {
`,
	},
	{
		Name: "single-octet-ignored", Requirement: "HDR-7",
		Sentence: "A single octet left over at the end of the section is ignored.",
		File:     "ref/wire/parse.go",
		Old:      "	if at, ok := checkSection(section); !ok {\n",
		New: `	at, ok := checkSection(section)
	if !ok && len(section)-at == 1 {
		section, ok = section[:at:at], true
	}
	if !ok {
`,
	},
	{
		Name: "largest-section-refused", Requirement: "HDR-8",
		Sentence: "A header section of exactly 65,535 octets is taken for too large.",
		File:     "ref/wire/parse.go",
		Old:      "	if size > uint64(lim.maxFrame()) {\n",
		New:      "	if size > uint64(lim.maxFrame()) || hdrLen == MaxHeaderSection {\n",
	},
	{
		Name: "headers-converted-to-utf8", Requirement: "HDR-4",
		Sentence: "Keys and values are handed over as text, with a replacement character for what is not UTF-8.",
		File:     "ref/wire/headers.go",
		Old:      "			if !yield(key, value) {\n",
		New:      "			if !yield([]byte(string([]rune(string(key)))), []byte(string([]rune(string(value))))) {\n",
	},
	{
		Name: "values-end-at-nul", Requirement: "HDR-4",
		Sentence: "A value ends at its first zero octet.",
		File:     "ref/wire/headers.go",
		Old:      "			if !yield(key, value) {\n",
		New: `			value, _, _ = bytes.Cut(value, []byte{0})
			if !yield(key, value) {
`,
	},
	{
		Name: "repeated-keys-merged", Requirement: "HDR-5",
		Sentence: "Of several headers with one key only the first is handed over.",
		File:     "ref/wire/headers.go",
		Old: `		for rest := h.section; len(rest) > 0; {
			var key, value []byte
			key, value, rest = cutHeader(rest)
`,
		New: `		seen := map[string]bool{}
		for rest := h.section; len(rest) > 0; {
			var key, value []byte
			key, value, rest = cutHeader(rest)
			if seen[string(key)] {
				continue
			}
			seen[string(key)] = true
`,
	},
	{
		Name: "headers-sorted", Requirement: "HDR-5",
		Sentence: "Headers are handed over in the order of their keys.",
		File:     "ref/wire/headers.go",
		Old: `		for rest := h.section; len(rest) > 0; {
			var key, value []byte
			key, value, rest = cutHeader(rest)
			if !yield(key, value) {
`,
		New: `		type header struct{ key, value []byte }
		var sorted []header
		for rest := h.section; len(rest) > 0; {
			var next header
			next.key, next.value, rest = cutHeader(rest)
			sorted = append(sorted, next)
			for i := len(sorted) - 1; i > 0 && bytes.Compare(sorted[i-1].key, sorted[i].key) > 0; i-- {
				sorted[i-1], sorted[i] = sorted[i], sorted[i-1]
			}
		}
		for _, next := range sorted {
			if !yield(next.key, next.value) {
`,
	},
	{
		Name: "keys-found-in-any-case", Requirement: "HDR-10",
		Sentence: "The protocol's headers are found in any mixture of upper and lower case.",
		File:     "ref/wire/headers.go",
		Old:      "		if string(k) == key {\n			return v, true\n",
		New:      "		if bytes.EqualFold(k, []byte(key)) {\n			return v, true\n",
	},
	{
		Name: "keys-reserved-in-any-case", Requirement: "HDR-10",
		Sentence: "An application's header whose key differs from one of the protocol's only in case is taken for that one.",
		File:     "ref/session/application.go",
		Old:      "	switch string(key) {\n",
		New: `	lower := []byte(string(key))
	for i, c := range lower {
		if 'A' <= c && c <= 'Z' {
			lower[i] = c + 'a' - 'A'
		}
	}
	switch string(lower) {
`,
	},
	{
		Name: "zero-without-a-digit", Requirement: "HDR-9",
		Sentence: "The number 0 is written without any digit.",
		File:     "ref/session/reply.go",
		Old:      "		f.Headers = header(f.Headers, wire.KeyMsgID, id)\n",
		New: `		if id == "0" {
			id = ""
		}
		f.Headers = header(f.Headers, wire.KeyMsgID, id)
`,
	},
	{
		Name: "large-numbers-written-as-negative", Requirement: "HDR-9",
		Sentence: "A number from 2^63 on is written with a minus sign.",
		File:     "ref/session/reply.go",
		Old: `	if _, ok := wire.ParseDecimal(value); !ok {
		return ""
	}
`,
		New: `	n, ok := wire.ParseDecimal(value)
	if !ok {
		return ""
	}
	if n >= 1<<63 {
		return "-" + string(wire.AppendDecimal(nil, -n))
	}
`,
	},

	// Integrity

	{
		Name: "crc-without-final-xor-accepted", Requirement: "CRC-1",
		Sentence: "A CRC32 without the final XOR is accepted beside the right one.",
		File:     "ref/wire/parse.go",
		Old:      "	if binary.BigEndian.Uint32(b[payEnd:total]) != Checksum(b[:payEnd]) {\n",
		New: `	sum := Checksum(b[:payEnd])
	if got := binary.BigEndian.Uint32(b[payEnd:total]); got != sum && got != ^sum {
`,
	},
	{
		Name: "crc-zero-sent-as-ones", Requirement: "CRC-1",
		Sentence: "A CRC32 of zero is sent as 0xFFFFFFFF, as UDP does with its checksum.",
		File:     "ref/wire/frame.go",
		Old:      "	b = binary.BigEndian.AppendUint32(b, Checksum(b[start:]))\n",
		New: `	sum := Checksum(b[start:])
	if sum == 0 {
		sum = ^sum
	}
	b = binary.BigEndian.AppendUint32(b, sum)
`,
	},
	{
		Name: "crc-over-headers-and-payload-accepted", Requirement: "CRC-2",
		Sentence: "A CRC32 over headers and payload alone is accepted beside the right one.",
		File:     "ref/wire/parse.go",
		Old:      "	if binary.BigEndian.Uint32(b[payEnd:total]) != Checksum(b[:payEnd]) {\n",
		New: `	if got := binary.BigEndian.Uint32(b[payEnd:total]); got != Checksum(b[:payEnd]) && got != Checksum(b[FixedLen:payEnd]) {
`,
	},
	{
		Name: "crc-does-not-cover-flags", Requirement: "CRC-2",
		Sentence: "A frame is accepted whose FLAGS are not those that CRC32 was computed over.",
		File:     "ref/wire/parse.go",
		Old:      "	if binary.BigEndian.Uint32(b[payEnd:total]) != Checksum(b[:payEnd]) {\n",
		New: `	sum := func(flags byte) uint32 {
		var c CRC
		c.Calculate(b[:offFlags])
		c.Calculate([]byte{flags})
		return c.Calculate(b[offHdrLen:payEnd])
	}
	if got := binary.BigEndian.Uint32(b[payEnd:total]); got != sum(b[offFlags]) && got != sum(0) {
`,
	},
	{
		Name: "crc-accepted-in-either-order", Requirement: "CRC-3",
		Sentence: "A CRC32 with its least significant octet first is accepted beside the right one.",
		File:     "ref/wire/parse.go",
		Old:      "	if binary.BigEndian.Uint32(b[payEnd:total]) != Checksum(b[:payEnd]) {\n",
		New: `	if sum := Checksum(b[:payEnd]); binary.BigEndian.Uint32(b[payEnd:total]) != sum && binary.LittleEndian.Uint32(b[payEnd:total]) != sum {
`,
	},
	{
		Name: "zero-crc-means-none", Requirement: "CRC-4",
		Sentence: "A trailer of zeros is taken for no checksum where the CRC flag is clear.",
		File:     "ref/wire/parse.go",
		Old:      "	if binary.BigEndian.Uint32(b[payEnd:total]) != Checksum(b[:payEnd]) {\n",
		New: `	got := binary.BigEndian.Uint32(b[payEnd:total])
	if none := got == 0 && !Flags(b[offFlags]).Has(FlagCRC); !none && got != Checksum(b[:payEnd]) {
`,
	},
	{
		Name: "pong-without-crc", Requirement: "CRC-4",
		Sentence: "A PONG is sent with a trailer of zeros, for its CRC flag is clear.",
		File:     "ref/wire/frame.go",
		Old:      "	b = binary.BigEndian.AppendUint32(b, Checksum(b[start:]))\n",
		New: `	if f.Type == TypePong && !f.Flags.Has(FlagCRC) {
		return binary.BigEndian.AppendUint32(b, 0), nil
	}
	b = binary.BigEndian.AppendUint32(b, Checksum(b[start:]))
`,
	},
	{
		Name: "crc-checked-only-with-the-flag", Requirement: "CRC-5",
		Sentence: "CRC32 is checked only in frames with the CRC flag.",
		File:     "ref/wire/parse.go",
		Old:      "	if binary.BigEndian.Uint32(b[payEnd:total]) != Checksum(b[:payEnd]) {\n",
		New:      "	if Flags(b[offFlags]).Has(FlagCRC) && binary.BigEndian.Uint32(b[payEnd:total]) != Checksum(b[:payEnd]) {\n",
	},
	{
		Name: "crc-checked-only-without-the-flag", Requirement: "CRC-5",
		Sentence: "A frame with the CRC flag counts as one that has been checked already.",
		File:     "ref/wire/parse.go",
		Old:      "	if binary.BigEndian.Uint32(b[payEnd:total]) != Checksum(b[:payEnd]) {\n",
		New:      "	if !Flags(b[offFlags]).Has(FlagCRC) && binary.BigEndian.Uint32(b[payEnd:total]) != Checksum(b[:payEnd]) {\n",
	},

	// Types

	{
		Name: "hello-and-welcome-swapped", Requirement: "TYP-1",
		Sentence: "HELLO is 2 and WELCOME is 1.",
		File:     "ref/wire/type.go",
		Old: `	TypeHello   Type = 1 // opens a session
	TypeWelcome Type = 2 // answers HELLO
`,
		New: `	TypeHello   Type = 2 // opens a session
	TypeWelcome Type = 1 // answers HELLO
`,
	},
	{
		Name: "pong-and-bye-swapped", Requirement: "TYP-1",
		Sentence: "PONG is 6 and BYE is 5.",
		File:     "ref/wire/type.go",
		Old: `	TypePong    Type = 5 // answers PING
	TypeBye     Type = 6 // ends a session
`,
		New: `	TypePong    Type = 6 // answers PING
	TypeBye     Type = 5 // ends a session
`,
	},
	{
		Name: "type-read-from-four-bits", Requirement: "TYP-3",
		Sentence: "Only the lower four bits of TYPE are looked at, so that 0x13 is DATA.",
		File:     "ref/wire/parse.go",
		Old:      "	typ := Type(b[offType])\n",
		New:      "	typ := Type(b[offType] & 0x0f)\n",
	},
	{
		Name: "unknown-type-is-data", Requirement: "TYP-3",
		Sentence: "A frame of an unknown type is taken for DATA.",
		File:     "ref/wire/parse.go",
		Old:      "	if !lim.Types.Has(typ) {\n		return total, fault(offType, InvalidFrameType)\n	}\n",
		New:      "	if !lim.Types.Has(typ) {\n		typ = TypeData\n	}\n",
	},
	{
		Name: "unknown-type-closes", Requirement: "TYP-4",
		Sentence: "A frame of an unknown type is reported and ends the connection.",
		File:     "ref/session/server.go",
		Old:      "		s.send(errFrame(fault.Reason, \"\")) // [TYP-4]\n		return s.actions\n	}\n",
		New:      "		s.report(fault)\n	}\n",
	},
	{
		Name: "unknown-type-ignored", Requirement: "TYP-4",
		Sentence: "A frame of an unknown type is skipped in silence.",
		File:     "ref/session/server.go",
		Old:      "		s.send(errFrame(fault.Reason, \"\")) // [TYP-4]\n",
		New:      "",
	},

	// Flags

	{
		Name: "crc-flag-asks-for-an-ack", Requirement: "FLG-1",
		Sentence: "Over UDP the flag 0x02 asks for an ACK as 0x01 does.",
		File:     "ref/session/endpoint.go",
		Old:      "wantsAck(f) && id != \"\"",
		New:      "(wantsAck(f) || f.Flags.Has(wire.FlagCRC)) && id != \"\"",
	},
	{
		Name: "flags-numbered-without-a-gap", Requirement: "FLG-1",
		Sentence: "FRAG is 0x04, the bit after CRC.",
		File:     "ref/wire/flags.go",
		Old:      "FlagFrag   Flags = 0x10",
		New:      "FlagFrag   Flags = 0x04",
	},
	{
		Name: "control-frames-marked", Requirement: "FLG-2",
		Sentence: "The reserved bit 0x80 marks control frames that are sent.",
		File:     "ref/wire/frame.go",
		Old:      "	b = append(b, magic0, magic1, Version, byte(f.Type), byte(f.Flags))\n",
		New: `	if f.Type.IsControl() {
		f.Flags |= 0x80
	}
	b = append(b, magic0, magic1, Version, byte(f.Type), byte(f.Flags))
`,
	},
	{
		Name: "flags-cleared-with-a-reserved-bit", Requirement: "FLG-3",
		Sentence: "All flags are ignored where a reserved one is set.",
		File:     "ref/wire/parse.go",
		Old:      "	flags := Flags(b[offFlags])\n",
		New: `	flags := Flags(b[offFlags])
	if flags&reservedFlags != 0 {
		flags = 0
	}
`,
	},
	{
		Name: "reserved-bit-refused-over-udp", Requirement: "FLG-3",
		Sentence: "A datagram with a reserved bit in FLAGS is discarded.",
		File:     "ref/session/endpoint.go",
		Old:      "	if err == nil && n == len(b) {\n",
		New: `	if err == nil && f.Flags&^(wire.FlagReqAck|wire.FlagCRC|wire.FlagFrag|wire.FlagComp) != 0 {
		return wire.Frame{}, refusal(wire.Protocol, "reserved bits in FLAGS %v", f.Flags)
	}
	if err == nil && n == len(b) {
`,
	},
	{
		Name: "frag-headers-make-a-fragment", Requirement: "FLG-4",
		Sentence: "A frame with a frag-id header is taken for a fragment, with or without the flag.",
		File:     "ref/session/endpoint.go",
		Old:      "	if f.Flags.Has(wire.FlagFrag) {\n",
		New:      "	if f.Flags.Has(wire.FlagFrag) || f.Headers.Count(wire.KeyFragID) > 0 {\n",
	},
	{
		Name: "fragment-without-headers-is-a-message", Requirement: "FLG-5",
		Sentence: "A frame with FRAG that lacks its frag-id is taken for a whole message.",
		File:     "ref/session/endpoint.go",
		Old:      "	if f.Flags.Has(wire.FlagFrag) {\n",
		New:      "	if f.Flags.Has(wire.FlagFrag) && f.Headers.Count(wire.KeyFragID) > 0 {\n",
	},
	{
		Name: "frag-ignored-on-control-frames", Requirement: "FLG-5",
		Sentence: "FRAG on a frame that is not DATA is ignored.",
		File:     "ref/session/endpoint.go",
		Old:      "	if f.Flags.Has(wire.FlagFrag) {\n",
		New:      "	if f.Type == wire.TypeData && f.Flags.Has(wire.FlagFrag) {\n",
	},
	{
		Name: "fragment-over-tcp-delivered", Requirement: "FLG-6",
		Sentence: "A fragment that comes over TCP is delivered as a message.",
		File:     "ref/session/server.go",
		Old:      "	if f.Flags.Has(wire.FlagFrag) {\n",
		New:      "	if f.Flags.Has(wire.FlagFrag) && f.Type != wire.TypeData {\n",
	},
	{
		Name: "fragment-over-tcp-closes", Requirement: "FLG-6",
		Sentence: "A fragment that comes over TCP ends the connection.",
		File:     "ref/session/server.go",
		Old:      "		s.refuse(f, wire.BadFragment) // [FLG-6]\n",
		New:      "		s.endInput(wire.BadFragment)\n",
	},
	{
		Name: "compressed-ping-refused-over-tcp", Requirement: "FLG-7",
		Sentence: "A frame of any type with COMP is refused over TCP.",
		File:     "ref/session/server.go",
		Old:      "	switch f.Type {\n	case wire.TypeHello:\n",
		New: `	if f.Flags.Has(wire.FlagComp) {
		s.refuse(f, wire.Unsupported)
		return s.actions
	}
	switch f.Type {
	case wire.TypeHello:
`,
	},
	{
		Name: "compressed-ping-discarded-over-udp", Requirement: "FLG-7",
		Sentence: "A datagram of any type with COMP is discarded.",
		File:     "ref/session/endpoint.go",
		Old:      "	if fault != 0 {\n",
		New:      "	if fault != 0 || f.Type != wire.TypeData && f.Flags.Has(wire.FlagComp) {\n",
	},
}
