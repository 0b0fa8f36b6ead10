package probe_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/vstp-project/vstp/conformance/probe"
)

func TestClockedIsTheViolationThatDecided(t *testing.T) {
	v := &probe.Violation{Want: "an echo", Timing: true}
	for name, c := range map[string]struct {
		outcome error
		want    *probe.Violation
	}{
		"of the requirement":     {fmt.Errorf("step 3: %w", v), v},
		"in the exchange before": {fmt.Errorf("step 1: %w", &probe.NotExercised{Failed: v}), v},
		"never exercised":        {&probe.NotExercised{Reason: "no ACK came back"}, nil},
		"another error":          {errors.New("broken pipe"), nil},
		"a pass":                 {nil, nil},
	} {
		assert.Same(t, c.want, probe.Clocked(c.outcome), name)
	}
}
