package peer

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"time"

	"github.com/vstp-project/vstp/ref/compress"
	"github.com/vstp-project/vstp/ref/frag"
	"github.com/vstp-project/vstp/ref/reliable"
	"github.com/vstp-project/vstp/ref/session"
	"github.com/vstp-project/vstp/ref/tcp"
	"github.com/vstp-project/vstp/ref/udp"
	"github.com/vstp-project/vstp/ref/wire"
)

// Options says what the peer offers.
type Options struct {
	// TCP, UDP, TLS and TLSVerify are the addresses to serve on, host:port, port 0 being
	// any free one; TLSVerify is for TLS that takes in the clients alone that ClientCA
	// trusts. What has an empty address is not offered.
	TCP       string
	UDP       string
	TLS       string
	TLSVerify string

	// Cert and Key are PEM files with the certificate chain of the listeners for TLS and
	// its key. Without, a certificate is made for localhost, the loopback addresses and
	// the hosts in the addresses, which nobody trusts.
	Cert, Key string

	// ClientCA is a PEM file with the root that the listener TLSVerify trusts.
	ClientCA string

	// Metrics is an address, host:port, at which what the listeners count can be read over
	// HTTP: at /metrics in the text format of Prometheus, at /debug/vars in that of
	// expvar. What the process itself takes, goroutines and octets of memory, is at
	// /debug/runtime. Empty means that nothing is counted.
	Metrics string

	// EasyTCP and EasyUDP are the addresses to serve the Easy application on.
	EasyTCP string
	EasyUDP string

	// TimeScale multiplies the timers that an endpoint keeps, such as the time after
	// which a stalled frame ends a connection. It is above 0 and at most 1; zero means
	// 1. What is counted as a reaction, lingering after the last frame for example, is
	// never scaled [OBS-2].
	TimeScale float64

	// Types is the set of frame types that the peer knows; the zero value means the
	// eight. It takes a frame of a further type as it takes any other, delivers
	// nothing of it and does not answer [TYP-5].
	Types wire.TypeSet

	// MaxFrame is the size limit of a frame in octets, MaxConnections how many TCP
	// connections are taken at a time on each address, and RateFrames and RateOctets what
	// one source may send in a second to each: frames over TCP, datagrams over UDP. Zero
	// means the specification's default, as many as tcp.DefaultMaxConns, and no limit.
	MaxFrame               int
	MaxConnections         int
	RateFrames, RateOctets int

	// NoCompression leaves compression out of what is offered: nothing is compressed,
	// and what arrives compressed is refused [CMP-11].
	NoCompression bool

	// Log is told what happens. Nil means no log.
	Log *slog.Logger
}

// Run serves the echo application, and the Easy one, until ctx is done or stdin ends, and returns nil
// then. Its first line on stdout is a JSON object that says where it serves:
//
//	{"ready":true,"tcp":"127.0.0.1:41234","udp":"127.0.0.1:41235"}
//
// with further members "tls", "tls-verify" and "metrics" where those are offered. Everything it started has ended when it returns, except for the goroutine that
// waits for the end of stdin: that one ends with stdin.
func Run(ctx context.Context, o Options, stdin io.Reader, stdout io.Writer) error {
	if err := o.check(); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ready := readyLine{Ready: true}

	open, verifying, err := o.serverTLS()
	if err != nil {
		return fmt.Errorf("peer: %w", err)
	}
	count := counters{off: o.Metrics == ""}
	for _, l := range []struct {
		name, addr string
		tls        *tls.Config
		ready      *string
	}{
		{"tcp", o.TCP, nil, &ready.TCP},
		{"tls", o.TLS, open, &ready.TLS},
		{"tls-verify", o.TLSVerify, verifying, &ready.TLSVerify},
	} {
		if l.addr == "" {
			continue
		}
		cfg := o.tcpConfig()
		cfg.TLS, cfg.Metrics = l.tls, count.of(l.name)
		cfg.Handler = func(ctx context.Context, r *tcp.Request) {
			o.serve(ctx, r.Message, o.maxFrame(), r.Answer)
		}
		s, err := tcp.Listen(ctx, l.addr, cfg)
		if err != nil {
			return fmt.Errorf("peer: %w", err)
		}
		defer s.Close()
		*l.ready = s.Addr().String()
	}
	if o.UDP != "" {
		cfg := o.udpConfig()
		cfg.Metrics = count.of("udp")
		cfg.Handler = func(ctx context.Context, r *udp.Request) {
			o.serve(ctx, r.Message, o.maxFrame(), r.Answer)
		}
		s, err := udp.Listen(ctx, o.UDP, cfg)
		if err != nil {
			return fmt.Errorf("peer: %w", err)
		}
		defer s.Close()
		ready.UDP = s.Addr().String()
	}
	if o.Metrics != "" {
		bound, end, err := count.serve(ctx, o.Metrics, o.Log)
		if err != nil {
			return fmt.Errorf("peer: %w", err)
		}
		defer end()
		ready.Metrics = bound
	}
	for _, l := range []struct {
		network, addr string
		ready         *string
	}{{"tcp", o.EasyTCP, &ready.EasyTCP}, {"udp", o.EasyUDP, &ready.EasyUDP}} {
		if l.addr == "" {
			continue
		}
		s, err := o.serveEasy(ctx, l.network, l.addr)
		if err != nil {
			return fmt.Errorf("peer: %w", err)
		}
		defer s.Close()
		*l.ready = s.Addr().String()
	}

	if err := json.NewEncoder(stdout).Encode(ready); err != nil {
		return fmt.Errorf("peer: saying where it serves: %w", err)
	}
	go func() {
		io.Copy(io.Discard, stdin)
		cancel()
	}()
	<-ctx.Done()
	return nil
}

// readyLine is the first line of output.
type readyLine struct {
	Ready     bool   `json:"ready"`
	TCP       string `json:"tcp,omitempty"`
	UDP       string `json:"udp,omitempty"`
	TLS       string `json:"tls,omitempty"`
	TLSVerify string `json:"tls-verify,omitempty"`
	EasyTCP   string `json:"easy-tcp,omitempty"`
	EasyUDP   string `json:"easy-udp,omitempty"`
	Metrics   string `json:"metrics,omitempty"`
}

// check returns what is wrong with the options.
func (o Options) check() error {
	if o.TCP == "" && o.UDP == "" && o.TLS == "" && o.TLSVerify == "" && o.EasyTCP == "" && o.EasyUDP == "" {
		return errors.New("peer: no address to serve on: give one for TCP, UDP, TLS or several of them, 127.0.0.1:0 for example")
	}
	if err := o.checkTLS(); err != nil {
		return err
	}
	if err := o.checkLimits(); err != nil {
		return err
	}
	if !(o.TimeScale >= 0 && o.TimeScale <= 1) { // in this form NaN is refused as well
		return fmt.Errorf("peer: time scale %v: give a factor above 0 and at most 1, or 0 for 1", o.TimeScale)
	}
	return nil
}

// tcpConfig returns the settings of an endpoint over TCP.
func (o Options) tcpConfig() tcp.Config {
	return tcp.Config{
		Limits:       o.limits(),
		MaxConns:     o.MaxConnections,
		PeerRate:     o.rate(),
		TLSHandshake: o.scaled(tcp.DefaultTLSHandshake),
		StalledFrame: o.scaled(session.DefaultStalledFrame),
		AckTimeout:   o.scaled(session.DefaultAckTimeout),
		Compression:  o.compression(),
		Log:          o.Log,
	}
}

func (o Options) compression() compress.Config { return compress.Config{Off: o.NoCompression} }

// udpConfig returns the settings of an endpoint over UDP.
func (o Options) udpConfig() udp.Config {
	return udp.Config{
		Limits:          o.limits(),
		PeerRate:        o.rate(),
		Compression:     o.compression(),
		RetryDelay:      o.scaled(reliable.DefaultRetryDelay),
		MaxRetryDelay:   o.scaled(reliable.DefaultMaxRetryDelay),
		AckTimeout:      o.scaled(reliable.DefaultAckTimeout),
		FragIDWindow:    o.scaled(frag.DefaultIDWindow),
		Reassembly:      o.scaled(frag.DefaultLifetime),
		DuplicateWindow: o.scaled(reliable.DefaultWindow),
		Log:             o.Log,
	}
}

// scaled returns a timer of the specification as this peer keeps it.
func (o Options) scaled(d time.Duration) time.Duration {
	if o.TimeScale == 0 {
		return d
	}
	return max(time.Duration(float64(d)*o.TimeScale), 1)
}

// serve runs the application on one message. limit is the octets that an answer
// may take.
func (o Options) serve(ctx context.Context, m wire.Frame, limit int, answer func(wire.Frame) error) {
	err := echo(ctx, m, limit, answer)
	if err == nil || o.Log == nil || ctx.Err() != nil || errors.Is(err, net.ErrClosed) {
		return
	}
	o.Log.Info("peer: an answer was dropped", "err", err)
}
