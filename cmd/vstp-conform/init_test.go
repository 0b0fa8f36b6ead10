package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/conformance/target"
)

// Each skeleton runs as it is: it keeps the adapter protocol, judges the fixed part
// of frames, and refuses the rest with a sentence.
func TestSkeletonsRun(t *testing.T) {
	for _, k := range skeletonList {
		t.Run(k.Lang, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "adapter")
			var out bytes.Buffer
			require.NoError(t, k.write(streams{out: &out}, dir))
			for _, command := range []string{k.Build, k.Run} {
				words := strings.Fields(command)
				if len(words) == 0 || strings.ContainsRune(words[0], '/') {
					continue
				}
				if _, err := exec.LookPath(words[0]); err != nil {
					t.Skipf("not tried: %s is not to be had here", words[0])
				}
			}
			if k.Build != "" {
				words := strings.Fields(k.Build)
				cmd := exec.CommandContext(t.Context(), words[0], words[1:]...)
				cmd.Dir = dir
				cmd.Env = append(os.Environ(), "CARGO_NET_OFFLINE=true", "GOFLAGS=-mod=mod", "GOWORK=off")
				text, err := cmd.CombinedOutput()
				require.NoError(t, err, "%s: %s", k.Build, text)
			}
			words := strings.Fields(k.Run)
			for i, word := range words {
				if path := filepath.Join(dir, word); i > 0 || strings.ContainsRune(word, '/') {
					words[i] = path
				}
			}
			v := validation{validate: true}
			tgt := target.AdapterCommand{Name: k.Lang, Path: words[0], Args: words[1:], Inspect: v.inspect()}
			rep, err := conformance.Run(t.Context(), tgt, conformance.Options{
				Role: conformance.RoleCodec, Profile: "strict",
				Run: []string{"vector/frame/*", "vector/refuse/*", "vector/varint/value-0"},
			})
			require.NoError(t, err)
			assert.Zero(t, rep.Count(conformance.Crash)+rep.Count(conformance.Hang)+rep.Count(conformance.HarnessError))
			got := map[string]conformance.Result{}
			for _, res := range rep.Results {
				got[res.ID] = res
				assert.NotContains(t, res.Message, "is not in the form of the adapter protocol", res.ID)
			}
			for id, want := range map[string]conformance.Verdict{
				"vector/frame/version-two": conformance.NotExercised, "vector/frame/magic-http": conformance.NotExercised,
				"vector/frame/hello-minimal": conformance.Fail, "vector/refuse/key-256": conformance.Fail,
			} {
				require.Contains(t, got, id)
				assert.Equal(t, want, got[id].Verdict, "%s: %s", id, got[id].Message)
				if want == conformance.Fail {
					assert.Contains(t, got[id].Message, "coder there", id)
				}
			}

			// As a client as well: nothing can be exercised, and each case says why.
			var lessons []string
			for _, l := range clientLessons {
				lessons = append(lessons, l.id)
			}
			rep, err = conformance.Run(t.Context(), tgt, conformance.Options{Role: conformance.RoleClient, Profile: "strict", Run: lessons})
			require.NoError(t, err)
			require.Len(t, rep.Results, len(lessons))
			for _, res := range rep.Results {
				assert.Equal(t, conformance.NotExercised, res.Verdict, res.ID)
				assert.Contains(t, res.Message, "does nothing yet: open your client there", res.ID)
			}
		})
	}
}
