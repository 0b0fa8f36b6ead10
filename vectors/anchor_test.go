package vectors_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"hash/crc32"
	"io"
	"os/exec"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/vectors"
)

// Vectors are anchored by what is no part of this module: here by the standard
// library, which none of the families was made with.

func ofFamily(t *testing.T, family string) []vectors.Vector {
	t.Helper()
	var list []vectors.Vector
	for _, v := range load(t) {
		if v.Family == family {
			list = append(list, v)
		}
	}
	require.NotEmpty(t, list, family)
	return list
}

// [CRC-1]
func TestChecksumsAreThoseOfTheStandardLibrary(t *testing.T) {
	for _, v := range ofFamily(t, vectors.FamilyCRC) {
		assert.Equal(t, crc32.ChecksumIEEE(v.Octets), v.Expect.CRC, v.ID())
	}
}

// [CMP-6] [CMP-7] [CMP-8]
func TestGzipMembersAreThoseOfTheStandardLibrary(t *testing.T) {
	for _, v := range ofFamily(t, vectors.FamilyGzip) {
		limit := v.Limit
		if limit == 0 {
			limit = 8388608
		}
		plain, class := gunzip(v.Octets, limit)
		assert.Equal(t, v.Expect.Error, class, v.ID())
		if class == "" {
			assert.True(t, bytes.Equal(v.Expect.Plain, plain), v.ID())
		}
	}
}

// gunzip takes exactly one member. The class is empty or the name of the error.
func gunzip(octets []byte, limit int) (plain []byte, class string) {
	if len(octets) > 3 && octets[3]&0xe0 != 0 {
		return nil, "BadCompression" // reserved bits, which compress/gzip passes over
	}
	src := bytes.NewReader(octets)
	member, err := gzip.NewReader(src)
	if err != nil {
		return nil, "BadCompression"
	}
	member.Multistream(false)
	plain, err = io.ReadAll(io.LimitReader(member, int64(limit)+1))
	switch {
	case len(plain) > limit:
		return nil, "FrameTooLarge"
	case err != nil, src.Len() > 0:
		return nil, "BadCompression"
	}
	return plain, ""
}

// [EASY-1] [EASY-4]
func TestJSONTextsAreThoseOfTheStandardLibrary(t *testing.T) {
	for _, v := range ofFamily(t, vectors.FamilyEasy) {
		good := json.Valid(v.Octets) && utf8.Valid(v.Octets)
		assert.Equal(t, v.Expect.Result == vectors.ResultAccept, good, v.ID())
	}
}

// Every datagram that a sender is to send has the checksum that it should.
func TestSplitDatagramsAreSealed(t *testing.T) {
	sealed := 0
	for _, v := range ofFamily(t, vectors.FamilySplit) {
		for i, d := range v.Expect.Datagrams {
			sealed++
			body := d[:len(d)-4]
			assert.Equal(t, crc32.ChecksumIEEE(body), binary.BigEndian.Uint32(d[len(body):]), "%s, datagram %d", v.ID(), i)
		}
	}
	assert.Positive(t, sealed)
}

// The reader in Python beside the files knows nothing of this module. Where there
// is a Python, it has to agree with every vector that it can decode.
func TestReaderInPythonAgrees(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("there is no python3: reader.py, the second reading of the vectors, was NOT run")
	}
	out, err := exec.Command(python, "reader.py", ".").CombinedOutput()
	require.NoError(t, err, "%s", out)
	t.Logf("%s", out)
}
