package pki_test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"

	"github.com/vstp-project/vstp/ref/tcp/pki"
)

// An authority, a server's certificate and a client's, and the settings for TLS that
// both ends make of them.
func Example() {
	authority, err := pki.New("my test root")
	if err != nil {
		fmt.Println(err)
		return
	}
	server, err := certificate(authority, pki.Leaf{Hosts: []string{"localhost", "127.0.0.1"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := certificate(authority, pki.Leaf{Name: "a client", Client: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	atServer := &tls.Config{Certificates: []tls.Certificate{server}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: authority.Pool()}
	atClient := &tls.Config{Certificates: []tls.Certificate{client}, RootCAs: authority.Pool()}

	_, err = server.Leaf.Verify(x509.VerifyOptions{Roots: atClient.RootCAs, DNSName: "localhost"})
	fmt.Println("the client trusts the server:", err == nil)
	_, err = client.Leaf.Verify(x509.VerifyOptions{Roots: atServer.ClientCAs, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	fmt.Println("the server trusts the client:", err == nil)

	// Output:
	// the client trusts the server: true
	// the server trusts the client: true
}

// certificate issues a certificate and takes it together with its key.
func certificate(a *pki.Authority, l pki.Leaf) (tls.Certificate, error) {
	pair, err := a.Issue(l)
	if err != nil {
		return tls.Certificate{}, err
	}
	return pair.TLS()
}
