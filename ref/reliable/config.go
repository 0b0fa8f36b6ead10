package reliable

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/vstp-project/vstp/ref/frag"
)

// What a zero Config stands for, and the most that it may ask for.
const (
	DefaultRetries       = 3                      // [RTX-2]
	MaxRetries           = 5                      // [RTX-11]
	DefaultRetryDelay    = 100 * time.Millisecond // [RTX-4]
	DefaultMaxRetryDelay = 5 * time.Second        // [RTX-11]
	DefaultAckTimeout    = 2 * time.Second        // [RTX-5]
)

// Config sets a Sender up. The zero value of every field is the default named.
//
// "The number of retransmissions (0 to 5), the first delay, the delay cap (5 s by
// default) and the ACK timeout MUST be configurable." [RTX-11]
type Config struct {
	// Retries is how often a message is transmitted again, at most MaxRetries, 5. Zero
	// means DefaultRetries, 3; a negative number means never.
	Retries int

	// RetryDelay is the time from the end of the first transmission to the second. It
	// doubles from each to the next, up to MaxRetryDelay. Zero means DefaultRetryDelay,
	// 100 ms, and DefaultMaxRetryDelay, 5 s.
	RetryDelay    time.Duration
	MaxRetryDelay time.Duration

	// AckTimeout is the time from the end of the last transmission to the failure of
	// the send. Zero means DefaultAckTimeout, 2 s.
	AckTimeout time.Duration

	// IDWindow is how long a frag-id rests before it is used again for the same
	// destination. Zero means frag.DefaultIDWindow, 30 s.
	IDWindow time.Duration

	// NoFragmentation refuses what does not fit a datagram, in place of cutting it
	// [FRG-15].
	NoFragmentation bool

	// Window says how many acknowledged messages of one datagram each may be under way
	// to one destination. The zero value is the default.
	Window WindowConfig

	// FirstMsgID is the msg-id of the first message that has one; the next have the
	// numbers that follow. Zero draws it at random, so that a program that is started
	// again does not repeat the numbers of the run before.
	FirstMsgID uint64
}

// Check returns what is wrong with the settings, or nil.
func (c Config) Check() error {
	if c.Retries > MaxRetries {
		return fmt.Errorf("%d retransmissions are asked for, give at most %d [RTX-11]", c.Retries, MaxRetries)
	}
	return nil
}

// withDefaults fills in what is zero.
func (c Config) withDefaults() Config {
	switch {
	case c.Retries < 0:
		c.Retries = 0
	case c.Retries == 0:
		c.Retries = DefaultRetries
	}
	if c.RetryDelay <= 0 {
		c.RetryDelay = DefaultRetryDelay
	}
	if c.MaxRetryDelay <= 0 {
		c.MaxRetryDelay = DefaultMaxRetryDelay
	}
	if c.AckTimeout <= 0 {
		c.AckTimeout = DefaultAckTimeout
	}
	if c.IDWindow <= 0 {
		c.IDWindow = frag.DefaultIDWindow
	}
	c.Window = c.Window.withDefaults()
	if c.FirstMsgID == 0 {
		c.FirstMsgID = rand.Uint64()
	}
	return c
}
