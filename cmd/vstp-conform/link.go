package main

import (
	"bytes"
	"os"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/netem"
)

// linkFlags put a link between the judge and its target.
type linkFlags struct{ link, replay, record string }

func (f *linkFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.link, "link", "", "put a link between judge and target, the name of a profile or a scenario file: `PROFILE|FILE` (vstp-conform netem --list)")
	flags.StringVar(&f.replay, "replay", "", "repeat the fates in this `FILE`, which --record has written, in place of --link")
	flags.StringVar(&f.record, "record", "", "write the fate of each datagram on the link to this `FILE`")
	mustComplete(cmd, "link", profileNames)
}

// check refuses what cannot be used.
func (f *linkFlags) check(cmd *cobra.Command) error {
	given := cmd.Flags().Changed
	switch {
	case given("link") && given("replay"):
		return usagef("--link and --replay exclude each other: a record says what its link did")
	case given("link") && f.link == "":
		return usagef("--link: the name of the profile or file is empty")
	case given("replay") && f.replay == "":
		return usagef("--replay: the name of the file is empty")
	case given("record") && f.record == "":
		return usagef("--record: the name of the file is empty")
	case given("record") && !given("link") && !given("replay"):
		return usagef("--record: there is no link whose fates could be recorded: give --link or --replay as well")
	}
	return nil
}

// applyLink puts the link into opts. The seed of the run becomes that of the link, where
// the link has one and none was given: payloads and fates hang together by it.
func (f *judgeFlags) applyLink(cmd *cobra.Command, opts *conformance.Options, seedGiven bool) error {
	var from uint64
	switch {
	case f.link != "":
		profile, err := loadLink(f.link)
		if err != nil {
			return err
		}
		profile = profile.Scale(f.timeScale)
		opts.Link, from = &profile, profile.Seed
	case f.replay != "":
		log, err := f.recorded(opts)
		if err != nil {
			return err
		}
		opts.Replay, from = log, log.Header.Seed
	default:
		return nil
	}
	if from != 0 && (!seedGiven || f.seed == 0) {
		return cmd.Flags().Set("seed", strconv.FormatUint(from, 10))
	}
	return nil
}

// recorded reads the record to be replayed, every flow of which has to be a case.
func (f *judgeFlags) recorded(opts *conformance.Options) (*netem.Log, error) {
	log, lines, err := readFates("--replay", f.replay)
	if err != nil {
		return nil, err
	}
	all := conformance.Options{Role: opts.Role, Profile: "strict"}
	if err := f.material.apply(&all); err != nil {
		return nil, err
	}
	if err := checkFlows("--replay "+f.replay, log, lines, caseIDs(all)); err != nil {
		return nil, err
	}
	return log, nil
}

// readFates reads a record, and returns its lines as well.
func readFates(what, name string) (*netem.Log, [][]byte, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, nil, usagef("%s: %v", what, err)
	}
	log, err := netem.ReadLog(bytes.NewReader(data))
	if err != nil {
		return nil, nil, usagef("%s %s: %v", what, name, err)
	}
	return log, bytes.Split(data, []byte("\n")), nil
}

// checkFlows wants the flow of each event of a record to be the ID of a case.
func checkFlows(what string, log *netem.Log, lines [][]byte, cases []string) error {
	for i, e := range log.Events {
		if slices.Contains(cases, e.Flow) {
			continue
		}
		line := i + 2 // after the header, and from 1
		hint := ""
		if near := nearest(e.Flow, cases, 1); len(near) > 0 {
			hint = ", did you mean " + strconv.Quote(near[0]) + "?"
		}
		column := max(bytes.Index(lines[line-1], []byte(`"f":`))+len(`"f":`), 0) + 1
		return usagef("%s: line %d, column %d: f: there is no case %q%s", what, line, column, e.Flow, hint)
	}
	return nil
}
