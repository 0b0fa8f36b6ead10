package netem

// counter counts how often a key has been seen. It forgets keys that have not been
// seen for long, so that a link that runs for days does not fill the memory: it
// keeps at least the last remembered keys and at most twice as many.
type counter struct {
	young, old map[uint64]int32
}

const remembered = 1 << 18

func (c *counter) next(key uint64) int {
	n, known := c.young[key]
	if !known {
		n = c.old[key]
		if len(c.young) >= remembered {
			c.young, c.old = nil, c.young
		}
		if c.young == nil {
			c.young = make(map[uint64]int32)
		}
	}
	n++
	c.young[key] = n
	return int(n)
}

// forget forgets every key.
func (c *counter) forget() {
	clear(c.young)
	c.old = nil
}
