package reliable

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"net/netip"
	"time"

	"github.com/vstp-project/vstp/ref/frag"
	"github.com/vstp-project/vstp/ref/wire"
)

// What a zero DuplicatesConfig stands for.
const (
	DefaultWindow     = 30 * time.Second // [ACK-6]
	DefaultMaxRecords = 65_536           // [ACK-6]
)

// DuplicatesConfig sets Duplicates up. The zero value of every field is the default
// named.
type DuplicatesConfig struct {
	// Window is how long a message is remembered. Zero means DefaultWindow, 30 s.
	Window time.Duration

	// MaxRecords is how many messages are remembered, the oldest of which is forgotten
	// first. Zero means DefaultMaxRecords, 65,536.
	MaxRecords int
}

// Duplicates remembers which messages have been delivered. It is not safe for
// concurrent use.
//
// "Within 30 s of delivering a message that came over UDP a receiver MUST NOT
// deliver another with the same source, msg-id and content, unless it has delivered
// 65,536 newer messages in between." [ACK-6]
type Duplicates struct {
	delivered *frag.Recent[Digest]
	hash      hash.Hash
	scratch   []byte
	sum       []byte
}

// Digest stands for a message: its source, TYPE, defined FLAGS, headers without
// fragment headers, and payload as transmitted.
type Digest [sha256.Size]byte

// NewDuplicates returns an empty memory.
func NewDuplicates(cfg DuplicatesConfig) *Duplicates {
	if cfg.Window <= 0 {
		cfg.Window = DefaultWindow
	}
	if cfg.MaxRecords <= 0 {
		cfg.MaxRecords = DefaultMaxRecords
	}
	return &Duplicates{
		delivered: frag.NewRecent[Digest](cfg.Window, cfg.MaxRecords),
		hash:      sha256.New(),
	}
}

// definedFlags are the flags that belong to the content of a message. FRAG does
// not: the same message may come whole and in pieces.
const definedFlags = wire.FlagReqAck | wire.FlagCRC | wire.FlagComp

// Digest returns the digest of a complete message. It returns false for one that
// has no valid msg-id: such a message is never a copy of another, however alike the
// two are.
func (d *Duplicates) Digest(from netip.AddrPort, m wire.Frame) (digest Digest, ok bool) {
	if _, ok := frag.MsgID(m.Headers); !ok {
		return Digest{}, false
	}
	// Each field has a fixed length or is preceded by its length, so that no two
	// different messages come to the same octets.
	addr := from.Addr().Unmap()
	octets := addr.As16()
	b := append(d.scratch[:0], octets[:]...)
	b = append(b, byte(addr.BitLen()), byte(len(addr.Zone())))
	b = append(b, addr.Zone()...)
	b = binary.BigEndian.AppendUint16(b, from.Port())
	b = append(b, byte(m.Type), byte(m.Flags&definedFlags))
	at := len(b)
	b = binary.BigEndian.AppendUint32(b, 0)
	b = frag.AppendOwnHeaders(b, m.Headers)
	binary.BigEndian.PutUint32(b[at:], uint32(len(b)-at))
	d.scratch = b

	d.hash.Reset()
	d.hash.Write(b)
	d.hash.Write(m.Payload)
	d.sum = d.hash.Sum(d.sum[:0])
	return Digest(d.sum), true
}

// Has reports whether a message with this digest has been delivered within the
// window.
func (d *Duplicates) Has(now time.Time, digest Digest) bool { return d.delivered.Has(now, digest) }

// Add notes that a message with this digest is delivered at now, which must not be
// before that of an earlier call.
func (d *Duplicates) Add(now time.Time, digest Digest) { d.delivered.Add(now, digest) }

// Len returns how many messages are remembered.
func (d *Duplicates) Len() int { return d.delivered.Len() }

// NextTimeout returns when the last message remembered is forgotten, or the zero
// time if there is none. Older ones are forgotten in passing.
func (d *Duplicates) NextTimeout() time.Time { return d.delivered.NextTimeout() }

// Advance forgets the messages whose window is over.
func (d *Duplicates) Advance(now time.Time) { d.delivered.Advance(now) }
