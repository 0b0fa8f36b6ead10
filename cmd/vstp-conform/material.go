package main

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/spec"
)

// material holds the flags that replace what the suite brings along: a frame type
// of one's own is judged without a change to this program.
type material struct {
	registry, vectors, features string
}

func (m *material) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&m.registry, "registry", "", "use the registry in `FILE` in place of the one built in")
	flags.StringVar(&m.vectors, "vectors", "", "use the vectors in `DIR` in place of those built in")
	flags.StringVar(&m.features, "features", "", "use the scenarios in `DIR` in place of those built in")
	for _, name := range []string{"vectors", "features"} {
		if err := cmd.MarkFlagDirname(name); err != nil {
			panic(err) // the flag does not exist: a mistake in this program
		}
	}
}

// apply reads the registry and names the folders in opts.
func (m *material) apply(opts *conformance.Options) error {
	if m.registry != "" {
		text, err := os.ReadFile(m.registry)
		if err != nil {
			return usagef("--registry: %v", err)
		}
		if opts.Registry, err = spec.ParseRegistry(text); err != nil {
			return usagef("--registry %s: %v", m.registry, err)
		}
	}
	for _, dir := range []struct {
		flag, path string
	}{{"vectors", m.vectors}, {"features", m.features}} {
		if dir.path == "" {
			continue
		}
		if info, err := os.Stat(dir.path); err != nil {
			return usagef("--%s: %v", dir.flag, err)
		} else if !info.IsDir() {
			return usagef("--%s %s: this is no directory", dir.flag, dir.path)
		}
	}
	if m.vectors != "" {
		opts.Vectors = os.DirFS(m.vectors)
	}
	if m.features != "" {
		opts.Features = os.DirFS(m.features)
	}
	return nil
}
