package conformance_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/netem"
)

// A link takes the cases that go over one, and leaves out the others by name.
func TestRunOverALinkRunsTheCasesOfLinks(t *testing.T) {
	link, err := netem.ProfileByName("tcp-random")
	require.NoError(t, err)
	var record netem.Memory
	rep, err := conformance.Run(t.Context(), toy(t, "sound"), conformance.Options{
		TimeScale: 0.1, Seed: 7, Link: &link, Recorder: &record,
		Run: []string{"tcp/ping-is-answered", "links/chance-of-cuts", "links/one-octet-at-a-time", "links/chance-of-acks"},
	})
	require.NoError(t, err)
	got := results(rep)
	assert.Equal(t, "tcp-random", rep.Link)
	assert.EqualValues(t, 7, rep.Seed)
	assert.Equal(t, conformance.Pass, got["links/chance-of-cuts"].Verdict, got["links/chance-of-cuts"].Message)
	assert.True(t, got["links/chance-of-cuts"].Crossed)
	for id, why := range map[string]string{
		"tcp/ping-is-answered":      "link: the case is not one of those that go over a link",
		"links/one-octet-at-a-time": "link: the case brings a link of its own",
		"links/chance-of-acks":      "the target offers no udp listener",
	} {
		assert.Equal(t, conformance.NotApplicable, got[id].Verdict, id)
		assert.Contains(t, got[id].Message, why)
	}
	assert.EqualValues(t, 7, record.Log().Header.Seed)
}

func TestRunTakesTheSeedOfItsLink(t *testing.T) {
	link := netem.Profile{Name: "mine", Seed: 42}
	rep, err := conformance.Run(t.Context(), toy(t, "sound"), conformance.Options{TimeScale: 0.1, Link: &link, Run: []string{"links/chance-of-cuts"}})
	require.NoError(t, err)
	assert.EqualValues(t, 42, rep.Seed)
}

func TestRunReplaysWhatIsRecordedOnly(t *testing.T) {
	log := &netem.Log{
		Header: netem.Header{Version: 1, Seed: 9, Labeler: "vstp/1"},
		Events: []netem.Event{{Flow: "links/chance-of-acks", Label: "DATA 01234567", Occurrence: 1}},
	}
	rep, err := conformance.Run(t.Context(), toy(t, "sound"), conformance.Options{
		TimeScale: 0.1, Replay: log, Run: []string{"links/chance-of-cuts"},
	})
	require.NoError(t, err)
	assert.EqualValues(t, 9, rep.Seed)
	assert.Equal(t, "without a name", rep.Link)
	assert.Equal(t, conformance.Pass, rep.Results[0].Verdict, "streams have no fates that a record would have")
}

func TestRunRefusesALinkThatCannotBe(t *testing.T) {
	bad := netem.Profile{Name: "bad", AB: netem.Impairments{Loss: 2}}
	good := netem.Profile{Name: "good"}
	foreign := &netem.Log{Header: netem.Header{Version: 1, Labeler: "content/1"}}
	for says, opts := range map[string]conformance.Options{
		"bad":                                   {Link: &bad},
		"exclude each other":                    {Link: &good, Replay: foreign},
		"no link whose fates":                   {Recorder: &netem.Memory{}},
		"the record was made with labels of co": {Replay: foreign},
		"made with seed 3 and cannot be replay": {Replay: &netem.Log{Header: netem.Header{Version: 1, Seed: 3, Labeler: "vstp/1"}}, Seed: 4},
	} {
		opts.Run = []string{"links/*"}
		_, err := conformance.Run(t.Context(), toy(t, "sound"), opts)
		var selection *conformance.SelectionError
		require.ErrorAs(t, err, &selection, says)
		assert.ErrorContains(t, err, says)
	}
}
