//go:build !linux

package relay

import "time"

func prepareDoze() {}

func dozeFor(d time.Duration) { time.Sleep(d) }
