package main

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Each codec carries what the others carry, however often it is asked.
func TestCodecsCarryTheMessage(t *testing.T) {
	ours := peer{"vstp", func(m message) (codec, bool) { return newVSTP(m), true }}
	for _, p := range append([]peer{ours}, peers...) {
		for _, headers := range [][]header{nil, threeHeaders} {
			for _, size := range sizes {
				t.Run(fmt.Sprintf("%s/headers=%d/payload=%d", p.name, len(headers), size.octets), func(t *testing.T) {
					m := newMessage(size.octets, headers)
					want := 0
					for _, h := range headers {
						want += len(h.key) + len(h.value)
					}
					c, ok := p.make(m)
					if !ok {
						require.NotEmpty(t, headers, "no form for a message without headers")
						return
					}
					for range 3 {
						c.encode()
						payload, octets := c.decode()
						assert.Equal(t, m.payload, payload)
						assert.Equal(t, want, octets)
					}
				})
			}
		}
	}
}
