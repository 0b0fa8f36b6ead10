package main

import (
	"github.com/spf13/cobra"

	"github.com/vstp-project/vstp/conformance"
)

// selection holds the flags that choose cases.
type selection struct {
	profile   string
	run, skip []string
	tags      string
}

// register adds the flags; profile is what holds when none is given, in words.
func (s *selection) register(cmd *cobra.Command, profile, otherwise string) {
	f := cmd.Flags()
	f.StringVar(&s.profile, "profile", profile, "judge by this `PROFILE`: core or strict (core and more)"+otherwise)
	f.StringArrayVar(&s.run, "run", nil, "only the cases whose ID matches the `GLOB`, such as 'tcp/*' or 'vector/**'; repeatable")
	f.StringArrayVar(&s.skip, "skip", nil, "without the cases whose ID matches the `GLOB`; repeatable")
	f.StringVar(&s.tags, "tags", "", "only the cases that the tag expression `EXPR` holds for, such as '@udp and not @hostile'")
	for _, name := range []string{"run", "skip"} {
		mustComplete(cmd, name, func() []string { return caseIDs(conformance.Options{Profile: "strict"}) })
	}
	mustComplete(cmd, "profile", func() []string { return []string{"core", "strict"} })
	mustComplete(cmd, "tags", func() []string { return nil })
}

func (s *selection) options() conformance.Options {
	return conformance.Options{Profile: s.profile, Run: s.run, Skip: s.skip, Tags: s.tags}
}

// caseIDs lists the cases for completion; a fault in them shows elsewhere.
func caseIDs(opts conformance.Options) []string {
	cases, err := conformance.Cases(opts)
	if err != nil {
		return nil
	}
	ids := make([]string, len(cases))
	for i, c := range cases {
		ids[i] = c.ID
	}
	return ids
}

// mustComplete makes a shell complete the values of a flag.
func mustComplete(cmd *cobra.Command, flag string, values func() []string) {
	complete := func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return values(), cobra.ShellCompDirectiveNoFileComp
	}
	if err := cmd.RegisterFlagCompletionFunc(flag, complete); err != nil {
		panic(err) // the flag does not exist: a mistake in this program
	}
}
