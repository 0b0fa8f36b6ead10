package steps

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/vstp-project/vstp/conformance/forge"
	"github.com/vstp-project/vstp/conformance/probe"
)

// The steps of a server under test over TLS. What is sent and what comes back inside
// of it is worded as for TCP.
var (
	_ = step0("a greeted TLS connection", func(ctx context.Context, w *world) error {
		return w.dialGreetedOver(ctx, "A", "tls")
	})
	_ = step1("another greeted TLS connection {}", name, func(ctx context.Context, w *world, n string) error {
		return w.dialGreetedOver(ctx, n, "tls")
	})
	_ = step0("a greeted TLS connection of a client with a trusted certificate", func(ctx context.Context, w *world) error {
		return w.dialGreetedOver(ctx, "A", "tls-verify")
	})
	_ = step0("a TCP connection to the TLS listener", func(ctx context.Context, w *world) error {
		return w.dialPlain(ctx, "A", "tls")
	})
	_ = step0("a handshake in TLS 1.3 succeeds", func(ctx context.Context, w *world) error {
		w.over = "tls"
		return w.dial(ctx, "A")
	})
	_ = step1("a handshake in TLS 1.3 that begins {} later on the target's clock succeeds", duration, func(ctx context.Context, w *world, d time.Duration) error {
		s, err := w.t.DialTLS(ctx, "A", "tls", probe.ClientTLS{Pause: w.t.Scaled(d)})
		w.stream, w.streams["A"] = s, s
		return err
	})
	_ = step1("a client that offers nothing above TLS {} completes no handshake", version, func(ctx context.Context, w *world, highest uint16) error {
		return w.wantNoHandshake(ctx, "tls", probe.ClientTLS{MaxVersion: highest})
	})
	_ = step0("a TLS handshake at the TCP listener does not succeed", func(ctx context.Context, w *world) error {
		return w.wantNoHandshake(ctx, "tcp", probe.ClientTLS{})
	})
	_ = step0("a client without a certificate connects and greets", func(ctx context.Context, w *world) error {
		return w.greetUntrusted(ctx, probe.ClientTLS{})
	})
	_ = step0("a client with a certificate that nobody trusts connects and greets", func(ctx context.Context, w *world) error {
		impostor, err := probe.Impostor()
		if err != nil {
			return err
		}
		return w.greetUntrusted(ctx, probe.ClientTLS{Certificate: impostor})
	})
	_ = step0("it is refused, and no frame comes back", func(ctx context.Context, w *world) error {
		return w.wantRefusedClient(ctx)
	})
	_ = step0("I send a TLS ClientHello", func(_ context.Context, w *world) error {
		hello, err := probe.ClientHello()
		if err != nil {
			return err
		}
		return w.stream.Send(hello, "a TLS ClientHello")
	})
	_ = step1("I send the first {} octets of a TLS ClientHello", number, func(_ context.Context, w *world, n int) error {
		hello, err := probe.ClientHello()
		if err != nil {
			return err
		}
		return w.stream.Send(hello[:n], fmt.Sprintf("%d of %d octets of a TLS ClientHello", n, len(hello)))
	})
	_ = step3("I send the first {} octets of a TLS ClientHello, the last {} of them one every {} on the target's clock", number, number, duration, func(ctx context.Context, w *world, n, late int, every time.Duration) error {
		return w.dribbleHello(ctx, n, late, w.t.Scaled(every))
	})
	_ = step1("the target closes the connection within {} on its clock, and no frame comes back", duration, func(ctx context.Context, w *world, d time.Duration) error {
		return w.wantEndWithoutFrames(ctx, w.t.Scaled(d)+w.close())
	})
	_ = step0("I end my sending direction without close_notify", func(_ context.Context, w *world) error {
		return w.stream.Cut()
	})
	_ = step2("{} connections to the TLS listener each send {} random octets", number, number, func(ctx context.Context, w *world, n, octets int) error {
		return w.sendNoise(ctx, n, func(i int, random func(n int) []byte) ([]byte, error) {
			b := random(octets)
			if i%2 == 0 { // half of them look like a handshake at first
				copy(b, []byte{0x16, 3, 1, byte(octets / 2 >> 8), byte(octets / 2), 1, 0, byte(octets / 4 >> 8), byte(octets / 4), 3, 3})
			}
			return b, nil
		})
	})
	_ = step1("{} connections to the TLS listener each send a ClientHello with random faults", number, func(ctx context.Context, w *world, n int) error {
		return w.sendNoise(ctx, n, func(_ int, random func(n int) []byte) ([]byte, error) {
			hello, err := probe.ClientHello()
			if err != nil {
				return nil, err
			}
			for range 4 {
				at := random(3)
				hello[(int(at[0])<<8|int(at[1]))%len(hello)] = at[2]
			}
			return hello, nil
		})
	})
)

// version is a version of TLS, "1.0" to "1.2".
var version = param[uint16]{`(1\.[0-2])`, func(s string) (uint16, error) { return 0x0301 + uint16(s[2]-'0'), nil }}

// dialGreetedOver is dialGreeted over a transport, which is that of the scenario
// from then on.
func (w *world) dialGreetedOver(ctx context.Context, n, transport string) error {
	w.over = transport
	return w.dialGreeted(ctx, n)
}

// dialPlain opens a TCP connection to the listener of a transport.
func (w *world) dialPlain(ctx context.Context, n, transport string) error {
	s, err := w.t.DialPlain(ctx, n, transport)
	if err != nil {
		return err
	}
	w.stream, w.streams[n] = s, s
	return nil
}

func (w *world) wantNoHandshake(ctx context.Context, transport string, o probe.ClientTLS) error {
	_, refused, err := w.t.TryTLS(ctx, "X", transport, o)
	if err == nil && refused == nil {
		return &probe.Violation{Want: "that no TLS handshake is completed", Got: "one that is"}
	}
	return err
}

// greetUntrusted makes a client that the target is not to let in, and has it send a
// greeting if it thinks that it was let in: it may not know better.
func (w *world) greetUntrusted(ctx context.Context, o probe.ClientTLS) error {
	s, refused, err := w.t.TryTLS(ctx, "U", w.over, o)
	if err != nil {
		return err
	}
	w.stream, w.refused = s, refused
	if refused != nil {
		return nil
	}
	octets := append(forge.Frame{Type: typeHello}.Bytes(), greeting([]byte("let me in"))...)
	return s.Send(octets, "HELLO · DATA msg-id=1 'let me in'")
}

// wantRefusedClient wants the handshake to have failed, or else what it was followed
// by to come to nothing.
func (w *world) wantRefusedClient(ctx context.Context) error {
	if w.refused != nil {
		return nil
	}
	return w.wantEndWithoutFrames(ctx, w.close())
}

// wantEndWithoutFrames waits for the target to close a connection on which it sends
// no frame. Other octets, those of a TLS alert, are its own affair.
func (w *world) wantEndWithoutFrames(ctx context.Context, within time.Duration) error {
	_, err := w.stream.Ended(ctx, within)
	octets := w.stream.Octets()
	switch {
	case bytes.Contains(octets, []byte{0x56, 0x54, 0x01}):
		return &probe.Violation{Want: "that no frame comes back", Got: fmt.Sprintf("%d octets that begin one", len(octets))}
	case errors.Is(err, probe.ErrNothing):
		return &probe.Violation{Want: fmt.Sprintf("the target to close the connection within %v", within), Got: "it is still open", Timing: true}
	}
	return err
}

// dribbleHello sends the beginning of a ClientHello, the last octets of it one by one.
// It stops when the target has closed the connection.
func (w *world) dribbleHello(ctx context.Context, n, late int, every time.Duration) error {
	hello, err := probe.ClientHello()
	if err != nil {
		return err
	}
	if err := w.stream.Send(hello[:n-late], fmt.Sprintf("%d of %d octets of a TLS ClientHello", n-late, len(hello))); err != nil {
		return err
	}
	for _, octet := range hello[n-late : n] {
		if _, err := w.stream.Ended(ctx, every); !errors.Is(err, probe.ErrNothing) {
			return err
		}
		if err := w.stream.Send([]byte{octet}, "one octet more"); err != nil {
			return err
		}
	}
	return nil
}

// sendNoise opens connections to the TLS listener and sends something on each.
func (w *world) sendNoise(ctx context.Context, n int, noise func(i int, random func(n int) []byte) ([]byte, error)) error {
	source := w.random()
	for i := range n {
		if err := w.dialPlain(ctx, fmt.Sprintf("R%d", i), "tls"); err != nil {
			return err
		}
		octets, err := noise(i, func(n int) []byte { return randomOctets(source, n) })
		if err != nil {
			return err
		}
		if err := w.stream.Send(octets, "octets that are no handshake"); err != nil {
			return err
		}
	}
	return nil
}
