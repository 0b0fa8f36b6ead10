package selftest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// apply returns the sources of the files that the edits change, by their names below
// the root. Each edit sees what the ones before it have left.
func apply(root, name string, edits []Edit) (map[string][]byte, error) {
	sources := map[string][]byte{}
	for _, e := range edits {
		source, ok := sources[e.File]
		if !ok {
			var err error
			if source, err = os.ReadFile(filepath.Join(root, filepath.FromSlash(e.File))); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
		}
		if n := bytes.Count(source, []byte(e.Old)); n != 1 {
			return nil, fmt.Errorf("%s: its text stands %d times in %s, not once: %q", name, n, e.File, e.Old)
		}
		sources[e.File] = bytes.Replace(source, []byte(e.Old), []byte(e.New), 1)
	}
	return sources, nil
}

// buildOverlay builds the reference peer with edits laid over its source into dir and
// returns the path of the program.
func buildOverlay(ctx context.Context, root, dir, name string, edits []Edit) (string, error) {
	sources, err := apply(root, name, edits)
	if err != nil {
		return "", err
	}
	replace := map[string]string{}
	for file, source := range sources {
		edited := filepath.Join(dir, fmt.Sprintf("%s-%d.go", name, len(replace)))
		if err := os.WriteFile(edited, source, 0o600); err != nil {
			return "", err
		}
		replace[filepath.Join(root, filepath.FromSlash(file))] = edited
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	overlayFile := filepath.Join(dir, name+".json")
	if err := os.WriteFile(overlayFile, overlay, 0o600); err != nil {
		return "", err
	}
	program := filepath.Join(dir, name)
	if runtime.GOOS == "windows" {
		program += ".exe"
	}
	goCmd, err := goCommand()
	if err != nil {
		return "", ErrNoCheckout
	}
	cmd := exec.CommandContext(ctx, goCmd, "build", "-ldflags=-s -w", "-overlay", overlayFile, "-o", program, "./ref/peer/vstp-peer")
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%s does not build: %w\n%s", name, err, out)
	}
	return program, nil
}
