// Command gen writes requirements.json from vstp.md. It is run by go generate
// in the folder that holds both.
package main

import (
	"fmt"
	"os"

	"github.com/vstp-project/vstp/spec"
)

func main() {
	if err := generate("vstp.md", "requirements.json"); err != nil {
		fmt.Fprintf(os.Stderr, "gen: %v\n", err)
		os.Exit(1)
	}
}

func generate(from, to string) error {
	// The file is read anew: what is embedded in this program is the text as it
	// was when the program was built.
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	list, err := spec.ParseText(string(text))
	if err != nil {
		return fmt.Errorf("%s:\n%w", from, err)
	}
	data, err := spec.MarshalRequirements(list)
	if err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o644)
}
