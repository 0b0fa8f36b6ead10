package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// run executes a command line and returns its exit status.
func run(ctx context.Context, args []string, s streams) int {
	root := newRoot(s)
	root.SetArgs(args)
	began := false
	root.PersistentPreRun = func(*cobra.Command, []string) { began = true }
	cmd, err := root.ExecuteContextC(ctx)
	return exitCode(ctx, err, began, cmd.CommandPath(), s.err)
}

func newRoot(s streams) *cobra.Command {
	root := &cobra.Command{
		Use:   "vstp-conform",
		Short: "Judge implementations of VSTP",
		Long: `vstp-conform judges implementations of VSTP: it talks to them over real sockets
and says, requirement by requirement, what they do right and what they do wrong.

Without a target, "vstp-conform server" judges the reference peer that is built in.`,
		Example: `  vstp-conform server
  vstp-conform server --tcp 127.0.0.1:9000 --udp 127.0.0.1:9000
  vstp-conform server --exec './my-server --listen {tcp}'
  vstp-conform explain FRM-6
  vstp-conform decode 5654010400000000000000d8429a00`,
		Version:       version(),
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(*cobra.Command, []string) error {
			return usagef("a command is missing")
		},
	}
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetIn(s.in)
	root.SetOut(s.out)
	root.SetErr(s.err)
	root.AddCommand(
		newServer(s),
		newClient(s),
		newCodec(s),
		newAll(s),
		newSmoke(s),
		newInit(s),
		newPeer(s),
		newNetem(s),
		newShrink(s),
		newTap(s),
		newInterop(s),
		newList(s),
		newExplain(s),
		newDecode(s),
		newVectors(s),
		newReport(s),
		newSelftest(s),
		newSoak(s),
		newVersion(s),
	)
	root.SetHelpCommand(newHelp(root))
	return root
}

// newHelp replaces cobra's own help command, which takes a command that does not
// exist for a success.
func newHelp(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Show how a command is used",
		Long:  `help shows how a command is used, like the flag --help of that command.`,
		Example: `  vstp-conform help server
  vstp-conform help decode`,
		RunE: func(_ *cobra.Command, args []string) error {
			cmd, _, err := root.Find(args)
			if err != nil || cmd == nil {
				return usagef("there is no command %q", strings.Join(args, " "))
			}
			cmd.InitDefaultHelpFlag()
			return cmd.Help()
		},
	}
}

// exactly accepts n arguments and names what is missing or too much.
func exactly(n int, what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		switch {
		case len(args) < n:
			return fmt.Errorf("%s is missing", what)
		case len(args) > n:
			return fmt.Errorf("unexpected argument %q", args[n])
		}
		return nil
	}
}
