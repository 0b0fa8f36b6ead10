package wire

// Sizes that the format itself fixes, in octets.
const (
	FixedLen         = 11                    // MAGIC to PAY_LEN
	TrailerLen       = 4                     // CRC32
	Overhead         = FixedLen + TrailerLen // a frame without headers and payload
	MaxHeaderSection = 65535                 // HDR_LEN has 16 bits
	MaxKeyLen        = 255                   // KEY_LEN has 8 bits
	MaxValueLen      = 255                   // VALUE_LEN has 8 bits
)

// DefaultMaxFrame is the size limit of a whole frame, MAGIC to CRC32, in octets
// where none is configured.
//
// "By default a TCP receiver MUST accept a frame of exactly 8,388,608 octets in
// total." [LIM-1]
//
// "By default a TCP receiver MUST reject a frame that declares 8,388,609 octets
// in total or more." [LIM-2]
const DefaultMaxFrame = 8_388_608

// Limits is what an endpoint is willing to take and to send. The zero value is
// the specification's default.
type Limits struct {
	// MaxFrame is the size limit of a whole frame, MAGIC to CRC32, in octets. Zero
	// or less means DefaultMaxFrame [LIM-3].
	MaxFrame int

	// Types is the set of frame types that the endpoint knows. The zero value
	// means the eight.
	Types TypeSet
}

// maxFrame returns the limit in force.
func (l Limits) maxFrame() int {
	if l.MaxFrame <= 0 {
		return DefaultMaxFrame
	}
	return l.MaxFrame
}
