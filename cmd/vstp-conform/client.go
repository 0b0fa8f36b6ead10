package main

import (
	"github.com/spf13/cobra"

	"github.com/vstp-project/vstp/conformance"
)

func newClient(s streams) *cobra.Command {
	var f adapterFlags
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

` + exitHelp,
		Example: `  vstp-conform client
  vstp-conform client --exec 'python3 my_adapter.py'
  vstp-conform client --exec ./adapter --time-scale 0.1 --profile strict
  vstp-conform client --exec ./adapter --run 'client-udp/*' -v`,
		Args: exactly(0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.check(cmd, !cmd.Flags().Changed("exec")); err != nil {
				return err
			}
			tgt, err := f.target("client")
			if err != nil {
				return err
			}
			return f.judge(cmd, s, tgt, conformance.Options{Role: conformance.RoleClient})
		},
	}
	f.registerAll(cmd)
	return cmd
}
