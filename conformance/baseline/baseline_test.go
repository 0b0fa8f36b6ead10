package baseline_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/conformance/baseline"
	"github.com/vstp-project/vstp/conformance/probe"
)

func failing(id, got string) conformance.Result {
	v := &probe.Violation{Want: "PONG within 1s", Got: got}
	return conformance.Result{
		ID: id, Requirements: []string{"TCP-12"}, Level: "MUST", Verdict: conformance.Fail,
		Violation: v, Message: v.Error(), Duration: time.Millisecond,
	}
}

func with(res conformance.Result, v conformance.Verdict) conformance.Result {
	res.Verdict = v
	if v == conformance.Pass {
		res.Violation, res.Message = nil, ""
	}
	return res
}

// held is a baseline with one entry, for a case that fails because nothing came.
func held(t *testing.T, more string) *baseline.Baseline {
	t.Helper()
	text := `{
  "schema": "vstp-baseline/1",
  "role": "server",
  "entries": [
    {"case": "tcp/ping", "verdict": "fail", "fingerprint": "` + baseline.Fingerprint(failing("tcp/ping", "nothing")) + `", "reason": "no PING yet"` + more + `}
  ]
}`
	b, err := baseline.Parse("known.json", []byte(text))
	require.NoError(t, err)
	b.Now = time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	return b
}

func TestJudgeAndStale(t *testing.T) {
	none := conformance.Result{ID: "tcp/ping", Level: "MUST", Verdict: conformance.NotExercised, Message: "the exchange before it failed"}
	for name, c := range map[string]struct {
		more  string
		res   conformance.Result
		want  conformance.Verdict
		stale string // what the sentence says; empty for none
	}{
		"as it says":                 {"", failing("tcp/ping", "nothing"), conformance.ExpectedFail, ""},
		"another case":               {"", failing("tcp/pong", "nothing"), conformance.Fail, ""},
		"another failure":            {"", failing("tcp/ping", "ERR 4"), conformance.Fail, "known.json:5: the entry for tcp/ping is stale: the case fails in another way than TCP-12:"},
		"another verdict":            {"", with(failing("tcp/ping", "nothing"), conformance.Crash), conformance.Crash, "it has the verdict fail, and the case came to crash"},
		"passes":                     {"", with(failing("tcp/ping", ""), conformance.Pass), conformance.UnexpectedPass, "tcp/ping passes now: take the entry out"},
		"a MAY that is seen":         {"", with(failing("tcp/ping", ""), conformance.Info), conformance.UnexpectedPass, "passes now"},
		"not applicable":             {"", with(failing("tcp/ping", ""), conformance.NotApplicable), conformance.NotApplicable, "is not applicable now"},
		"inconclusive":               {"", with(failing("tcp/ping", ""), conformance.Inconclusive), conformance.Inconclusive, ""},
		"the judge's own fault":      {"", with(failing("tcp/ping", ""), conformance.HarnessError), conformance.HarnessError, ""},
		"not exercised":              {"", none, conformance.NotExercised, ""},
		"on its last day":            {`, "expires": "2026-12-01"`, failing("tcp/ping", "nothing"), conformance.ExpectedFail, ""},
		"expired":                    {`, "expires": "2026-11-30"`, failing("tcp/ping", "nothing"), conformance.Fail, "expired after 2026-11-30 and the case comes to fail"},
		"expired, and passes":        {`, "expires": "2026-11-30"`, with(failing("tcp/ping", ""), conformance.Pass), conformance.UnexpectedPass, "take the entry out"},
		"expired, without an answer": {`, "expires": "2026-11-30"`, none, conformance.NotExercised, "expired"},
		"disputed":                   {`, "state": "disputed", "link": "https://example.org/1"`, failing("tcp/ping", "nothing"), conformance.ExpectedFail, ""},
	} {
		t.Run(name, func(t *testing.T) {
			b := held(t, c.more)
			got := b.Judge(c.res)
			assert.Equal(t, c.want, got.Verdict)
			stale := b.Stale([]conformance.Result{c.res})
			if c.stale == "" {
				assert.Empty(t, stale)
			} else {
				require.Len(t, stale, 1)
				assert.Contains(t, stale[0], c.stale)
				assert.True(t, strings.HasPrefix(stale[0], "known.json:5: "), stale[0])
			}
			if got.Verdict == conformance.ExpectedFail {
				assert.Contains(t, got.Message, "known.json:5: no PING yet")
				assert.Equal(t, name == "disputed", strings.Contains(got.Message, "disputed"))
			}
		})
	}
}

func TestParseNamesTheLine(t *testing.T) {
	entry := func(fields string) string {
		return "{\n\"schema\": \"vstp-baseline/1\",\n\"role\": \"server\",\n\"entries\": [\n{" + fields + "}\n]}"
	}
	const good = `"case": "a/b", "verdict": "fail", "fingerprint": "FRM-6:0123456789ab", "reason": "so"`
	for name, c := range map[string]struct{ text, want string }{
		"nothing":            {"", "known.json:1: the JSON is not complete"},
		"a list":             {"[]", "known.json:1: a baseline has to begin with {"},
		"cut short":          {entry(good)[:80], "the JSON is not complete"},
		"no JSON":            {"{\n\"schema\": nil}", "known.json:2: this is no JSON"},
		"something after":    {entry(good) + "\n\n[]", "something follows the end"},
		"no members":         {"{}", `the member "schema" is missing`},
		"another format":     {"{\"schema\": \"x\", \"role\": \"server\", \"entries\": []}", `the format is "x": this suite reads vstp-baseline/1`},
		"another role":       {strings.Replace(entry(good), `"server"`, `"clown"`, 1), `known.json:3: the role "clown" does not exist`},
		"a member too many":  {"{\n\"schem\": 1}", `known.json:2: there is no member "schem"`},
		"a member twice":     {"{\"role\": \"server\",\n\"role\": \"codec\"}", `known.json:2: the member "role" stands here twice`},
		"an unknown field":   {entry(good + ",\n\"resaon\": \"x\""), `known.json:6: there is no field "resaon" in an entry`},
		"a field of a kind":  {entry(strings.Replace(good, `"so"`, `7`, 1)), "known.json:5: the field reason cannot be a number"},
		"an entry of a kind": {"{\"entries\": [7]}", "an entry cannot be a number"},
		"two entries":        {entry(good + "},\n{" + good), "known.json:6: a second entry for a/b: the first is in line 5"},
		"no case":            {entry(`"verdict": "fail"`), "known.json:5: an entry without a case"},
		"a verdict":          {entry(strings.Replace(good, "fail", "pass", 1)), `has the verdict "pass"`},
		"a fingerprint":      {entry(strings.Replace(good, "ab\"", "\"", 1)), "has no fingerprint such as"},
		"no reason":          {entry(strings.Replace(good, `"so"`, `" "`, 1)), "the entry for a/b has no reason"},
		"a link":             {entry(good + `, "link": "ask Bob"`), `no address on the web: "ask Bob"`},
		"a state":            {entry(good + `, "state": "open"`), `has the state "open": there are known and disputed`},
		"disputed":           {entry(good + `, "state": "disputed"`), "disputed without a link"},
		"a date":             {entry(good + `, "expires": "2026-02-30"`), `expires on "2026-02-30", which is no date`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := baseline.Parse("known.json", []byte(c.text))
			assert.ErrorContains(t, err, c.want)
		})
	}
	b, err := baseline.Parse("known.json", []byte(entry(good)))
	require.NoError(t, err)
	assert.NoError(t, b.Check(func(id string) bool { return id == "a/b" }))
	assert.EqualError(t, b.Check(func(string) bool { return false }), "known.json:5: there is no case a/b in the role server")
}

func TestUpdate(t *testing.T) {
	b := held(t, "")
	other := failing("udp/loss", "3 other datagrams")
	warned := with(failing("tcp/slow", "nothing"), conformance.Warn)
	unexercised := conformance.Result{ID: "udp/never", Level: "MUST", Requirements: []string{"UDP-1"}, Verdict: conformance.NotExercised, Cause: probe.CauseTarget, Message: "no answer", Duration: 1}
	notRun := unexercised
	notRun.ID, notRun.Duration = "udp/not-run", 0

	assert.Equal(t, baseline.Change{Added: 2, Kept: 1}, b.Update([]conformance.Result{other, failing("tcp/ping", "nothing"), warned, unexercised, notRun}, false))
	require.Len(t, b.Entries, 3)
	assert.Equal(t, "no PING yet", b.Entries[0].Reason)
	assert.Equal(t, baseline.NoReason, b.Entries[1].Reason)
	assert.Equal(t, 2, b.Unexplained())
	assert.Equal(t, conformance.ExpectedFail, b.Judge(unexercised).Verdict)

	assert.Equal(t, baseline.Change{Added: 1, Renewed: 1, Removed: 1}, b.Update([]conformance.Result{
		failing("tcp/ping", "ERR 4"), with(other, conformance.Pass), warned,
	}, true))
	require.Len(t, b.Entries, 3)
	assert.Equal(t, "tcp/ping", b.Entries[0].Case)
	assert.Equal(t, "to be looked at again, it fails in another way: no PING yet", b.Entries[0].Reason)
	assert.Equal(t, "1 added, 1 renewed, 1 taken out, 0 as they were", baseline.Change{Added: 1, Renewed: 1, Removed: 1}.String())

	text, err := b.Text()
	require.NoError(t, err)
	again, err := baseline.Parse("again.json", text)
	require.NoError(t, err)
	assert.Len(t, again.Entries, 3)
	assert.NoError(t, validate(t, text))
	empty, err := baseline.New("x", "codec").Text()
	require.NoError(t, err)
	assert.NoError(t, validate(t, empty))
	assert.Error(t, validate(t, []byte(strings.Replace(string(text), `"reason"`, `"raison"`, 1))))
	assert.Error(t, validate(t, []byte(strings.Replace(string(text), `"reason"`, `"state":"disputed","reason"`, 1))))
}

func validate(t *testing.T, text []byte) error {
	t.Helper()
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(baseline.Schema()))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	require.NoError(t, c.AddResource("baseline.schema.json", schema))
	compiled, err := c.Compile("baseline.schema.json")
	require.NoError(t, err)
	var doc any
	require.NoError(t, json.Unmarshal(text, &doc))
	return compiled.Validate(doc)
}

// Two runs that fail alike have one fingerprint, and two failures have two.
func TestFingerprint(t *testing.T) {
	same := [][2]string{
		{"the echo of DATA 'greeting-0123456789abcdef' within 1s", "the echo of DATA 'greeting-fedcba9876543210' within 100ms"},
		{"replies from 127.0.0.1:4001", "replies from 127.0.0.1:50123"},
		{"read tcp [::1]:4001->[fe80::1%lo]:9: reset", "read tcp [::1]:41->[fe80::2%lo]:8: reset"},
		{`WELCOME session-id="100918249"… (66 octets)`, `WELCOME session-id="7"… (66 octets)`},
		{"ACK msg-id=5", "ACK msg-id=123456789"},
		{"it did not answer request 4 (decode) in time", "it did not answer request 812 (decode) in time"},
		{"65 fragments within 120µs", "65 fragments within 1.31ms"},
		{"3 other datagrams", "0 other datagrams"},
		{`the answer {"error":"Protocol","id":900,"ok":false}`, `the answer {"error":"Protocol","id":7,"ok":false}`},
		{"WELCOME session-id=1688 (46 octets)", "WELCOME session-id=16886457740247204486 (47 octets)"},
		{
			"DATA 0xc2eeccab711768889dc396d5927890bb… (1,224 octets)",
			"DATA 0x00eeccab711768889dc396d5927890aa… (1,224 octets)",
		},
	}
	for _, s := range same {
		assert.Equal(t, baseline.Fingerprint(failing("x", s[0])), baseline.Fingerprint(failing("x", s[1])), "%q", s)
	}
	different := [][2]string{
		{"nothing", "the end of the stream"},
		{"ERR err-code=4", "ERR err-code=7"},
		{"the octets 5654", "the octets 5655"},
		{"the error CrcMismatch", "the error InvalidMagic"},
		{`{"consumed":41,"id":3}`, `{"consumed":42,"id":3}`},
		{"DATA 0x1f8b", "DATA 0x1f8c"},
	}
	for _, d := range different {
		assert.NotEqual(t, baseline.Fingerprint(failing("x", d[0])), baseline.Fingerprint(failing("x", d[1])), "%q", d)
	}
	elsewhere := failing("x", "nothing")
	elsewhere.Violation.Requirement = "FRM-1"
	assert.Regexp(t, `^FRM-1:[0-9a-f]{12}$`, baseline.Fingerprint(elsewhere))

	crash := with(failing("x", "nothing"), conformance.Crash)
	crash.Exit = "exit status 3"
	other := with(failing("x", "the end of the stream"), conformance.Crash)
	other.Exit = "exit status 3"
	assert.Equal(t, baseline.Fingerprint(crash), baseline.Fingerprint(other))
	other.Exit = "signal: segmentation fault"
	assert.NotEqual(t, baseline.Fingerprint(crash), baseline.Fingerprint(other))
	assert.Empty(t, baseline.Fingerprint(conformance.Result{Verdict: conformance.Pass}))
}
