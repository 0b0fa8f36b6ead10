package wire

import (
	"bytes"
	"iter"
)

// The header keys that the protocol uses itself.
//
// "A receiver MUST compare header keys octet by octet, so that Msg-Id and
// msg-id are different keys." [HDR-10]
const (
	KeyMsgID     = "msg-id"
	KeyFragID    = "frag-id"
	KeyFragIndex = "frag-index"
	KeyFragTotal = "frag-total"
	KeySessionID = "session-id"
	KeyErrCode   = "err-code"
)

// headerLengths is the octets of KEY_LEN and VALUE_LEN together.
const headerLengths = 2

// Headers is a header section: the headers of a frame in their wire form and
// their wire order. It holds the octets themselves, checked once, so that
// walking them cannot fail and sending them is a copy.
//
// Keys and values are uninterpreted octets [HDR-4], either may be empty [HDR-3],
// and a key may occur several times [HDR-5].
//
// The zero value has no headers. A Headers is a value: no method changes it, and
// copies may share their octets safely.
//
// "Each header MUST be encoded as KEY_LEN (1 octet), VALUE_LEN (1 octet), KEY
// (KEY_LEN octets) and VALUE (VALUE_LEN octets), the next header following at
// once and no terminator following the last." [HDR-1]
type Headers struct {
	section []byte // well-formed, at most MaxHeaderSection octets, nil if empty
}

// ParseHeaders takes section as a whole header section. The result aliases
// section, which must not be changed while the result is in use.
//
// A header that extends past the end of section and a single octet left over at
// its end give a *DecodeError of Reason Protocol with the offset of that header
// in section. A section longer than MaxHeaderSection cannot be part of a frame
// and is refused likewise.
//
// "A receiver MUST reject a frame in which a header, by its own KEY_LEN and
// VALUE_LEN, would reach beyond the end of HEADERS." [HDR-6]
//
// "A receiver MUST reject a frame whose HEADERS ends with a single octet left
// over, too little for a KEY_LEN and a VALUE_LEN." [HDR-7]
func ParseHeaders(section []byte) (Headers, error) {
	if len(section) > MaxHeaderSection {
		return Headers{}, fault(MaxHeaderSection, Protocol)
	}
	if at, ok := checkSection(section); !ok {
		return Headers{}, fault(at, Protocol)
	}
	return headersOf(section), nil
}

// headersOf wraps a section that is known to be well-formed.
func headersOf(section []byte) Headers { return Headers{region(section, 0, len(section))} }

// checkSection walks the headers of section. It returns the offset of the first
// one that does not fit, or true.
func checkSection(section []byte) (at int, ok bool) {
	for at < len(section) {
		// KEY_LEN (1), VALUE_LEN (1).
		if len(section)-at < headerLengths {
			return at, false
		}
		// KEY (KEY_LEN), VALUE (VALUE_LEN).
		end := at + headerLengths + int(section[at]) + int(section[at+1])
		if end > len(section) {
			return at, false
		}
		at = end
	}
	return at, true
}

// cutHeader splits the first header off a well-formed section that is not empty.
func cutHeader(section []byte) (key, value, rest []byte) {
	keyEnd := headerLengths + int(section[0])
	valueEnd := keyEnd + int(section[1])
	return section[headerLengths:keyEnd:keyEnd], section[keyEnd:valueEnd:valueEnd], section[valueEnd:]
}

// All returns an iterator over the headers, key and value, in wire order [HDR-5].
// The slices alias the section: they are not to be changed, and valid as long as
// it is.
func (h Headers) All() iter.Seq2[[]byte, []byte] {
	return func(yield func(key, value []byte) bool) {
		for rest := h.section; len(rest) > 0; {
			var key, value []byte
			key, value, rest = cutHeader(rest)
			if !yield(key, value) {
				return
			}
		}
	}
}

// Get returns the value of the first header with the given key, compared octet
// for octet [HDR-10]. The value aliases the section. An empty value and a missing
// header differ in ok.
func (h Headers) Get(key string) (value []byte, ok bool) {
	for k, v := range h.All() {
		if string(k) == key {
			return v, true
		}
	}
	return nil, false
}

// Count returns how many headers have the given key.
func (h Headers) Count(key string) int {
	n := 0
	for k := range h.All() {
		if string(k) == key {
			n++
		}
	}
	return n
}

// Len returns the number of headers. It walks them all.
func (h Headers) Len() int {
	n := 0
	for range h.All() {
		n++
	}
	return n
}

// Size returns the octets of the section: the value of HDR_LEN.
func (h Headers) Size() int { return len(h.section) }

// Bytes returns the section as it stands on the wire, nil if there are no
// headers. It aliases the section and is not to be changed.
func (h Headers) Bytes() []byte { return h.section }

// Append returns the headers of h followed by one more. It always copies: h and
// whatever shares its octets stay as they are, and key and value are not
// retained. A [Builder] adds many headers at less cost.
//
// It refuses a key or value longer than 255 octets with an *EncodeError of
// Reason Protocol, and a section that would exceed 65,535 octets with one of
// Reason FrameTooLarge.
//
// "A sender MUST refuse locally a header whose key or whose value is longer
// than 255 octets." [HDR-2]
//
// "A sender MUST refuse locally, without transmitting any octet of it, a frame
// whose HEADERS would exceed 65,535 octets." [FRM-8]
func (h Headers) Append(key, value []byte) (Headers, error) {
	return appendCopy(h, key, value)
}

// AppendText is Append for text.
func (h Headers) AppendText(key, value string) (Headers, error) {
	return appendCopy(h, key, value)
}

func appendCopy[T []byte | string](h Headers, key, value T) (Headers, error) {
	// A slice capped at its length makes append allocate.
	section, err := appendHeader(h.section[:len(h.section):len(h.section)], key, value)
	if err != nil {
		return Headers{}, err
	}
	return headersOf(section), nil
}

// appendHeader appends one header to a well-formed section, or refuses to.
func appendHeader[T []byte | string](section []byte, key, value T) ([]byte, error) {
	if len(key) > MaxKeyLen {
		return section, refuse(Protocol, "header key of %d octets, at most %d fit [HDR-2]", len(key), MaxKeyLen)
	}
	if len(value) > MaxValueLen {
		return section, refuse(Protocol, "header value of %d octets, at most %d fit [HDR-2]", len(value), MaxValueLen)
	}
	if size := len(section) + headerLengths + len(key) + len(value); size > MaxHeaderSection {
		return section, refuse(FrameTooLarge, "header section of %d octets, at most %d fit [FRM-8]", size, MaxHeaderSection)
	}
	section = append(section, byte(len(key)), byte(len(value)))
	section = append(section, key...)
	return append(section, value...), nil
}

// clone returns a copy that shares nothing with h.
func (h Headers) clone() Headers { return Headers{bytes.Clone(h.section)} }
