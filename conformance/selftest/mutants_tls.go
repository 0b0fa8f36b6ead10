package selftest

import "github.com/vstp-project/vstp/conformance"

// tlsMutants break who is let into a TLS listener, and which server a client trusts.
var tlsMutants = []Mutant{
	{
		Name: "tls-1-2-accepted", Requirement: "TLS-2",
		Sentence: "The server completes handshakes in TLS 1.2 as well.",
		File:     "ref/tcp/tls.go",
		Old:      "cfg.MinVersion, cfg.MaxVersion = tls.VersionTLS13, tls.VersionTLS13",
		New:      "cfg.MinVersion, cfg.MaxVersion = tls.VersionTLS12, tls.VersionTLS13",
	},
	{
		Name: "tls-1-3-not-offered", Requirement: "TLS-2",
		Sentence: "The server completes handshakes in TLS 1.2 and in no higher version.",
		File:     "ref/tcp/tls.go",
		Old:      "cfg.MinVersion, cfg.MaxVersion = tls.VersionTLS13, tls.VersionTLS13",
		New:      "cfg.MinVersion, cfg.MaxVersion = tls.VersionTLS12, tls.VersionTLS12",
	},
	{
		Name: "client-takes-tls-1-2", Requirement: "TLS-2", Role: conformance.RoleClient,
		Sentence: "The client completes handshakes in TLS 1.2 as well.",
		File:     "ref/tcp/tls.go",
		Old:      "cfg.MinVersion, cfg.MaxVersion = tls.VersionTLS13, tls.VersionTLS13",
		New:      "cfg.MinVersion, cfg.MaxVersion = tls.VersionTLS12, tls.VersionTLS13",
	},
	{
		Name: "client-takes-tls-1-0", Requirement: "TLS-2", Role: conformance.RoleClient,
		Sentence: "The client completes handshakes in any version down to TLS 1.0.",
		File:     "ref/tcp/tls.go",
		Old:      "cfg.MinVersion, cfg.MaxVersion = tls.VersionTLS13, tls.VersionTLS13",
		New:      "cfg.MinVersion, cfg.MaxVersion = tls.VersionTLS10, tls.VersionTLS13",
	},
	{
		Name: "client-certificate-optional", Requirement: "TLS-3",
		Sentence: "A client that shows no certificate is let in.",
		File:     "ref/peer/tls.go",
		Old:      "tls.RequireAndVerifyClientCert",
		New:      "tls.VerifyClientCertIfGiven",
	},
	{
		Name: "client-certificate-not-verified", Requirement: "TLS-3",
		Sentence: "A client that shows any certificate is let in.",
		File:     "ref/peer/tls.go",
		Old:      "tls.RequireAndVerifyClientCert",
		New:      "tls.RequireAnyClientCert",
	},
	{
		Name: "handshake-never-times-out", Requirement: "TLS-4",
		Sentence: "A handshake may take for ever.",
		File:     "ref/tcp/tls.go",
		Old:      "	err := secured.HandshakeContext(timed)\n",
		New:      "	err := secured.HandshakeContext(ctx)\n",
	},
	{
		Name: "handshake-time-starts-anew-with-each-octet", Requirement: "TLS-4",
		Sentence: "The time for a handshake starts anew whenever something arrives.",
		File:     "ref/tcp/tls.go",
		Old: `	err := secured.HandshakeContext(timed)
	if err != nil && timed.Err() != nil {
		err = context.Cause(timed)
	}
	if err != nil {
		return fmt.Errorf("the TLS handshake has failed: %w", err)
	}
	return nil
}
`,
		New: `	_ = timed
	secured = tls.Server(renewing{c.raw, c.cfg.TLSHandshake}, c.cfg.tls())
	c.nc = secured
	return secured.HandshakeContext(ctx)
}

type renewing struct {
	net.Conn
	patience time.Duration
}

func (r renewing) Read(b []byte) (int, error) {
	r.SetReadDeadline(time.Now().Add(r.patience))
	return r.Conn.Read(b)
}
`,
	},
	{
		Name: "handshake-given-5-s", Requirement: "TLS-4",
		Sentence: "A handshake has to be complete within 5 s.",
		File:     "ref/tcp/tls.go",
		Old:      "context.WithTimeoutCause(ctx, c.cfg.TLSHandshake, ",
		New:      "context.WithTimeoutCause(ctx, c.cfg.TLSHandshake/6, ",
	},
	{
		Name: "plaintext-taken-at-the-tls-listener", Requirement: "TLS-5",
		Sentence: "A TLS listener serves clients in plaintext too, if they begin as MAGIC does.",
		File:     "ref/tcp/served.go",
		Old: `func (c *served) run() {
	if err := c.secure(c.ctx); err != nil {
`,
		New: `type opened struct {
	net.Conn
	first []byte
}

func (o *opened) Read(b []byte) (int, error) {
	if len(o.first) > 0 {
		n := copy(b, o.first)
		o.first = o.first[n:]
		return n, nil
	}
	return o.Conn.Read(b)
}

func (c *served) run() {
	if c.cfg.TLS != nil {
		first := make([]byte, 1)
		if _, err := c.raw.Read(first); err != nil {
			c.refuse()
			return
		}
		o := &opened{c.raw, first}
		if c.nc = o; first[0] != 'V' {
			c.nc = tls.Server(o, c.cfg.tls())
		}
	}
	if err := c.secure(c.ctx); err != nil {
`,
	},
	{
		Name: "tls-taken-at-the-plaintext-listener", Requirement: "TLS-5",
		Sentence: "The plaintext listener serves clients inside TLS too, if they begin as a handshake does.",
		File:     "ref/peer/peer.go",
		Old: `		s, err := tcp.Listen(ctx, l.addr, cfg)
		if err != nil {
			return fmt.Errorf("peer: %w", err)
		}
		defer s.Close()
		*l.ready = s.Addr().String()
`,
		New: `		s, err := tcp.Listen(ctx, l.addr, cfg)
		if err != nil {
			return fmt.Errorf("peer: %w", err)
		}
		defer s.Close()
		*l.ready = s.Addr().String()
		if l.tls != nil {
			continue
		}
		front, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return fmt.Errorf("peer: %w", err)
		}
		defer front.Close()
		*l.ready = front.Addr().String()
		cert, err := o.certificate()
		if err != nil {
			return err
		}
		both := func(a, b net.Conn) {
			go func() {
				io.Copy(a, b)
				a.Close()
			}()
			io.Copy(b, a)
			b.Close()
		}
		go func() {
			for {
				outer, err := front.Accept()
				if err != nil {
					return
				}
				go func() {
					first := make([]byte, 1)
					if _, err := io.ReadFull(outer, first); err != nil {
						outer.Close()
						return
					}
					inner, err := net.Dial("tcp", s.Addr().String())
					if err != nil {
						outer.Close()
						return
					}
					if first[0] != 0x16 {
						inner.Write(first)
						both(outer, inner)
						return
					}
					near, far := net.Pipe()
					go func() {
						far.Write(first)
						both(outer, far)
					}()
					both(tls.Server(near, &tls.Config{Certificates: []tls.Certificate{cert}}), inner)
				}()
			}
		}()
`,
	},
	{
		Name: "any-server-trusted", Requirement: "TLS-6", Role: conformance.RoleClient,
		Sentence: "The client does not verify the certificate of the server.",
		File:     "ref/tcp/tls.go",
		Old:      "	cfg.NextProtos = nil // no protocol name is used\n",
		New:      "	cfg.NextProtos = nil // no protocol name is used\n	cfg.InsecureSkipVerify = true\n",
	},
	{
		Name: "any-root-trusted", Requirement: "TLS-6", Role: conformance.RoleClient,
		Sentence: "The client looks at the host in the certificate and not at who has signed it.",
		File:     "ref/tcp/tls.go",
		Old:      "	cfg.NextProtos = nil // no protocol name is used\n",
		New: `	cfg.NextProtos = nil // no protocol name is used
	cfg.InsecureSkipVerify = true
	cfg.VerifyConnection = func(s tls.ConnectionState) error {
		return s.PeerCertificates[0].VerifyHostname(cfg.ServerName)
	}
`,
	},
	{
		Name: "any-host-trusted", Requirement: "TLS-6", Role: conformance.RoleClient,
		Sentence: "The client looks at who has signed the certificate and not at the host in it.",
		File:     "ref/peer/adapter_tls.go",
		Old:      "	cfg.TLS = &tls.Config{}\n",
		New: `	cfg.TLS = &tls.Config{InsecureSkipVerify: true}
	trust := cfg.TLS
	cfg.TLS.VerifyConnection = func(s tls.ConnectionState) error {
		_, err := s.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: trust.RootCAs})
		return err
	}
`,
	},
	{
		Name: "expired-certificate-trusted", Requirement: "TLS-6", Role: conformance.RoleClient,
		Sentence: "The client trusts a certificate for a day beyond its time.",
		File:     "ref/tcp/tls.go",
		Old:      "	cfg.NextProtos = nil // no protocol name is used\n",
		New: `	cfg.NextProtos = nil // no protocol name is used
	cfg.Time = func() time.Time { return time.Now().Add(-24 * time.Hour) }
`,
	},
	{
		Name: "end-of-tls-loses-answers", Requirement: "TCP-11",
		Sentence: "Over TLS a client that ends its direction is cut off with its answers.",
		File:     "ref/tcp/read.go",
		Old: `			c.tell(c.sess.EndOfStream)
			return
		case errors.Is(err, errInputOver):
`,
		New: `			if c.cfg.TLS != nil {
				c.abort()
				return
			}
			c.tell(c.sess.EndOfStream)
			return
		case errors.Is(err, errInputOver):
`,
	},
	{
		Name: "failed-handshake-ends-the-server", Requirement: "SEC-1",
		Sentence: "A handshake that cannot be understood ends the process.",
		File:     "ref/tcp/served.go",
		Old:      "		c.log.Warn(\"tcp: connection refused\", \"err\", err)\n",
		New: `		if outer, ok := err.(interface{ Unwrap() error }); ok {
			if _, broken := outer.Unwrap().(tls.RecordHeaderError); broken {
				panic(err)
			}
		}
`,
	},
}
