package session

import (
	"crypto/rand"
	"encoding/binary"
	"math/big"
)

// SessionID identifies a session: a number from 0 to 2^128-1, most significant
// octet first. It identifies and does not authenticate: knowing one proves
// nothing about who sends it [SEC-2].
type SessionID [16]byte

// NewSessionID draws a session identifier from a cryptographically secure source
// [SES-4]. With 128 random bits no two live sessions share one [SES-1].
func NewSessionID() SessionID {
	var id SessionID
	rand.Read(id[:]) // never fails: it ends the program instead
	return id
}

// shortIDs is how many session identifiers have at most 18 digits: a WELCOME with
// one takes at most 45 octets, three times the smallest HELLO [UDP-11].
const shortIDs = 1_000_000_000_000_000_000

// newShortSessionID draws a session identifier of at most 18 digits, for a
// WELCOME over UDP. Nothing refers to such a session, so uniqueness does not
// matter, and nor does the slight preference of the remainder for small numbers.
func newShortSessionID() SessionID {
	var random [8]byte
	rand.Read(random[:])
	var id SessionID
	binary.BigEndian.PutUint64(id[8:], binary.BigEndian.Uint64(random[:])%shortIDs)
	return id
}

// String returns the identifier as the session-id header carries it: canonical
// decimal, at most 39 digits [SES-2].
func (id SessionID) String() string { return new(big.Int).SetBytes(id[:]).String() }

// maxIDDigits is the digits of 2^128-1.
const maxIDDigits = 39

// ParseSessionID reads the value of a session-id header. Its second result is false
// where b is not a canonical decimal from 0 to 2^128-1 [SES-2] [HDR-9].
func ParseSessionID(b []byte) (SessionID, bool) {
	var id SessionID
	if len(b) == 0 || len(b) > maxIDDigits || b[0] == '0' && len(b) > 1 {
		return id, false
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return id, false
		}
	}
	n, _ := new(big.Int).SetString(string(b), 10)
	if n.BitLen() > 8*len(id) {
		return id, false
	}
	n.FillBytes(id[:])
	return id, true
}
