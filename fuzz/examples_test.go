package fuzz

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Both decoders make of each worked example in the specification what stands
// above it.
func TestExamplesOfTheSpecification(t *testing.T) {
	require.Greater(t, len(examples()), 20)
	verdicts := map[string]bool{}
	for _, example := range examples() {
		verdicts[example.Verdict] = true
		t.Run(fmt.Sprintf("line %d", example.Line), func(t *testing.T) {
			o, d := requireAgreement(t, example.Octets, endpoint{})
			switch example.Verdict {
			case "accept":
				assert.Equal(t, accepted, o.class, d.Dump())
				assert.Equal(t, len(example.Octets), o.n, "octets consumed")
				if o.class == accepted {
					requireCanonical(t, example.Octets, o.frame)
				}
			case "reject":
				assert.Equal(t, example.Error, o.class, d.Dump())
			case "incomplete":
				assert.Equal(t, incomplete, o.class, d.Dump())
			default:
				t.Fatalf("verdict %q", example.Verdict)
			}
			requireMonotony(t, example.Octets, endpoint{}, int(d.Total))
		})
	}
	assert.Len(t, verdicts, 3, "%v", verdicts)
}
