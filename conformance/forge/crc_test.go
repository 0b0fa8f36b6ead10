package forge_test

import (
	"hash/crc32"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/vstp-project/vstp/conformance/forge"
)

// [CRC-1]
func TestCRCCheckValue(t *testing.T) {
	assert.Equal(t, uint32(0xcbf43926), forge.CRC([]byte("123456789")))
	assert.Equal(t, uint32(0), forge.CRC(nil))
}

func TestCRCAgreesWithStandardLibrary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOfN(rapid.Byte(), 0, 4096).Draw(t, "b")
		if got, want := forge.CRC(b), crc32.ChecksumIEEE(b); got != want {
			t.Fatalf("CRC of %x is %08x, want %08x", b, got, want)
		}
	})
}
