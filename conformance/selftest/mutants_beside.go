package selftest

import "github.com/vstp-project/vstp/conformance"

// besideMutants break requirements that no case of the role has first: the cases that
// have them beside another have to catch them.
var besideMutants = []Mutant{
	{
		Name: "header-length-read-as-varint", Requirement: "VAR-5",
		Sentence: "A HDR_LEN of 128 or 129 is read as a varint.",
		File:     "ref/wire/parse.go",
		Old:      "	hdrLen := binary.LittleEndian.Uint16(b[offHdrLen:])\n",
		New: `	hdrLen := binary.LittleEndian.Uint16(b[offHdrLen:])
	if hdrLen == 128 || hdrLen == 129 {
		hdrLen -= 128
	}
`,
	},
	{
		Name: "five-headers-end-the-codec", Requirement: "SEC-1", Role: conformance.RoleCodec,
		Sentence: "A frame with five headers overflows the stack.",
		File:     "ref/peer/adapter_codec.go",
		Old:      "	out := frame{\n",
		New: `	if f.Headers.Len() == 5 {
		debug.SetMaxStack(1 << 16)
		return shown(f)
	}
	out := frame{
`,
	},
	{
		Name: "empty-data-is-pong-to-a-client", Requirement: "TYP-1", Role: conformance.RoleClient,
		Sentence: "A DATA with neither headers nor a payload is taken for a PONG.",
		File:     "ref/wire/parse.go",
		Old:      "	typ := Type(b[offType])\n",
		New: `	typ := Type(b[offType])
	if typ == TypeData && total == Overhead {
		typ = TypePong
	}
`,
	},
}

// inEveryRole are those of them that the other roles have in common with a server.
var inEveryRole = []string{"header-length-read-as-varint"}
