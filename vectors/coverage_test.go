package vectors_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/spec"
	"github.com/vstp-project/vstp/vectors"
)

// citing returns, for each requirement, the families that have a vector for it.
func citing(t *testing.T) map[string][]string {
	t.Helper()
	families := map[string][]string{}
	for _, v := range load(t) {
		for _, id := range v.Requirements {
			if !slices.Contains(families[id], v.Family) {
				families[id] = append(families[id], v.Family)
			}
		}
	}
	return families
}

func TestVectorsNameRequirementsThatExist(t *testing.T) {
	for id, families := range citing(t) {
		_, ok := spec.Lookup(id)
		assert.True(t, ok, "%v name %s", families, id)
	}
}

// What shows in a codec shows in octets, so there is a vector for it.
func TestEveryCodecRequirementHasAVector(t *testing.T) {
	families := citing(t)
	codec := 0
	for _, r := range spec.Requirements() {
		if r.Testable && slices.Contains(r.Roles, "codec") {
			codec++
			assert.NotEmpty(t, families[r.ID], "%s: %s", r.ID, r.Text)
		}
	}
	assert.Positive(t, codec)
}

// beyondVectors are the requirements of the state tables that no time line of one
// machine can show. The list may only shrink.
var beyondVectors = map[string]string{
	"CMP-5":  "whether a sender compresses at all is its own choice from 1,024 octets on; below, any trace shows it",
	"FRG-8":  "the identifiers are given to the machine, which would choose them itself",
	"FRG-9":  "the same",
	"FRG-13": "how fragments are paced is a matter of many, and advised only",
	"FRG-15": "fragmentation is switched off by configuration",
	"HDR-11": "the key is refused or stripped, as the implementation likes",
	"RAS-12": "it takes a thousand sessions to see it",
	"RAS-13": "the same",
	"RAS-14": "the same",
	"RAS-15": "it takes 64 sessions to see it, and is advised only",
	"RAS-20": "it takes 64 MiB to see it",
	"SES-1":  "it takes several connections to see it",
	"TCP-21": "it takes several writers to see it",
	"TLS-2":  "the machines begin when the handshake is complete",
	"TLS-3":  "the same",
	"TLS-4":  "the same",
	"TLS-6":  "the same",
}

func TestStateTablesAreCovered(t *testing.T) {
	_, section, ok := strings.Cut(spec.Text(), "\n## 22. State machines\n")
	require.True(t, ok)
	section, _, ok = strings.Cut(section, "\n## ")
	require.True(t, ok)
	named := regexp.MustCompile(`\b[A-Z]{3,4}-[0-9]+\b`).FindAllString(section, -1)
	require.NotEmpty(t, named)

	families := citing(t)
	for _, id := range named {
		if _, ok := beyondVectors[id]; !ok {
			assert.NotEmpty(t, families[id], "%s, named in section 22", id)
		}
	}
	for id := range beyondVectors {
		assert.Empty(t, families[id], "%s has a vector and can be taken off the list", id)
		assert.Contains(t, named, id)
	}
}

// What a vector calls free stands among the free choices of section 25, in the
// same words.
func TestFreeChoicesAreThoseOfTheSpecification(t *testing.T) {
	_, table, ok := strings.Cut(spec.Text(), "\nChoices that are *free*:")
	require.True(t, ok)
	free := 0
	check := func(v vectors.Vector, choice string) {
		if choice != "" {
			free++
			assert.Contains(t, table, "\n| "+choice+" | ", v.ID())
		}
	}
	for _, v := range load(t) {
		check(v, v.Expect.Free)
		for _, e := range v.Events {
			for _, o := range e.Out {
				check(v, o.Free)
			}
		}
	}
	assert.Positive(t, free)
}

// Each machine has time lines, each input and output occurs in one.
func TestEventsCoverTheirVocabulary(t *testing.T) {
	seen := map[string]bool{}
	for _, v := range load(t) {
		if v.Family == vectors.FamilyTrace {
			seen[v.Machine] = true
		}
		for _, e := range v.Events {
			if e.In != nil {
				seen["in "+e.In.Kind] = true
			}
			for _, o := range e.Out {
				seen["out "+o.Kind] = true
			}
		}
	}
	for _, want := range []string{
		vectors.MachineTCPServer, vectors.MachineTCPClient, vectors.MachineUDPServer, vectors.MachineUDPClient,
		vectors.MachineEasyTCPServer, vectors.MachineEasyUDPServer,
		"in connected", "in octets", "in end", "in reset", "in datagram", "in unreachable", "in answer", "in return", "in fail",
		"in send", "in send_ack", "in receive", "in close",
		"out deliver", "out handle", "out hello", "out welcome", "out ack", "out pong", "out data", "out response", "out err",
		"out bye", "out datagram", "out end", "out close", "out success", "out failure", "out report",
	} {
		assert.True(t, seen[want], want)
	}
}

// The priorities and names are those of the registry, for each of its types.
func TestPrioritiesAreThoseOfTheRegistry(t *testing.T) {
	found := 0
	for _, v := range load(t) {
		if v.Family != vectors.FamilyPriority {
			continue
		}
		entry, known := spec.DefaultRegistry().Type(v.Octets[0])
		require.Equal(t, known, v.Expect.Result == vectors.ResultAccept, v.ID())
		if known {
			found++
			assert.Equal(t, &vectors.Kind{Name: entry.Name, Priority: entry.Priority, Control: entry.Control}, v.Expect.Kind, v.ID())
		}
	}
	assert.Len(t, spec.DefaultRegistry().Types, found)
}
