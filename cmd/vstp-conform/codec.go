package main

import (
	"github.com/spf13/cobra"

	"github.com/vstp-project/vstp/conformance"
)

func newCodec(s streams) *cobra.Command {
	var f judgeFlags
	cmd := &cobra.Command{
		Use:   "codec",
		Short: "Judge an encoder and decoder",
		Long: `codec judges an encoder and decoder by all vectors, without a network.

It is reached through an adapter: a program that reads requests, one JSON object a
line, on its standard input and writes one answer a line on its standard output, in
the same order. spec/test-contract.md describes the operations: start, decode, encode,
varint_decode, varint_encode, string_decode, string_encode, stop. Many requests are
under way at a time. An adapter that crashes, hangs, prints rubbish or answers out of
turn is started again, and the case that it did so in is named.

Without --exec, the codec of the reference implementation is judged.

` + exitHelp,
		Example: `  vstp-conform codec
  vstp-conform codec --exec 'python3 my_adapter.py'
  vstp-conform codec --exec ./adapter --run 'vector/frame/crc-*' -v
  vstp-conform codec --exec ./adapter --vectors my-vectors --registry my-registry.json`,
		Args: exactly(0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.check(cmd, !cmd.Flags().Changed("exec")); err != nil {
				return err
			}
			tgt, err := adapterTarget(f, "codec")
			if err != nil {
				return err
			}
			return f.judge(cmd, s, tgt, conformance.Options{Role: conformance.RoleCodec})
		},
	}
	f.register(cmd, "adapter")
	return cmd
}
