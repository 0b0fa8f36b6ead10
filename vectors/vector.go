package vectors

import "slices"

// Schema names the format of the files.
const Schema = "vstp-vectors/1"

// The families.
const (
	FamilyFrame  = "frame"
	FamilyVarint = "varint"
	FamilyString = "string"
)

// The results that a vector can expect.
const (
	ResultAccept     = "accept"
	ResultReject     = "reject"
	ResultIncomplete = "incomplete"
)

// The tags that a vector can bear.
const (
	// TagPrecedence marks octets with several faults, made to see which one is
	// reported.
	TagPrecedence = "precedence"
	// TagDecodeOnly marks an accepted vector that no sender produces: it says
	// nothing about an encoder.
	TagDecodeOnly = "decode-only"
	// TagEncodeOnly marks a vector without octets, of something that an encoder
	// refuses to write.
	TagEncodeOnly = "encode-only"
)

// DefinedFlags is the mask of the FLAGS bits that have a meaning. A decoder may
// report the others as they came or as zero [FLG-3], so Frame.Flags is to be
// compared under this mask.
const DefinedFlags uint8 = 0x33

// Vector is one statement: these octets give this result. Vectors are shared:
// nothing in them is to be changed.
type Vector struct {
	Family       string
	Name         string // unique in its family
	Comment      string
	Origin       string   // "hand", or "forge" for octets that the judge's builder made
	Tags         []string // any of the Tag constants
	Requirements []string // IDs, the one that the vector is for first
	Octets       []byte   // nil only with TagEncodeOnly
	Limit        int      // largest frame in octets; 0 is the default of 8,388,608
	Expect       Expect
}

// ID returns the vector's full name, such as "frame/guide-example".
func (v Vector) ID() string { return v.Family + "/" + v.Name }

// Has tells whether the vector bears a tag.
func (v Vector) Has(tag string) bool { return slices.Contains(v.Tags, tag) }

// Expect is what is to be made of the octets. What it says beside Result depends
// on the family.
type Expect struct {
	// Result is one of the Result constants.
	Result string
	// Error is the name of the error for a rejected frame. In the other families
	// it is empty: there the specification names none.
	Error string
	// Needed is, for an incomplete frame, how many octets it takes in all as far
	// as that is known: 11 until the lengths are there.
	Needed int
	// Consumed is how many of the octets an accepted vector takes. An encoder
	// writes exactly these.
	Consumed int
	// Frame is the content of an accepted frame, else nil.
	Frame *Frame
	// Value is the number of an accepted varint.
	Value uint64
	// Text is the text of an accepted binary string, or of one that cannot be
	// encoded.
	Text string
}

// Frame is the content of a frame, the payload as it is transmitted.
type Frame struct {
	Version, Type, Flags uint8
	Headers              [][2][]byte // key and value, in the order of the wire
	Payload              []byte
}
