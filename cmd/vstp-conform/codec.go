package main

import (
	"github.com/spf13/cobra"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/conformance/target"
)

func newCodec(s streams) *cobra.Command {
	var f adapterFlags
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

With --validate-adapter each answer is also held against the JSON Schema of the
adapter protocol (spec/adapter.schema.json), and the line that does not keep it is
named: for when an adapter is being written.

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
			tgt, err := f.target("codec")
			if err != nil {
				return err
			}
			return f.judge(cmd, s, tgt, conformance.Options{Role: conformance.RoleCodec})
		},
	}
	f.registerAll(cmd)
	return cmd
}

// adapterFlags are the flags of the commands that judge through an adapter.
type adapterFlags struct {
	judgeFlags
	validation
}

// registerAll adds the flags.
func (f *adapterFlags) registerAll(cmd *cobra.Command) {
	f.judgeFlags.register(cmd, "adapter")
	f.validation.register(cmd)
}

// target is the adapter that the flags say is to be judged in a role, by default that
// of the built-in peer.
func (f *adapterFlags) target(role string) (target.Target, error) {
	t := target.AdapterCommand{
		Command: f.exec, Wait: f.wait, TimeScale: f.timeScale, Seed: f.seed, Inspect: f.validation.inspect(),
	}
	if f.exec != "" {
		return t, t.Check()
	}
	exe, err := self()
	if err != nil {
		return nil, err
	}
	t.Name, t.Path, t.Args = "the "+role+" of the built-in reference peer", exe, append([]string{"peer", "--adapter"}, f.args()...)
	return t, nil
}
