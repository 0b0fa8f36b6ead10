package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/spec"
)

func newVersion(s streams) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the versions of the suite and of the specification",
		Long:    `version prints the version of the suite, of the specification that it judges by, and of what it was built with.`,
		Example: `  vstp-conform version`,
		Args:    exactly(0, ""),
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(s.out, version())
			return err
		},
	}
}

// version is the version of the suite, of the specification and of the build.
func version() string {
	return fmt.Sprintf("vstp-conform %s%s\nspecification VSTP %s\nbuilt with %s for %s/%s",
		conformance.Version, build(), spec.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// build tells which state of the module the program was built from, as far as
// the build recorded it.
func build() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	return buildText(info)
}

func buildText(info *debug.BuildInfo) string {
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	var text string
	if v := info.Main.Version; v != "" && v != "(devel)" {
		text = "module " + v
	} else if revision := settings["vcs.revision"]; revision != "" {
		text = "revision " + revision
		if settings["vcs.modified"] == "true" {
			text += ", modified"
		}
	}
	if text == "" {
		return ""
	}
	return " (" + text + ")"
}
