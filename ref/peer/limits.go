package peer

import (
	"cmp"
	"fmt"

	"github.com/vstp-project/vstp/ref/rate"
	"github.com/vstp-project/vstp/ref/wire"
)

// checkLimits returns what is wrong with the limits in the options.
func (o Options) checkLimits() error {
	for _, l := range []struct {
		name  string
		value int
	}{
		{"the largest frame", o.MaxFrame},
		{"the number of connections", o.MaxConnections},
		{"the rate of frames", o.RateFrames},
		{"the rate of octets", o.RateOctets},
	} {
		if l.value < 0 {
			return fmt.Errorf("peer: %s is %d: give a positive number, or 0 for the default", l.name, l.value)
		}
	}
	if o.MaxFrame > 0 && o.MaxFrame < wire.Overhead {
		return fmt.Errorf("peer: the largest frame is %d octets: no frame has fewer than %d", o.MaxFrame, wire.Overhead)
	}
	return nil
}

// limits returns what frames may be.
func (o Options) limits() wire.Limits { return wire.Limits{MaxFrame: o.MaxFrame, Types: o.Types} }

// maxFrame returns the octets that a frame may take.
func (o Options) maxFrame() int { return cmp.Or(o.MaxFrame, wire.DefaultMaxFrame) }

// rate returns what one source may send.
func (o Options) rate() rate.Limit { return rate.Limit{Frames: o.RateFrames, Octets: o.RateOctets} }
