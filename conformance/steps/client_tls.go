package steps

import (
	"context"
	"errors"
	"fmt"

	"github.com/vstp-project/vstp/conformance/pki"
	"github.com/vstp-project/vstp/conformance/probe"
)

// The steps of a client under test over TLS. The judge is a server that the client
// ought to trust, or one that it ought not to.
var (
	_ = step0("a greeted client over TLS", func(ctx context.Context, w *world) error {
		w.over = "tls"
		return w.greetClient(ctx)
	})
	_ = step0("a client connects to a server that speaks TLS 1.3 alone", func(ctx context.Context, w *world) error {
		w.over = "tls"
		return w.connectTLS(ctx)
	})
	_ = step1("a client is asked to connect to a server that speaks nothing above TLS {}", version, func(ctx context.Context, w *world, highest uint16) error {
		return w.askTLS(ctx, server{highest: highest})
	})
	_ = step0("a client is asked to connect to a server whose certificate goes back to another root", func(ctx context.Context, w *world) error {
		return w.askTLS(ctx, server{stranger: true})
	})
	_ = step0("a client that was given no root is asked to connect to a server of the judge's", func(ctx context.Context, w *world) error {
		return w.askTLS(ctx, server{noRoot: true})
	})
	_ = step0("a client is asked to connect to a server whose certificate is for other hosts", func(ctx context.Context, w *world) error {
		return w.askTLS(ctx, server{leaf: pki.Leaf{Hosts: []string{"elsewhere.example", "127.0.0.2"}}})
	})
	_ = step0("a client is asked to connect by address to a server whose certificate has a name alone", func(ctx context.Context, w *world) error {
		return w.askTLS(ctx, server{leaf: pki.Leaf{Hosts: []string{"localhost"}}})
	})
	_ = step0("a client is asked to connect to a server whose certificate has expired", func(ctx context.Context, w *world) error {
		return w.askTLS(ctx, server{leaf: pki.Leaf{Hosts: []string{loopback}, Expired: true}})
	})
	_ = step0("the client refuses the server", func(ctx context.Context, w *world) error {
		return w.wantRefusedServer(ctx, "")
	})
	_ = step1("the client refuses the server with {}", errorName, func(ctx context.Context, w *world, name string) error {
		return w.wantRefusedServer(ctx, name)
	})
)

// loopback is the host that clients are asked to reach.
const loopback = "127.0.0.1"

// A server is what a client under test meets. The zero value is one that it ought to
// trust.
type server struct {
	leaf     pki.Leaf
	stranger bool   // its certificate goes back to a root that the client was not given
	noRoot   bool   // the client is given none
	highest  uint16 // version of TLS; zero means 1.3, and no other
}

// askTLS has the client connect to a server, and keeps how that went.
func (w *world) askTLS(ctx context.Context, s server) error {
	if s.leaf.Hosts == nil {
		s.leaf.Hosts = []string{loopback}
	}
	if w.root == nil {
		root, err := pki.NewRoot("vstp-conform servers")
		if err != nil {
			return err
		}
		w.root = root
	}
	signer := w.root
	if s.stranger {
		other, err := pki.NewRoot("vstp-conform strangers")
		if err != nil {
			return err
		}
		signer = other
	}
	certificate, err := signer.Issue(s.leaf)
	if err != nil {
		return err
	}
	if w.listener, err = w.t.ListenTLS(probe.ServerTLS{Certificate: certificate, MaxVersion: s.highest}); err != nil {
		return err
	}
	args := map[string]any{"transport": "tls", "addr": w.listener.Addr()}
	if !s.noRoot {
		if args["ca"], err = w.t.File("root.pem", w.root.PEM()); err != nil {
			return err
		}
	}
	// Neither end can be done without the other.
	asked := w.t.Ask(ctx, "connect", args)
	w.stream, w.refused, err = w.listener.AcceptTLS(ctx, "A", w.close())
	if v := (*probe.Violation)(nil); errors.As(err, &v) && asked.Ended() {
		w.refused = v // the answer says whether it was right not to come at all
	} else if err != nil {
		return err
	}
	w.connected, err = asked.Wait(ctx, w.close()+w.reply())
	return w.offered(err)
}

// connectTLS has the client connect to a server that it ought to trust.
func (w *world) connectTLS(ctx context.Context) error {
	if err := w.askTLS(ctx, server{}); err != nil {
		return err
	}
	if w.refused != nil {
		return &probe.Violation{Want: "a TLS handshake of the client with a server in TLS 1.3 whose root it was given", Got: w.refused.Error()}
	}
	var err error
	w.client, err = w.t.Connected("A", w.connected, "a connection over TLS to a server whose root it was given")
	if err != nil {
		return err
	}
	w.clients["A"], w.streams["A"] = w.client, w.stream
	return nil
}

// wantRefusedServer wants the client to have refused the server, with the error
// given if there is one, and not to have sent it a single octet of VSTP.
func (w *world) wantRefusedServer(ctx context.Context, name string) error {
	if w.connected.OK {
		if _, err := w.t.Connected("X", w.connected, ""); err != nil {
			return err // so that it is closed when the case ends
		}
		return &probe.Violation{Want: "that the client refuses the server", Got: "a connection"}
	}
	if w.refused == nil { // it has made up its mind only after the handshake
		_, err := w.stream.Ended(ctx, w.close())
		if octets := w.stream.Octets(); len(octets) > 0 {
			return &probe.Violation{Want: "no octet for a server that is refused", Got: fmt.Sprintf("%d octets", len(octets))}
		}
		if errors.Is(err, probe.ErrNothing) {
			return &probe.Violation{Want: fmt.Sprintf("the client to close the connection within %v", w.close()), Got: "it is still open", Timing: true}
		}
		if err != nil {
			return err
		}
	}
	if name == "" {
		return nil
	}
	return wantSaid(w.connected, name, false)
}
