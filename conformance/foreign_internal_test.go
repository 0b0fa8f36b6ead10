package conformance

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestForeignIsPlainlyNotVSTP(t *testing.T) {
	for octets, want := range map[string]string{
		"HTTP/1.1 400 Bad Request\r\n\r\n": "this is HTTP",
		"SSH-2.0-OpenSSH_9.6\r\n":          "this is text",
		"-ERR unknown command\r\n":         "this is text",
		"\x15\x03\x01\x00\x02\x02\x46":     "this is TLS",
		"":                                 "",
		"OK":                               "",
		"VT\x01\x02\x00":                   "",
		"VTabcdefgh":                       "",
		"TV\x01\x02\x00\x00\x00":           "", // the octets of MAGIC the wrong way round: a fault to be judged
		"\x00\x00\x00\x0b":                 "",
	} {
		assert.Equal(t, want, foreign([]byte(octets)), "%q", octets)
	}
}
