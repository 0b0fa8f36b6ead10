package conformance_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/conformance/target"
)

// codec is an adapter that declares capabilities and refuses every operation of
// theirs by an error; decode it answers as if everything were incomplete.
func codec(roles, capabilities []string, refusal string) target.InProcessAdapter {
	return target.InProcessAdapter{Name: "a made-up codec", Serve: func(_ context.Context, in io.Reader, out io.Writer) error {
		for dec := json.NewDecoder(in); ; {
			var request struct {
				ID int64
				Op string
			}
			if err := dec.Decode(&request); errors.Is(err, io.EOF) {
				return nil
			} else if err != nil {
				return err
			}
			answer := map[string]any{"id": request.ID, "ok": false, "error": refusal, "message": "not in this codec"}
			switch request.Op {
			case "start":
				answer = map[string]any{"id": request.ID, "ok": true, "name": "x", "version": "1", "roles": roles, "capabilities": capabilities}
			case "decode":
				answer["error"] = "Incomplete"
			}
			line, err := json.Marshal(answer)
			if err != nil {
				return err
			}
			if _, err := fmt.Fprintf(out, "%s\n", line); err != nil {
				return err
			}
		}
	}}
}

func judge(t *testing.T, tgt target.Target) (*conformance.Report, error) {
	t.Helper()
	return conformance.Run(t.Context(), tgt, conformance.Options{Role: conformance.RoleCodec, Profile: "strict", Run: []string{"vector/varint/*"}})
}

func TestDeclaredCapabilityIsNotTakenBack(t *testing.T) {
	rep, err := judge(t, codec([]string{"codec"}, []string{"varint"}, "Unsupported"))
	require.NoError(t, err)
	for _, res := range rep.Results {
		assert.Equal(t, conformance.Fail, res.Verdict, "%s: a declared operation that is Unsupported", res.ID)
		assert.Contains(t, res.Message, "the error Unsupported (not in this codec)", res.ID)
	}
	assert.Empty(t, rep.Unexercised)
}

func TestUndeclaredCapabilityIsRefused(t *testing.T) {
	rep, err := judge(t, codec([]string{"codec"}, []string{}, "Unsupported"))
	require.NoError(t, err)
	assert.Equal(t, len(rep.Results), rep.Count(conformance.NotApplicable))

	rep, err = judge(t, codec([]string{"codec"}, []string{}, "Protocol"))
	require.NoError(t, err)
	assert.Equal(t, len(rep.Results), rep.Count(conformance.Fail), "another refusal is none")
	assert.Contains(t, rep.Results[0].Message, "the capability varint is not declared")
	assert.Equal(t, "OBS-4", rep.Results[0].Violation.Requirement)
}

func TestCapabilityThatIsNotExercisedIsSaid(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	opts := conformance.Options{Role: conformance.RoleCodec, Run: []string{"vector/varint/*", "vector/frame/hello-minimal"}}
	opts.Deadline = 1 // nothing has time to run
	rep, err := conformance.Run(t.Context(), codec([]string{"codec"}, []string{"varint"}, "Unsupported"), opts)
	require.NoError(t, err)
	assert.Equal(t, []string{"varint"}, rep.Unexercised)
	assert.Equal(t, conformance.ExitIncomplete, rep.ExitCode(conformance.ExitOptions{}))
	_, err = conformance.Run(ctx, codec([]string{"codec"}, []string{}, "Unsupported"), opts)
	assert.Error(t, err)
}

func TestAdapterOfAnotherRoleIsNotJudged(t *testing.T) {
	_, err := judge(t, codec([]string{"client"}, []string{}, "Unsupported"))
	var unreachable *target.UnreachableError
	require.ErrorAs(t, err, &unreachable)
	assert.ErrorContains(t, err, `its answer to start does not name the role codec: roles has ["client"]`)
}
