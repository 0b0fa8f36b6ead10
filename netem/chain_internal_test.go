package netem

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// The mean loss and the mean burst are those that were asked for, over five million
// datagrams: more than the rest of a link could be tested with.
func TestChainMeans(t *testing.T) {
	const n = 5_000_000
	for _, b := range []Burst{{Loss: 0.05, Mean: 4}, {Loss: 0.02, Mean: 3}, {Loss: 0.10, Mean: 10}} {
		c := chain{b.model(), draws(7)}
		bad := c.bad(0)
		lost, bursts := 0, 0
		for i := range n {
			next := c.step(bad, i+1)
			if next {
				lost++
				if !bad {
					bursts++
				}
			}
			bad = next
		}
		assert.InEpsilon(t, b.Loss, float64(lost)/n, 0.02)
		assert.InEpsilon(t, b.Mean, float64(lost)/float64(bursts), 0.02)
	}
}
