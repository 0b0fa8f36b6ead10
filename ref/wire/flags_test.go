package wire_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/vstp-project/vstp/ref/wire"
)

// [FLG-1]
func TestFlagsOfTheSpecification(t *testing.T) {
	assert.Equal(t, uint8(0x01), uint8(wire.FlagReqAck))
	assert.Equal(t, uint8(0x02), uint8(wire.FlagCRC))
	assert.Equal(t, uint8(0x10), uint8(wire.FlagFrag))
	assert.Equal(t, uint8(0x20), uint8(wire.FlagComp))
}

func TestFlagsHas(t *testing.T) {
	both := wire.FlagReqAck | wire.FlagFrag
	assert.True(t, both.Has(wire.FlagReqAck))
	assert.True(t, both.Has(both))
	assert.True(t, both.Has(0), "no flag asked for")
	assert.False(t, both.Has(wire.FlagComp))
	assert.False(t, both.Has(wire.FlagReqAck|wire.FlagComp), "one of two is not enough")
}

func TestFlagsString(t *testing.T) {
	for flags, want := range map[wire.Flags]string{
		0:                               "0",
		wire.FlagReqAck:                 "REQ_ACK",
		wire.FlagReqAck | wire.FlagFrag: "REQ_ACK|FRAG",
		0x33:                            "REQ_ACK|CRC|FRAG|COMP",
		0x80:                            "0x80",
		0x04:                            "0x04",
		0x81:                            "REQ_ACK|0x80",
		0xff:                            "REQ_ACK|CRC|FRAG|COMP|0xcc",
	} {
		assert.Equal(t, want, flags.String())
	}
}
