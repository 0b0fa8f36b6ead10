package main

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/vstp-project/vstp/conformance"
)

// A roleRun is a role that the command all judges: the command that judges it, and
// the arguments that the configuration gives it. The arguments are those for the
// built-in peer where there is no configuration; ok is false for a role that the
// configuration leaves out.
type roleRun struct {
	role    string
	command func(streams) *cobra.Command
	args    func(c *config) (args []string, ok bool)
}

// allRoles are the roles in the order in which they are judged.
var allRoles = []roleRun{
	{conformance.RoleServer, newServer, (*config).serverArgs},
	{conformance.RoleClient, newClient, (*config).clientArgs},
	{conformance.RoleCodec, newCodec, (*config).codecArgs},
}

// notForAll are the flags of the judging commands that the command all does not
// take: the configuration has them for each role, or they are about one run.
var notForAll = []string{
	"exec", "wait", "tcp", "udp", "tls", "tls-verify", "easy-tcp", "easy-udp", "client-cert", "client-key",
	"transports", "capabilities", "validate-adapter",
	"run", "skip", "tags", "baseline", "write-baseline", "update-baseline", "json", "help", "record", "replay",
}

func newAll(s streams) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "all",
		Short: "Judge every role of an implementation",
		Long: `all judges one role after the other, as the commands server, client and codec do,
and sums up. Without a configuration it judges the reference peer that is built in.

A configuration says how each role is reached; a role that it leaves out is not
judged. For example:

  {
    "profile": "core",
    "time_scale": 0.1,
    "server": {
      "exec": "./my-server --tcp {tcp} --udp {udp} --scale {time-scale}",
      "transports": ["tcp", "udp"],
      "capabilities": ["compression", "time-scale"],
      "baseline": "server.baseline.json"
    },
    "client": {"exec": "python3 adapter.py"},
    "codec": {"exec": "python3 adapter.py"}
  }

conform.schema.json describes it. With --out DIR each role has a directory of its own
in DIR. --link puts the link before the server and behind the client; a codec has none. Cases are selected, and baselines written, by the commands for one role.

` + exitHelp + `
The status is that of the role that comes first in this list.`,
		Example: `  vstp-conform all
  vstp-conform all --config conform.json --out results
  vstp-conform all --config conform.json --profile strict --github
  vstp-conform all --config conform.json --link lossy-20 --seed 7`,
		Args: exactly(0, ""),
	}
	flags := cmd.Flags()
	flags.StringVar(&file, "config", "", "judge the implementation that `FILE` describes")
	for _, r := range allRoles {
		r.command(s).LocalFlags().VisitAll(func(f *pflag.Flag) {
			if !slices.Contains(notForAll, f.Name) && flags.Lookup(f.Name) == nil {
				flags.AddFlag(f)
			}
		})
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		var c *config
		if cmd.Flags().Changed("config") {
			read, err := readConfig(file)
			if err != nil {
				return err
			}
			c = &read
		}
		return judgeAll(cmd, s, c)
	}
	return cmd
}

// judgeAll judges each role by its own command, with the flags that were given.
func judgeAll(cmd *cobra.Command, s streams, c *config) error {
	var (
		worst int
		lines []string
	)
	for _, r := range allRoles {
		args, ok := r.args(c)
		if !ok {
			lines = append(lines, fmt.Sprintf("%-8s not judged: the configuration leaves it out", r.role))
			continue
		}
		fmt.Fprintf(s.out, "%s\n\n", r.role)
		code := runRole(cmd.Context(), s, r, append(args, given(cmd, r)...))
		fmt.Fprintln(s.out)
		lines = append(lines, fmt.Sprintf("%-8s %s (exit status %d)", r.role, outcomes[code], code))
		worst = firstOf(worst, code)
		if code == conformance.ExitInterrupted || code == conformance.ExitUsage {
			break
		}
	}
	for _, line := range lines {
		fmt.Fprintln(s.out, line)
	}
	fmt.Fprintf(s.out, "%-8s %s\n", "all", outcomes[worst])
	return status(worst)
}

// runRole runs the command of a role and returns its exit status.
func runRole(ctx context.Context, s streams, r roleRun, args []string) int {
	root := newRoot(s)
	root.SetArgs(append([]string{r.role}, args...))
	began := false
	root.PersistentPreRun = func(*cobra.Command, []string) { began = true }
	cmd, err := root.ExecuteContextC(ctx)
	return exitCode(ctx, err, began, cmd.CommandPath(), s.err)
}

// given are the arguments for a role by which the flags are repeated that were
// given to the command all. They come last, so that they prevail over those from
// the configuration.
func given(cmd *cobra.Command, r roleRun) []string {
	known := r.command(streams{}).Flags()
	var args []string
	cmd.Flags().Visit(func(f *pflag.Flag) {
		value := f.Value.String()
		switch {
		case known.Lookup(f.Name) == nil:
			return
		case f.Name == "out":
			value = filepath.Join(value, r.role)
		}
		args = append(args, fmt.Sprintf("--%s=%s", f.Name, value))
	})
	return args
}

// firstOf is the one of two exit statuses that comes first in the table.
func firstOf(a, b int) int {
	order := []int{
		conformance.ExitInterrupted, conformance.ExitUsage, conformance.ExitHarness,
		conformance.ExitNonConformant, conformance.ExitIncomplete, conformance.ExitConformant,
	}
	if cmp.Compare(slices.Index(order, a), slices.Index(order, b)) <= 0 {
		return a
	}
	return b
}

// An argList collects the arguments of a role's command.
type argList []string

func (l *argList) add(flag, value string) {
	if value != "" {
		*l = append(*l, fmt.Sprintf("--%s=%s", flag, value))
	}
}

// commonArgs are those that all roles share.
func (c *config) commonArgs() argList {
	var l argList
	l.add("profile", c.Profile)
	if c.TimeScale != 0 {
		l.add("time-scale", scaleText(c.TimeScale))
	}
	return l
}

func (c *config) serverArgs() ([]string, bool) {
	if c == nil {
		return nil, true
	}
	if c.Server == nil {
		return nil, false
	}
	l := c.commonArgs()
	l.add("exec", c.Server.Exec)
	l.add("tcp", c.Server.TCP)
	l.add("udp", c.Server.UDP)
	l.add("tls", c.Server.TLS)
	l.add("tls-verify", c.Server.TLSVerify)
	l.add("easy-tcp", c.Server.EasyTCP)
	l.add("easy-udp", c.Server.EasyUDP)
	l.add("client-cert", c.Server.ClientCert)
	l.add("client-key", c.Server.ClientKey)
	l.add("wait", c.Server.Wait)
	l.add("baseline", c.Server.Baseline)
	l.add("transports", strings.Join(c.Server.Transports, ","))
	if c.Server.Capabilities != nil {
		l = append(l, "--capabilities="+strings.Join(*c.Server.Capabilities, ","))
	}
	return l, true
}

func (c *config) clientArgs() ([]string, bool) {
	if c == nil {
		return nil, true
	}
	return c.adapterArgs(c.Client)
}

func (c *config) codecArgs() ([]string, bool) {
	if c == nil {
		return nil, true
	}
	return c.adapterArgs(c.Codec)
}

// adapterArgs are those for a role that is reached through an adapter.
func (c *config) adapterArgs(a *adapterConfig) ([]string, bool) {
	if a == nil {
		return nil, false
	}
	l := c.commonArgs()
	l.add("exec", a.Exec)
	l.add("wait", a.Wait)
	l.add("baseline", a.Baseline)
	return l, true
}
