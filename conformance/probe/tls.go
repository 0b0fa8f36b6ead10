package probe

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"time"

	"github.com/vstp-project/vstp/conformance/pki"
)

// A ClientTLS says how the judge is a TLS client.
type ClientTLS struct {
	MaxVersion  uint16           // the highest that it offers; zero means 1.3, which is then the only one
	Certificate *tls.Certificate // that it shows; nil for none
	Pause       time.Duration    // between connecting and the first octet of the handshake
}

// DialOver opens a connection to the target over a transport, "tcp", "easy-tcp",
// "tls" or "tls-verify", as a client that has to be let in.
func (t *T) DialOver(ctx context.Context, name, transport string) (*Stream, error) {
	switch transport {
	case "easy-tcp":
		return t.DialEasy(ctx, name)
	case "tls":
		return t.DialTLS(ctx, name, transport, ClientTLS{})
	case "tls-verify":
		if t.cfg.Client == nil {
			return nil, &NotExercised{Cause: CauseSurroundings, Reason: "the judge has no certificate that the target trusts"}
		}
		return t.DialTLS(ctx, name, transport, ClientTLS{Certificate: t.cfg.Client})
	}
	return t.Dial(ctx, name)
}

// DialTLS opens a TLS connection to the listener of a transport. That it does not
// come about is a violation.
func (t *T) DialTLS(ctx context.Context, name, transport string, o ClientTLS) (*Stream, error) {
	began := time.Now()
	s, refused, err := t.TryTLS(ctx, name, transport, o)
	if refused != nil {
		within := t.Bound("close")
		return nil, &Violation{
			Want: fmt.Sprintf("a TLS handshake with the %s listener within %v", transport, within),
			Got:  refused.Error(), Timing: time.Since(began) >= o.Pause+within,
		}
	}
	return s, err
}

// TryTLS is DialTLS where the target is free to refuse, or ought to: then refused
// says how the handshake ended. Whose certificate the target shows does not matter
// here: the judge is not the one to trust it.
//
// In TLS 1.3 a client learns only by what it reads next that its own certificate was
// refused.
func (t *T) TryTLS(ctx context.Context, name, transport string, o ClientTLS) (s *Stream, refused, err error) {
	raw, err := t.connect(ctx, name, transport)
	if err != nil {
		return nil, nil, err
	}
	if o.Pause > 0 {
		if err := t.Wait(ctx, o.Pause); err != nil {
			_ = raw.Close()
			return nil, nil, err
		}
	}
	cfg := &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS13, MaxVersion: o.MaxVersion}
	if cfg.MaxVersion != 0 {
		cfg.MinVersion, cfg.CipherSuites = tls.VersionTLS10, allSuites()
	}
	if o.Certificate != nil {
		cfg.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			return o.Certificate, nil // whatever authorities the server names
		}
	}
	return t.handshake(ctx, "tls "+name, raw, tls.Client(raw, cfg))
}

// handshake completes a handshake, or closes the connection.
func (t *T) handshake(ctx context.Context, name string, raw *net.TCPConn, conn *tls.Conn) (s *Stream, refused, err error) {
	timed, cancel := context.WithTimeout(ctx, t.Bound("close"))
	defer cancel()
	refused = conn.HandshakeContext(timed)
	if refused == nil {
		s := t.stream(name, raw, conn)
		state := conn.ConnectionState()
		t.record(name, EventNote, nil, fmt.Sprintf("%s, %s", tls.VersionName(state.Version), tls.CipherSuiteName(state.CipherSuite)))
		return s, nil, nil
	}
	_ = raw.Close()
	if ctx.Err() != nil {
		return nil, nil, ctx.Err()
	}
	if errors.Is(refused, context.DeadlineExceeded) || errors.Is(refused, os.ErrDeadlineExceeded) {
		refused = fmt.Errorf("it was not complete within %v", t.Bound("close"))
	}
	t.record(name, EventNote, nil, "the TLS handshake failed: "+refused.Error())
	return nil, refused, nil
}

// allSuites are the cipher suites of all versions before 1.3, so that nothing but the
// version is left to disagree on.
func allSuites() []uint16 {
	var ids []uint16
	for _, s := range slices.Concat(tls.CipherSuites(), tls.InsecureCipherSuites()) {
		ids = append(ids, s.ID)
	}
	return ids
}

// A ServerTLS says how the judge is a TLS server.
type ServerTLS struct {
	Certificate tls.Certificate
	MaxVersion  uint16 // the highest that it speaks; zero means 1.3, which is then the only one
}

// ListenTLS listens on a free port of the loopback address for a client under test
// that speaks TLS.
func (t *T) ListenTLS(o ServerTLS) (*Listener, error) {
	l, err := t.ListenTCP()
	if err != nil {
		return nil, err
	}
	l.tls = &tls.Config{Certificates: []tls.Certificate{o.Certificate}, MinVersion: tls.VersionTLS13, MaxVersion: o.MaxVersion}
	if l.tls.MaxVersion != 0 {
		l.tls.MinVersion, l.tls.CipherSuites = tls.VersionTLS10, allSuites()
	}
	return l, nil
}

// AcceptTLS is Accept for a client that speaks TLS, and that is free to refuse the
// judge, or ought to: then refused says how the handshake ended.
func (l *Listener) AcceptTLS(ctx context.Context, name string, within time.Duration) (s *Stream, refused, err error) {
	raw, err := l.accept(ctx, within)
	if err != nil {
		return nil, nil, err
	}
	return l.t.handshake(ctx, "tls "+name, raw, tls.Server(raw, l.tls))
}

// ClientHello is the first flight of a TLS client that offers version 1.3.
func ClientHello() ([]byte, error) {
	ours, theirs := net.Pipe()
	defer theirs.Close()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = tls.Client(ours, &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS13}).Handshake() // that it fails is no news
		ours.Close()
	}()
	flight := make([]byte, 16<<10)
	n, err := theirs.Read(flight)
	theirs.Close()
	<-ended
	if err != nil {
		return nil, fmt.Errorf("making a ClientHello: %w", err)
	}
	return bytes.Clone(flight[:n]), nil
}

// Impostor is a client's certificate that nobody trusts.
func Impostor() (*tls.Certificate, error) {
	root, err := pki.NewRoot("vstp-conform impostors")
	if err != nil {
		return nil, err
	}
	c, err := root.Issue(pki.Leaf{})
	return &c, err
}
