package steps

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance/dissect"
	"github.com/vstp-project/vstp/spec"
	"github.com/vstp-project/vstp/vectors"
)

// The judge's own reader of gzip agrees with every vector, the limit apart: that is
// for those who are judged.
func TestPlainOfVectors(t *testing.T) {
	set, err := vectors.Load()
	require.NoError(t, err)
	accepted, rejected := 0, 0
	for _, v := range set.All() {
		switch {
		case v.Family != vectors.FamilyGzip || v.Expect.Error == "FrameTooLarge":
		case v.Expect.Result == vectors.ResultAccept:
			accepted++
			plain, err := plainOf(v.Octets)
			if assert.NoError(t, err, v.Name) {
				assert.True(t, string(v.Expect.Plain) == string(plain), v.Name)
			}
		default:
			rejected++
			_, err := plainOf(v.Octets)
			assert.Error(t, err, v.Name)
		}
	}
	assert.Greater(t, accepted, 20)
	assert.Greater(t, rejected, 40)
}

func TestPlainOfEveryPrefix(t *testing.T) {
	set, err := vectors.Load()
	require.NoError(t, err)
	v, ok := set.Lookup("gzip/all-fields")
	require.True(t, ok)
	for n := range v.Octets {
		_, err := plainOf(v.Octets[:n])
		assert.Error(t, err, "the first %d octets", n)
	}
}

func TestGzipOf(t *testing.T) {
	for _, plain := range []string{"", "abc", string(make([]byte, 100_000))} {
		got, err := plainOf(gzipOf([]byte(plain)))
		require.NoError(t, err)
		assert.True(t, plain == string(got))
	}
}

func TestGzipInTheNotation(t *testing.T) {
	n := notation{registry: spec.DefaultRegistry()}
	for line, plain := range map[string]string{
		"DATA COMP gz:'abc'": "abc", "DATA COMP a=1 gz:3*'ab'": "ababab", "DATA COMP gz:x'00ff'": "\x00\xff", "DATA COMP gz:''": "",
	} {
		octets, err := n.octets(line)
		require.NoError(t, err, line)
		f := dissect.Decode(octets, dissect.Options{})
		require.Empty(t, f.Class(), line)
		got, err := reveal(f)
		require.NoError(t, err, line)
		assert.Equal(t, plain, string(got), line)
	}
	for _, line := range []string{"DATA gz:abc", "DATA gz:x*'a'", "DATA gz:'a' 'b'"} {
		_, err := n.octets(line)
		assert.Error(t, err, line)
	}
}

// What has COMP has to be a member; what has not is what it is.
func TestReveal(t *testing.T) {
	got, err := reveal(dissect.Frame{Type: typeData, Payload: gzipOf([]byte("abc"))})
	require.NoError(t, err)
	assert.Equal(t, gzipOf([]byte("abc")), got)
	_, err = reveal(dissect.Frame{Type: typeData, Flags: flagComp, Payload: []byte("abc")})
	assert.ErrorContains(t, err, "one gzip member under COMP")
}
