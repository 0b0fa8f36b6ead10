package main

import (
	"github.com/spf13/cobra"

	"github.com/vstp-project/vstp/conformance"
)

func newClient(s streams) *cobra.Command {
	var f clientFlags
	cmd := &cobra.Command{
		Use:   "client",
		Short: "Judge a client",
		Long: `client judges a VSTP client over real sockets. The judge is the server that the client
talks to: it listens on ports of the loopback address, a new one for each case.

The client does what it is asked to through an adapter: a program that reads requests,
one JSON object a line, on its standard input and writes one answer a line on its
standard output. spec/test-contract.md describes the operations: start, connect, send,
send_ack, recv, close, local_addr, stop. Many are under way at a time, on many
connections, and they may be answered in any order: a recv that waits must not hold up
a send. Transports that the adapter does not declare among its capabilities, tcp, udp
and tls, are not applicable. An adapter that crashes or hangs is started again, and the
case that it did so in is named.

Without --exec, the client of the reference implementation is judged.

--link puts an emulated link between the client and the judge, with the name of a
profile or a scenario file; direction ab is what the client sends, and its times are
shortened by --time-scale as well. Then only the cases tagged @link run, each over a
relay of its own. --record writes what happened to every datagram, and --replay does the
same again. Without --link those cases bring a script, or a profile and a seed, of their
own.

` + exitHelp,
		Example: `  vstp-conform client
  vstp-conform client --exec 'python3 my_adapter.py'
  vstp-conform client --exec ./adapter --time-scale 0.1 --profile strict
  vstp-conform client --exec ./adapter --run 'client-udp/*' -v
  vstp-conform client --link lossy-20 --seed 7 --record fates.jsonl
  vstp-conform client --replay fates.jsonl`,
		Args: exactly(0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error { return f.execute(cmd, s) },
	}
	f.registerAll(cmd)
	return cmd
}

// clientFlags are the flags of the command client.
type clientFlags struct{ adapterFlags }

// registerAll adds the flags.
func (f *clientFlags) registerAll(cmd *cobra.Command) {
	f.adapterFlags.registerAll(cmd)
	f.linkFlags.register(cmd)
}

// execute runs the command.
func (f *clientFlags) execute(cmd *cobra.Command, s streams) error {
	seedGiven := cmd.Flags().Changed("seed")
	if err := f.check(cmd); err != nil {
		return err
	}
	opts := conformance.Options{Role: conformance.RoleClient}
	if err := f.applyLink(cmd, &opts, seedGiven); err != nil {
		return err
	}
	tgt, err := f.target(conformance.RoleClient)
	if err != nil {
		return err
	}
	return f.judge(cmd, s, tgt, opts)
}

// check sets what was not given, and refuses what cannot be used.
func (f *clientFlags) check(cmd *cobra.Command) error {
	if err := f.judgeFlags.check(cmd, !cmd.Flags().Changed("exec")); err != nil {
		return err
	}
	return f.linkFlags.check(cmd)
}
