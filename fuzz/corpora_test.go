package fuzz

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// corporaVariable names the environment variable with the directory that
// TestSeedCorporaAreWritten writes to.
const corporaVariable = "VSTP_SEED_CORPORA"

// Builders for libFuzzer pass over f.Add: there the seeds come as a directory of
// files for each target. With VSTP_SEED_CORPORA this writes them; without it, it
// shows that all can be written and writes those of one target.
func TestSeedCorporaAreWritten(t *testing.T) {
	dir, asked := os.LookupEnv(corporaVariable)
	if !asked {
		dir = t.TempDir()
	}
	for target, seeds := range seedSets {
		inputs := map[string][]byte{}
		for _, s := range seeds() {
			input, err := libFuzzerInput(s)
			require.NoError(t, err, "a seed of Fuzz%s", target)
			inputs[fmt.Sprintf("%x", sha256.Sum256(input))] = input
		}
		if !asked && target != "Varint" {
			continue
		}
		corpus := filepath.Join(dir, "Fuzz"+target)
		require.NoError(t, os.MkdirAll(corpus, 0o755))
		for name, input := range inputs {
			require.NoError(t, os.WriteFile(filepath.Join(corpus, name), input, 0o644))
		}
		files, err := os.ReadDir(corpus)
		require.NoError(t, err)
		assert.GreaterOrEqual(t, len(files), len(inputs))
		t.Logf("Fuzz%s: %d seeds in %s", target, len(inputs), corpus)
	}
}

// libFuzzerInput puts the arguments of a target into the one string of octets
// that libFuzzer works with, in the way that the adapter of OSS-Fuzz takes them
// out again: numbers and truth values first, big-endian, then an octet for each
// argument of any length that says which share of the rest it gets, then the
// rest. A target of ours has one argument of any length, which gets all.
func libFuzzerInput(s seed) ([]byte, error) {
	var input, octets []byte
	slices := 0
	for _, argument := range s {
		switch v := argument.(type) {
		case bool:
			if v {
				input = append(input, 1)
			} else {
				input = append(input, 0)
			}
		case int:
			input = binary.BigEndian.AppendUint64(input, uint64(v))
		case uint64:
			input = binary.BigEndian.AppendUint64(input, v)
		case []byte:
			octets = v
			slices++
		default:
			return nil, fmt.Errorf("no rule for an argument of type %T", v)
		}
	}
	if slices != 1 {
		return nil, fmt.Errorf("%d arguments of any length, not one", slices)
	}
	return append(append(input, 1), octets...), nil
}

func TestLibFuzzerInput(t *testing.T) {
	input, err := libFuzzerInput(seed{[]byte("VT"), 258, true, false, uint64(1) << 63})
	require.NoError(t, err)
	assert.Equal(t, "\x00\x00\x00\x00\x00\x00\x01\x02"+"\x01"+"\x00"+"\x80\x00\x00\x00\x00\x00\x00\x00"+"\x01"+"VT", string(input))

	_, err = libFuzzerInput(seed{[]byte("a"), []byte("b")})
	require.Error(t, err)
	_, err = libFuzzerInput(seed{1})
	require.Error(t, err)
	_, err = libFuzzerInput(seed{[]byte("a"), 1.5})
	require.Error(t, err)
}
