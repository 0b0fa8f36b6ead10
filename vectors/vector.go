package vectors

import "slices"

// Schema names the format of the files.
const Schema = "vstp-vectors/1"

// The families. Each has a file of its own, and the README a section about it.
const (
	FamilyCRC        = "crc"
	FamilyEasy       = "easy"
	FamilyFlags      = "flags"
	FamilyFrame      = "frame"
	FamilyGenerated  = "generated"
	FamilyGofuzz     = "gofuzz"
	FamilyGzip       = "gzip"
	FamilyHeader     = "header"
	FamilyPriority   = "priority"
	FamilyReassembly = "reassembly"
	FamilyRefuse     = "refuse"
	FamilySplit      = "split"
	FamilyStream     = "stream"
	FamilyString     = "string"
	FamilyTrace      = "trace"
	FamilyVarint     = "varint"
)

// The results that a vector can expect.
const (
	ResultAccept     = "accept"
	ResultReject     = "reject"
	ResultIncomplete = "incomplete"
	// ResultEither is for what the specification leaves free; Expect.Free names the
	// freedom.
	ResultEither = "either"
	// ResultEvents is for the families reassembly and trace, where what is expected
	// stands with the events.
	ResultEvents = "events"
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
	// TagCompression marks a vector for endpoints that offer compression.
	TagCompression = "compression"
	// TagNoCompression marks a vector for endpoints that do not.
	TagNoCompression = "no-compression"
)

// DefinedFlags is the mask of the FLAGS bits that have a meaning. A decoder may
// report the others as they came or as zero [FLG-3], so Frame.Flags is to be
// compared under this mask.
const DefinedFlags uint8 = 0x33

// Vector is one statement: this input gives this result. Vectors are shared:
// nothing in them is to be changed.
type Vector struct {
	Family       string
	Name         string // unique in its family
	Comment      string
	Origin       string   // "hand", or "forge" for octets that the judge's builder made
	Tags         []string // any of the Tag constants
	Requirements []string // IDs, the one that the vector is for first

	// Octets are the input, or nil where a family has another one: with
	// TagEncodeOnly, and in the families refuse, split, reassembly and trace.
	Octets []byte
	// Limit is the largest frame in octets, and with it the largest payload that is
	// reassembled or decompressed; 0 is the default of 8,388,608.
	Limit int

	// Type and Transport ("tcp" or "udp") say, in the family flags, on what frame
	// the octet of flags came and where. A vector with Transport "" says what the
	// bits are and not what follows from them.
	Type      uint8
	Transport string

	// Frame is, in the family refuse, what an encoder is given and, in the family
	// split, the message to be sent: application headers and the whole payload.
	Frame *Frame
	// MsgID and FragID are the identifiers for the message of the family split, in
	// decimal. A message without msg-id has MsgID "".
	MsgID, FragID string

	// Machine says what the Events of the family trace happen to; in the family
	// reassembly it is MachineUDPServer.
	Machine string
	Events  []Event

	Expect Expect
}

// ID returns the vector's full name, such as "frame/guide-example".
func (v Vector) ID() string { return v.Family + "/" + v.Name }

// Has tells whether the vector bears a tag.
func (v Vector) Has(tag string) bool { return slices.Contains(v.Tags, tag) }

// Expect is what is to be made of the input. What it says beside Result depends
// on the family.
type Expect struct {
	// Result is one of the Result constants.
	Result string
	// Error is the name of the error for what is rejected, where the specification
	// names one.
	Error string
	// Free is, with ResultEither, the choice that section 25 of the specification
	// leaves free, in the words of its table.
	Free string
	// Needed is, for an incomplete frame, how many octets it takes in all as far
	// as that is known: 11 until the lengths are there.
	Needed int
	// Consumed is how many of the octets an accepted vector takes. An encoder
	// writes exactly these. In a stream they are the octets of the whole frames.
	Consumed int
	// Frame is the content of an accepted frame, else nil.
	Frame *Frame
	// Frames are what a stream holds, up to its end or the fault that ends it.
	Frames []Item
	// Headers are those of an accepted header section, or of one that an encoder
	// refuses.
	Headers [][2][]byte
	// Value is the number of an accepted varint.
	Value uint64
	// Text is the text of an accepted binary string, or of one that cannot be
	// encoded.
	Text string
	// CRC is the CRC-32 of the octets.
	CRC uint32
	// Flags is what an accepted octet of flags means, else nil.
	Flags *FlagSet
	// Kind is what an accepted TYPE is, else nil.
	Kind *Kind
	// Plain is what an accepted gzip member holds.
	Plain []byte
	// JSON is the value of an accepted JSON text, itself a JSON text. Two texts of
	// one value may differ.
	JSON []byte
	// MinCount and MaxCount bound the number of datagrams of a message that is sent;
	// both are 1 for one that is sent whole.
	MinCount, MaxCount int
	// Datagrams are the message in the simple cut of section 14 of the
	// specification, octet for octet. Nil where the vector leaves them out.
	Datagrams [][]byte
}

// Frame is the content of a frame, the payload as it is transmitted, or a message
// with its whole payload.
type Frame struct {
	Version, Type, Flags uint8
	Headers              [][2][]byte // key and value, in the order of the wire
	Payload              []byte
}

// Item is one element of a stream: a frame, or a fault that concerns it alone.
type Item struct {
	Frame *Frame // nil if there is an Error
	Error string // InvalidFrameType, or ""
}

// FlagSet is what the octet FLAGS means.
type FlagSet struct {
	Names    []string // of the bits that are set and defined, the lowest first
	Reserved uint8    // the bits that are set and have no meaning
	// Honoured are those of Names that make a difference to the receiver of the
	// frame that the vector speaks of. Nil where it speaks of none.
	Honoured []string
}

// Kind is what the specification says about a TYPE.
type Kind struct {
	Name     string
	Priority int
	Control  bool
}
