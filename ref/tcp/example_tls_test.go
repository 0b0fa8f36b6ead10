package tcp_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"github.com/vstp-project/vstp/ref/tcp"
	"github.com/vstp-project/vstp/ref/tcp/pki"
	"github.com/vstp-project/vstp/ref/wire"
)

// Over TLS everything else is the same. A server of another authority's is refused
// before anything is said to it.
func Example_tls() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	ours, err := pki.New("ours")
	if err != nil {
		fmt.Println(err)
		return
	}
	theirs, err := pki.New("theirs")
	if err != nil {
		fmt.Println(err)
		return
	}
	pair, err := ours.Issue(pki.Leaf{Hosts: []string{"127.0.0.1"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	cert, err := pair.TLS()
	if err != nil {
		fmt.Println(err)
		return
	}
	server, err := tcp.Listen(ctx, "127.0.0.1:0", tcp.Config{
		TLS: &tls.Config{Certificates: []tls.Certificate{cert}},
		Handler: func(_ context.Context, r *tcp.Request) {
			r.Answer(wire.Frame{Type: wire.TypeData, Payload: r.Message.Payload})
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()

	conn, err := tcp.Dial(ctx, server.Addr().String(), tcp.Config{TLS: &tls.Config{RootCAs: ours.Pool()}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close()
	fmt.Println("a PING is answered:", conn.Ping(ctx, []byte("1")) == nil)

	_, err = tcp.Dial(ctx, server.Addr().String(), tcp.Config{TLS: &tls.Config{RootCAs: theirs.Pool()}})
	var unknown x509.UnknownAuthorityError
	fmt.Println("a server that is not trusted:", errors.As(err, &unknown))

	// Output:
	// a PING is answered: true
	// a server that is not trusted: true
}
