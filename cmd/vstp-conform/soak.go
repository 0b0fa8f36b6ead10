package main

import (
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/vstp-project/vstp/cmd/vstp-conform/soak"
)

func newSoak(s streams) *cobra.Command {
	var o soak.Options
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "soak",
		Short: "Measure how the reference peer bears a bad day",
		Long: `soak does to the reference peer what happens to servers on a bad day, and gives figures:
idle connections by the ten thousand, slow senders, decompression bombs, lengths that are
only declared, messages that are never completed, floods, random octets, and processes
that are killed in the middle of a frame.

Each trial starts a server of its own as a child process, reads what it takes from /proc
and from its metrics, and sees to it that goroutines and descriptors are back where they
were. A figure with a bound that it does not keep makes the trial "not held". What this
host does not allow is "not run", with the reason. It takes about five minutes and needs
Linux.

Exit status: 0 if every trial that was run held, 1 if one did not, 2 for a wrong flag,
4 if soak itself could not go on, 130 if it was interrupted.`,
		Example: `  vstp-conform soak
  vstp-conform soak --only idle --connections 2000
  vstp-conform soak --only flood,random --seconds 600
  vstp-conform soak --json > soak.json`,
		Args: exactly(0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.Check(); err != nil {
				return usagef("%v", err)
			}
			if !(o.TimeScale >= minTimeScale && o.TimeScale <= maxTimeScale) { // in this form NaN is refused as well
				return usagef("--time-scale %v: it goes from %v to %v", o.TimeScale, minTimeScale, maxTimeScale)
			}
			exe, err := self()
			if err != nil {
				return err
			}
			o.Exe = exe
			o.Progress = func(name, about string) { fmt.Fprintf(s.err, "%s: %s …\n", name, about) }
			results, err := soak.Run(cmd.Context(), o)
			if asJSON {
				if err := soak.WriteJSON(s.out, results); err != nil {
					return err
				}
			} else {
				soak.Show(s.out, results)
			}
			if err != nil {
				return err
			}
			if !asJSON {
				fmt.Fprintln(s.out, soak.Summary(results))
			}
			if !soak.AllHeld(results) {
				return status(1)
			}
			return nil
		},
	}
	flags := cmd.Flags()
	flags.StringSliceVar(&o.Only, "only", nil, "run the trials of this `LIST` alone")
	flags.IntVar(&o.Seconds, "seconds", 60, "flood, and send random octets, for `N` seconds each")
	flags.IntVar(&o.Connections, "connections", 10_000, "hold `N` idle connections")
	flags.Float64Var(&o.TimeScale, "time-scale", 1, "shorten the timers of the server by this `FACTOR`, 0.05 to 1")
	flags.BoolVar(&asJSON, "json", false, "write the results as JSON")
	mustComplete(cmd, "only", soak.Names)
	cmd.AddCommand(newVictim(s))
	return cmd
}

// newVictim is the process that soak kills. It is of no use to anybody else.
func newVictim(s streams) *cobra.Command {
	return &cobra.Command{
		Use:    "victim ADDRESS N",
		Short:  "Stop in the middle of a frame on N connections, and wait to be killed",
		Hidden: true,
		Args:   exactly(2, "an argument"),
		RunE: func(cmd *cobra.Command, args []string) error {
			n, err := strconv.Atoi(args[1])
			if err != nil {
				return usagef("%q is no number of connections", args[1])
			}
			return soak.Victim(cmd.Context(), args[0], n, s.in, s.out)
		},
	}
}
