package fuzz

import (
	"testing"

	"pgregory.net/rapid"
)

func TestHeaderSectionsAreTheirHeaders(t *testing.T) {
	for _, size := range []int{65534, 65535, 65536} {
		requireHeaders(t, make([]byte, size))
	}
	rapid.Check(t, func(t *rapid.T) {
		d := rapidDice(t)
		section := drawSection(d)
		requireHeaders(t, section)
		requireHeaders(t, section[:d(len(section)+1)])
		requireHeaders(t, append(section, pick(d, strays)...))
	})
}
