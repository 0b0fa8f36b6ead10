package target

import (
	"crypto/tls"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/vstp-project/vstp/conformance/pki"
)

// Trusted is an [Instance] with a TLS listener that verifies its clients, and that
// trusts the one whose certificate is known to the judge.
type Trusted interface {
	// ClientCertificate is nil where the judge has no certificate that is trusted.
	ClientCertificate() *tls.Certificate
}

// credentialPlaceholders are those that stand for files.
var credentialPlaceholders = []string{"{cert}", "{key}", "{client-ca}"}

// credentials are the files that the judge hands to a server under test, made anew
// for each start, and the client that the server is to trust.
type credentials struct {
	dir                 string
	cert, key, clientCA string // paths
	client              tls.Certificate
}

// newCredentials writes what the placeholders in a command stand for. It is nil
// where the command has none of them.
func newCredentials(words []string) (*credentials, error) {
	wanted := false
	for _, name := range credentialPlaceholders {
		wanted = wanted || hasPlaceholder(words, name)
	}
	if !wanted {
		return nil, nil
	}
	dir, err := os.MkdirTemp("", "vstp-conform-tls-")
	if err != nil {
		return nil, fmt.Errorf("making a directory for certificates: %w", err)
	}
	c := &credentials{
		dir: dir, cert: filepath.Join(dir, "server.pem"), key: filepath.Join(dir, "server-key.pem"),
		clientCA: filepath.Join(dir, "client-root.pem"),
	}
	if err := c.write(); err != nil {
		c.remove()
		return nil, fmt.Errorf("making certificates for the target: %w", err)
	}
	return c, nil
}

func (c *credentials) write() error {
	servers, err := pki.NewRoot("vstp-conform servers")
	if err != nil {
		return err
	}
	server, err := servers.Issue(pki.Leaf{Hosts: []string{"localhost", "127.0.0.1", "::1"}})
	if err != nil {
		return err
	}
	chain, key, err := pki.PEM(server)
	if err != nil {
		return err
	}
	clients, err := pki.NewRoot("vstp-conform clients")
	if err != nil {
		return err
	}
	if c.client, err = clients.Issue(pki.Leaf{}); err != nil {
		return err
	}
	for _, f := range []struct {
		path   string
		octets []byte
	}{{c.cert, chain}, {c.key, key}, {c.clientCA, clients.PEM()}} {
		if err := os.WriteFile(f.path, f.octets, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// fill replaces the placeholders in every word.
func (c *credentials) fill(words []string) []string {
	if c == nil {
		return words
	}
	r := strings.NewReplacer("{cert}", c.cert, "{key}", c.key, "{client-ca}", c.clientCA)
	filled := make([]string, len(words))
	for i, word := range words {
		filled[i] = r.Replace(word)
	}
	return filled
}

// certificate is that of the client, if it was announced to the target.
func (c *credentials) certificate() *tls.Certificate {
	if c == nil {
		return nil
	}
	return &c.client
}

// remove removes the files.
func (c *credentials) remove() {
	if c != nil {
		_ = os.RemoveAll(c.dir)
	}
}
