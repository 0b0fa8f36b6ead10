package wire_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/vstp-project/vstp/ref/wire"
)

// [TYP-1] [PRI-1]
func TestTypesOfTheSpecification(t *testing.T) {
	for _, test := range []struct {
		typ      wire.Type
		value    uint8
		name     string
		priority uint8
		control  bool
	}{
		{wire.TypeHello, 1, "HELLO", 150, true},
		{wire.TypeWelcome, 2, "WELCOME", 150, true},
		{wire.TypeData, 3, "DATA", 50, false},
		{wire.TypePing, 4, "PING", 100, true},
		{wire.TypePong, 5, "PONG", 100, true},
		{wire.TypeBye, 6, "BYE", 150, true},
		{wire.TypeAck, 7, "ACK", 200, true},
		{wire.TypeErr, 8, "ERR", 255, true},
	} {
		assert.Equal(t, test.value, uint8(test.typ))
		assert.Equal(t, test.name, test.typ.String())
		assert.Equal(t, test.priority, test.typ.Priority(), test.name)
		assert.Equal(t, test.control, test.typ.IsControl(), test.name)
	}
}

func TestTypeBeyondTheEight(t *testing.T) {
	assert.Equal(t, "TYPE(0x00)", wire.Type(0).String())
	assert.Equal(t, "TYPE(0x09)", wire.Type(9).String())
	assert.Equal(t, "TYPE(0x10)", wire.Type(0x10).String())
	assert.Equal(t, "TYPE(0xff)", wire.Type(0xff).String())
	assert.Equal(t, wire.TypeData.Priority(), wire.Type(0x10).Priority())
	assert.True(t, wire.Type(0x10).IsControl())
}

func TestTypeSetZeroIsTheEight(t *testing.T) {
	for _, set := range []wire.TypeSet{{}, wire.NewTypeSet()} {
		for value := range 256 {
			assert.Equal(t, 1 <= value && value <= 8, set.Has(wire.Type(value)), "value %d", value)
		}
	}
}

// Every value that may be allocated can be added by itself; the reserved ones
// cannot. [TYP-5]
func TestTypeSetAddsToTheEight(t *testing.T) {
	for added := range 256 {
		set := wire.NewTypeSet(wire.Type(added))
		for value := range 256 {
			want := 1 <= value && value <= 8 || value == added && added >= 0x10
			assert.Equal(t, want, set.Has(wire.Type(value)), "value %d in the set with %d", value, added)
		}
	}
}

func TestTypeSetOfSeveral(t *testing.T) {
	set := wire.NewTypeSet(0x10, 0x3f, 0x40, 0xff)
	copied := set
	for _, typ := range []wire.Type{wire.TypeHello, 0x10, 0x3f, 0x40, 0xff} {
		assert.True(t, copied.Has(typ), "%v", typ)
	}
	assert.False(t, copied.Has(0x11))
	assert.False(t, copied.Has(0x80))
}

func TestTypeSetWith(t *testing.T) {
	first := wire.NewTypeSet(0x10)
	both := first.With(0x20, 0x09)
	for _, typ := range []wire.Type{wire.TypeErr, 0x10, 0x20} {
		assert.True(t, both.Has(typ), "%v", typ)
	}
	assert.False(t, first.Has(0x20), "a set never changes")
	assert.False(t, both.Has(0x09), "a reserved value is no member")
	assert.False(t, wire.TypeSet{}.With().Has(0x10))
}
