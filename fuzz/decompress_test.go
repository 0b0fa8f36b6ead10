package fuzz

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"

	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/compress"
	"github.com/vstp-project/vstp/ref/wire"
)

const (
	// memberHeader is the octets of a member's header without optional fields.
	memberHeader = 10
	// memberOverhead is how many octets a member has beside its blocks at least.
	memberOverhead = memberHeader + 8
	// mostPlain is the largest limit, so that bombs do not take all the time.
	mostPlain = 1 << 20
)

// repairMember makes a member of b: of the blocks that it starts with, if it does
// so, with the header and the trailer that they need.
func repairMember(b []byte) []byte {
	source := bytes.NewReader(b)
	var plain bytes.Buffer
	_, err := plain.ReadFrom(io.LimitReader(flate.NewReader(source), mostPlain+1))
	if err != nil {
		source.Reset(nil)
	}
	member := append([]byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"), b[:len(b)-source.Len()]...)
	member = binary.LittleEndian.AppendUint32(member, crc32.ChecksumIEEE(plain.Bytes()))
	return binary.LittleEndian.AppendUint32(member, uint32(plain.Len()))
}

// requireDecompress fails unless the reference makes of b what compress/gzip makes
// of it, the faults of that one mended, and keeps to the limit. [CMP-6] [CMP-7]
// [CMP-8]
func requireDecompress(t require.TestingT, b []byte, limit int) {
	if limit <= 0 || limit > mostPlain {
		limit = mostPlain
	}
	plain, err := compress.Gunzip(b, limit)
	want, wantErr := standardGunzip(b, limit)
	switch {
	case wantErr == errLongText:
	case wantErr == nil:
		require.NoError(t, err, "%x", b)
		requireOctets(t, want, plain, "Gunzip")
	default:
		require.ErrorIs(t, err, wantErr, "%x", b)
	}
	if err == nil {
		requireMember(t, b, plain, limit)
		return
	}
	require.Nil(t, plain)
	fault, ok := errors.AsType[*wire.DecodeError](err)
	require.True(t, ok, "%v", err)
	require.True(t, 0 <= fault.Offset && fault.Offset <= len(b), "offset %d of %d", fault.Offset, len(b))
}

// errLongText says that compress/gzip has no verdict on a member, because it takes
// no name and no comment of more than 511 octets.
var errLongText = errors.New("a long name or comment")

// standardGunzip decompresses with compress/gzip. It fails with BadCompression,
// FrameTooLarge or errLongText.
func standardGunzip(b []byte, limit int) ([]byte, error) {
	source := bytes.NewReader(b)
	r, err := gzip.NewReader(source)
	switch {
	case err == gzip.ErrHeader && len(b) > memberHeader+511 && b[3]&0x18 != 0:
		return nil, errLongText
	case err != nil || b[3]&0xe0 != 0: // it passes over the reserved bits of FLG
		return nil, wire.BadCompression
	}
	r.Multistream(false)
	plain, err := io.ReadAll(io.LimitReader(r, int64(limit)+1))
	switch {
	case len(plain) > limit:
		return nil, wire.FrameTooLarge
	case err != nil || source.Len() > 0:
		return nil, wire.BadCompression
	}
	return plain, nil
}

// requireMember fails unless no part of b and no more than b is a member, and
// plain just fits.
func requireMember(t require.TestingT, b, plain []byte, limit int) {
	require.NotNil(t, plain)
	require.LessOrEqual(t, len(plain), limit)
	if len(plain) > 1 {
		_, err := compress.Gunzip(b, len(plain)-1)
		require.ErrorIs(t, err, wire.FrameTooLarge, "%x", b)
	}
	for _, other := range [][]byte{b[:len(b)-1], b[:len(b)-4], b[:len(b)/2], append(bytes.Clone(b), 0), append(bytes.Clone(b), b...)} {
		_, err := compress.Gunzip(other, limit)
		require.ErrorIs(t, err, wire.BadCompression, "%x", other)
	}
	require.GreaterOrEqual(t, len(b), memberOverhead)
	sent, err := compress.Gzip(plain, 1)
	require.NoError(t, err)
	again, err := compress.Gunzip(sent, limit)
	require.NoError(t, err)
	requireOctets(t, plain, again, "what was compressed anew")
}
