//go:build unix

package target_test

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance/target"
)

// handedOut are the paths that a target says it was given.
func handedOut(t *testing.T, instance target.Instance) []string {
	t.Helper()
	m := regexp.MustCompile(`args \["([^"]+)" "([^"]+)" "([^"]+)"\]`).FindSubmatch(instance.Output())
	require.NotNil(t, m, "%s", instance.Output())
	return []string{string(m[1]), string(m[2]), string(m[3])}
}

func TestCredentials(t *testing.T) {
	exe, err := os.Executable()
	require.NoError(t, err)
	program := target.Builtin(exe, "{cert}", "{key}", "{client-ca}")
	program.Env = []string{roleEnv + "=report"}
	for name, tgt := range map[string]target.Target{
		"a command": command(t, "report", "{cert} {key} {client-ca}"),
		"a program": program,
	} {
		t.Run(name, func(t *testing.T) {
			instance := start(t, tgt)
			paths := handedOut(t, instance)
			server, err := tls.LoadX509KeyPair(paths[0], paths[1])
			require.NoError(t, err)
			for _, host := range []string{"localhost", "127.0.0.1", "::1"} {
				assert.NoError(t, server.Leaf.VerifyHostname(host))
			}
			root, err := os.ReadFile(paths[2])
			require.NoError(t, err)
			trusts := x509.NewCertPool()
			require.True(t, trusts.AppendCertsFromPEM(root))
			client := instance.(target.Trusted).ClientCertificate()
			require.NotNil(t, client)
			_, err = client.Leaf.Verify(x509.VerifyOptions{Roots: trusts, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
			require.NoError(t, err)
			_, err = server.Leaf.Verify(x509.VerifyOptions{Roots: trusts})
			assert.Error(t, err, "the server's certificate comes from elsewhere")

			instance.Stop()
			for _, path := range paths {
				assert.NoFileExists(t, path)
			}
		})
	}
}

func TestNoCredentials(t *testing.T) {
	assert.Nil(t, start(t, command(t, "ready", "")).(target.Trusted).ClientCertificate())
	certificate := &tls.Certificate{}
	running := target.Running{Addrs: start(t, command(t, "ready", "")).Addrs(), Client: certificate}
	assert.Same(t, certificate, start(t, running).(target.Trusted).ClientCertificate())
}

func TestCommandTakesAllListeners(t *testing.T) {
	instance := start(t, command(t, "given", "tcp={tcp} tcp={tls} tcp={tls-verify} {client-ca} udp={udp}"))
	addrs := instance.Addrs()
	assert.NotEmpty(t, addrs.TLS)
	assert.NotEmpty(t, addrs.TLSVerify)
}
