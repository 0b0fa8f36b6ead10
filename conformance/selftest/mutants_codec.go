package selftest

import "github.com/vstp-project/vstp/conformance"

// codecMutants break rules that only a codec shows: they are judged through the
// adapter.
var codecMutants = []Mutant{
	{
		Name: "decoder-wants-one-octet-more", Requirement: "FRM-7", Role: conformance.RoleCodec,
		Sentence: "a frame whose trailer lacks one octet is an error and not a prefix",
		File:     "ref/wire/parse.go",
		Old:      "	if len(b) < total {\n		return total, ErrShort\n	}",
		New:      "	if len(b) == total-1 {\n		return 0, fault(offHdrLen, Protocol)\n	}\n	if len(b) < total {\n		return total, ErrShort\n	}",
	},
	{
		Name: "limit-of-the-decoder-is-fixed", Requirement: "LIM-3", Role: conformance.RoleCodec,
		Sentence: "the limit given to the decoder is not looked at",
		File:     "ref/peer/adapter_codec.go",
		Old:      "wire.Limits{MaxFrame: limit}",
		New:      "wire.Limits{MaxFrame: max(limit, wire.DefaultMaxFrame)}",
	},
	{
		Name: "varint-most-significant-group-first", Requirement: "VAR-1", Role: conformance.RoleCodec,
		Sentence: "values of two groups are written with the groups exchanged",
		File:     "ref/wire/varint.go",
		Old:      "func AppendUvarint(b []byte, v uint64) []byte {\n",
		New:      "func AppendUvarint(b []byte, v uint64) []byte {\n	if v >= 1<<7 && v < 1<<14 {\n		return append(b, byte(v>>7)|0x80, byte(v&0x7f))\n	}\n",
	},
	{
		Name: "varint-in-one-group-too-many", Requirement: "VAR-1", Role: conformance.RoleCodec,
		Sentence: "127 is written in two octets",
		File:     "ref/wire/varint.go",
		Old:      "	for v >= 0x80 {\n		b = append",
		New:      "	for v >= 0x7f {\n		b = append",
	},
	{
		Name: "varint-takes-all-octets", Requirement: "VAR-2", Role: conformance.RoleCodec,
		Sentence: "octets behind a varint are reported as part of it",
		File:     "ref/wire/varint.go",
		Old:      "return v, i + 1, nil",
		New:      "return v, len(b), nil",
	},
	{
		Name: "varint-unterminated-is-accepted", Requirement: "VAR-3", Role: conformance.RoleCodec,
		Sentence: "a varint that ends in the middle yields what is there",
		File:     "ref/wire/varint.go",
		Old:      "	return 0, len(b) + 1, ErrShort",
		New:      "	return v, len(b), nil",
	},
	{
		Name: "varint-overflow-wraps", Requirement: "VAR-4", Role: conformance.RoleCodec,
		Sentence: "bits beyond the 64th are dropped in silence",
		File:     "ref/wire/varint.go",
		Old:      "if i == maxUvarintLen-1 && c > 1 {",
		New:      "if i == maxUvarintLen-1 && c > 0x7f {",
	},
	{
		Name: "string-length-big-endian", Requirement: "STR-1", Role: conformance.RoleCodec,
		Sentence: "the length of a string is written most significant octet first",
		File:     "ref/wire/text.go",
		Old:      "binary.LittleEndian.AppendUint16(b, uint16(len(s)))",
		New:      "binary.BigEndian.AppendUint16(b, uint16(len(s)))",
	},
	{
		Name: "string-too-long-is-cut", Requirement: "STR-2", Role: conformance.RoleCodec,
		Sentence: "a string of 65,536 octets is encoded with a length of 0",
		File:     "ref/wire/text.go",
		Old:      "if len(s) > maxString {",
		New:      "if len(s) > maxString+1 {",
	},
	{
		Name: "string-octets-are-not-looked-at", Requirement: "STR-3", Role: conformance.RoleCodec,
		Sentence: "octets that are no UTF-8 are taken for a string",
		File:     "ref/wire/text.go",
		Old:      "if !utf8.Valid(text) {",
		New:      "if len(text) > 1<<15 && !utf8.Valid(text) {",
	},
	{
		Name: "encoder-cuts-long-header-sections", Requirement: "FRM-8", Role: conformance.RoleCodec,
		Sentence: "a header section of more than 65,535 octets is encoded with a length that wrapped",
		File:     "ref/wire/headers.go",
		Old:      "size > MaxHeaderSection {",
		New:      "size > 2*MaxHeaderSection {",
	},
	{
		Name: "encoder-cuts-long-values", Requirement: "HDR-2", Role: conformance.RoleCodec,
		Sentence: "a value of 256 octets is encoded with a length of 0",
		File:     "ref/wire/headers.go",
		Old:      "if len(value) > MaxValueLen {",
		New:      "if len(value) > MaxValueLen+1 {",
	},
	{
		Name: "encoder-sends-types-nobody-knows", Requirement: "TYP-2", Role: conformance.RoleCodec,
		Sentence: "a frame of a type that is not in the registry is encoded",
		File:     "ref/wire/writer.go",
		Old:      "if !w.lim.Types.Has(f.Type) {",
		New:      "if f.Type == 0 {",
	},
	{
		Name: "encoder-knows-no-limit", Requirement: "LIM-4", Role: conformance.RoleCodec,
		Sentence: "a frame above the limit is encoded all the same",
		File:     "ref/wire/writer.go",
		Old:      "size > limit {",
		New:      "size > limit+1 {",
	},
}
