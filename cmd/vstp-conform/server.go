package main

import (
	"crypto/tls"
	"net"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/conformance/target"
)

// addressFlags are the flags that say where a running server listens.
var addressFlags = []string{"tcp", "udp", "tls", "tls-verify", "easy-tcp", "easy-udp"}

// serverOnly are the flags that mean something for a server alone.
var serverOnly = slices.Concat(addressFlags, []string{"client-cert", "client-key", "transports", "capabilities"})

// builtinPeer starts the built-in peer with all its listeners.
var builtinPeer = []string{
	"peer", "--tcp", "127.0.0.1:0", "--udp", "127.0.0.1:0", "--tls", "127.0.0.1:0",
	"--tls-verify", "127.0.0.1:0", "--client-ca", "{client-ca}",
	"--easy-tcp", "127.0.0.1:0", "--easy-udp", "127.0.0.1:0",
}

// builtinCapabilities is what the built-in peer offers.
var builtinCapabilities = []string{"compression", "time-scale"}

// capabilities are what a target can be said to offer, and what the judge does
// not yet know how to ask for.
var capabilities = map[string]string{
	"compression": "",
	"varint":      "it is for codecs, whose adapter declares it",
	"string":      "it is for codecs, whose adapter declares it",
	"time-scale":  "",
	"tcp":         "it follows from the addresses of the target",
	"udp":         "it follows from the addresses of the target",
	"tls":         "it follows from the addresses of the target",
	"easy-tcp":    "it follows from the addresses of the target",
	"easy-udp":    "it follows from the addresses of the target",
}

// serverFlags are the flags of the command server.
type serverFlags struct {
	judgeFlags
	addrs                 target.Addrs
	clientCert, clientKey string
	client                *tls.Certificate // in the two files
	transports            []string
	capabilities          []string
}

func newServer(s streams) *cobra.Command {
	var f serverFlags
	cmd := &cobra.Command{
		Use:   "server",
		Short: "Judge a server",
		Long: `server judges a VSTP server over real sockets, case by case.

The server is one that is already running (--tcp, --udp, --tls, --tls-verify,
--easy-tcp, --easy-udp), or one that is started for the run (--exec); with neither, it
is the built-in reference peer. It has to run the echo application of the test contract
(spec/test-contract.md), and at the Easy addresses the Easy handler. The cases of what
is not offered are not applicable.

At --tls the server listens for TLS, and at --tls-verify for TLS of clients whose
certificate it verifies; --client-cert and --client-key are one that it trusts, without
which the cases of --tls-verify are not exercised. What the server's own certificate
says is not looked at.

The command of --exec is split into words as a shell does, but no shell runs it and
nothing is expanded. In it {tcp}, {udp}, {tls}, {tls-verify}, {easy-tcp} and {easy-udp}
stand for free addresses, host:port, on which the server is to listen; {cert} and {key}
for PEM files with a certificate for TLS and its key; {client-ca} for one with the root
that {tls-verify} is to trust; and {time-scale} for the value of --time-scale. It is
ready when it prints a line {"ready":true,"tcp":"HOST:PORT","udp":"HOST:PORT"}, with the
others likewise, or, without one, when its addresses answer. It has to stay in the
foreground; it and all that it starts end with the run.

--link puts an emulated link between judge and server, with the name of a profile or a
scenario file; its times are shortened by --time-scale as well. Then only the cases
tagged @link run, each over a relay of its own. --record writes what happened to every
datagram, and --replay does the same again. Without --link those cases bring a script,
or a profile and a seed, of their own.

` + exitHelp,
		Example: `  vstp-conform server
  vstp-conform server --tcp 127.0.0.1:9000 --udp 127.0.0.1:9000 --wait 10s
  vstp-conform server --exec './my-server --tcp {tcp} --udp {udp} --scale {time-scale}' --time-scale 0.1
  vstp-conform server --tls 127.0.0.1:9001
  vstp-conform server --exec './my-server --tls {tls} --cert {cert} --key {key}'
  vstp-conform server --profile strict --run 'tcp/*' --skip '**/*crc*'
  vstp-conform server --tags '@udp and not @hostile' --out results
  vstp-conform server --link lossy-20 --seed 7 --record fates.jsonl
  vstp-conform server --replay fates.jsonl`,
		Args: exactly(0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error { return f.execute(cmd, s) },
	}
	f.registerAll(cmd)
	return cmd
}

// registerAll adds the flags.
func (f *serverFlags) registerAll(cmd *cobra.Command) {
	f.register(cmd, "server")
	f.linkFlags.register(cmd)
	f.registerServer(cmd)
}

// registerServer adds the flags that say what kind of server is judged.
func (f *serverFlags) registerServer(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.addrs.TCP, "tcp", "", "the server listens for TCP at `HOST:PORT`")
	flags.StringVar(&f.addrs.UDP, "udp", "", "the server listens for UDP at `HOST:PORT`")
	flags.StringVar(&f.addrs.TLS, "tls", "", "the server listens for TLS at `HOST:PORT`")
	flags.StringVar(&f.addrs.TLSVerify, "tls-verify", "", "the server listens for TLS at `HOST:PORT` and verifies clients")
	flags.StringVar(&f.addrs.EasyTCP, "easy-tcp", "", "the server has an Easy endpoint over TCP at `HOST:PORT`")
	flags.StringVar(&f.addrs.EasyUDP, "easy-udp", "", "the server has an Easy endpoint over UDP at `HOST:PORT`")
	flags.StringVar(&f.clientCert, "client-cert", "", "a certificate that the server trusts at --tls-verify, a PEM `FILE`")
	flags.StringVar(&f.clientKey, "client-key", "", "the key of that certificate, a PEM `FILE`")
	flags.StringSliceVar(&f.transports, "transports", nil, "with --exec: without each of this `LIST` of tcp and udp there is no verdict")
	flags.StringSliceVar(&f.capabilities, "capabilities", []string{"compression"}, "what the server offers: a `LIST` of compression, time-scale, or empty; for the built-in peer compression,time-scale")
	mustComplete(cmd, "transports", func() []string { return []string{"tcp", "udp"} })
	mustComplete(cmd, "capabilities", func() []string { return []string{"compression", "time-scale"} })
}

// execute runs the command.
func (f *serverFlags) execute(cmd *cobra.Command, s streams) error {
	seedGiven := cmd.Flags().Changed("seed")
	if err := f.check(cmd); err != nil {
		return err
	}
	opts := conformance.Options{Role: conformance.RoleServer, Capabilities: f.capabilities}
	if err := f.applyLink(cmd, &opts, seedGiven); err != nil {
		return err
	}
	tgt, err := f.target()
	if err != nil {
		return err
	}
	return f.judge(cmd, s, tgt, opts)
}

// check sets what was not given, and refuses what cannot be used.
func (f *serverFlags) check(cmd *cobra.Command) error {
	if err := f.judgeFlags.check(cmd, f.builtin(cmd)); err != nil {
		return err
	}
	if err := f.linkFlags.check(cmd); err != nil {
		return err
	}
	return f.checkServer(cmd)
}

// builtin says whether it is the built-in peer that is judged.
func (f *serverFlags) builtin(cmd *cobra.Command) bool {
	given := cmd.Flags().Changed
	return !given("exec") && !slices.ContainsFunc(addressFlags, given)
}

// checkServer is the part of check that is about the kind of server.
func (f *serverFlags) checkServer(cmd *cobra.Command) error {
	given := cmd.Flags().Changed
	if f.builtin(cmd) && !given("capabilities") {
		f.capabilities = builtinCapabilities
	}
	for _, name := range addressFlags {
		if given(name) {
			if err := checkAddr("--"+name, cmd.Flag(name).Value.String()); err != nil {
				return err
			}
		}
	}
	if given("exec") && slices.ContainsFunc(addressFlags, given) {
		return usagef("--exec and the addresses of a running server exclude each other: in the command, {tcp}, {udp}, {tls}, {tls-verify}, {easy-tcp} and {easy-udp} stand for the addresses")
	}
	if err := f.checkClient(given); err != nil {
		return err
	}
	if given("transports") && !given("exec") {
		return usagef("--transports goes with --exec: the addresses of a server that is running say what it offers")
	}
	for _, name := range f.transports {
		if name != "tcp" && name != "udp" {
			return usagef("--transports: there is no transport %q; there are tcp and udp", name)
		}
	}
	for _, name := range f.capabilities {
		refusal, known := capabilities[name]
		switch {
		case !known:
			return usagef("--capabilities: there is no capability %q; there are compression and time-scale", name)
		case refusal != "":
			return usagef("--capabilities: %s cannot be given: %s", name, refusal)
		}
	}
	return nil
}

// checkClient reads the certificate that the server is said to trust.
func (f *serverFlags) checkClient(given func(string) bool) error {
	switch {
	case given("client-cert") != given("client-key"):
		return usagef("--client-cert and --client-key go together")
	case !given("client-cert"):
		return nil
	case !given("tls-verify"):
		return usagef("--client-cert is for --tls-verify: a server that is started for the run is told by {client-ca} whom to trust")
	}
	cert, err := tls.LoadX509KeyPair(f.clientCert, f.clientKey)
	if err != nil {
		return usagef("--client-cert and --client-key: %v", err)
	}
	f.client = &cert
	return nil
}

// checkAddr refuses what is not host:port.
func checkAddr(what, addr string) error {
	host, port, err := net.SplitHostPort(addr)
	if err != nil || host == "" {
		return usagef("%s %q is not HOST:PORT, such as 127.0.0.1:9000", what, addr)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return usagef("%s %q: the port is not a number from 1 to 65535", what, addr)
	}
	return nil
}

// target is what the flags say is to be judged.
func (f *serverFlags) target() (target.Target, error) {
	switch {
	case f.exec != "":
		t := target.Exec{
			Command: f.exec, Wait: f.wait, TimeScale: f.timeScale,
			NeedTCP: slices.Contains(f.transports, "tcp"), NeedUDP: slices.Contains(f.transports, "udp"),
		}
		return t, t.Check()
	case !f.addrs.Empty():
		return target.Running{Addrs: f.addrs, Wait: f.wait, Client: f.client}, nil
	}
	exe, err := self()
	if err != nil {
		return nil, err
	}
	t := target.Builtin(exe, slices.Concat(builtinPeer, []string{"--time-scale", scaleText(f.timeScale)}, f.args())...)
	t.Wait = f.wait
	return t, nil
}
