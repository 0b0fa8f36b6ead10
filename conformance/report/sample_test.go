package report_test

import (
	"encoding/hex"
	"fmt"
	"time"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/conformance/probe"
	"github.com/vstp-project/vstp/conformance/target"
)

func unhex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

func ms(f float64) time.Duration { return time.Duration(f * float64(time.Millisecond)) }

// sample is a report in which every verdict and every kind of event occurs. Its
// requirements are made up, so that no edit of the specification changes what is
// expected here.
func sample() *conformance.Report {
	hello := unhex("565401010000000000000090a29464")
	data := unhex("565401030109000000000106016d73672d69643578606c171f")
	big := append(unhex("56540103000000000000ff"), make([]byte, 180)...)
	result := func(id string, v conformance.Verdict) conformance.Result {
		return conformance.Result{
			ID: id, Title: "a case that ends with " + string(v), Requirements: []string{"TST-1"},
			Level: "MUST", Profile: "core", Verdict: v, Duration: ms(1.25),
		}
	}

	fail := result("sample/fail", conformance.Fail)
	fail.Title = "A frame with a wrong checksum is never delivered, whatever else is right about it, and the connection is closed"
	fail.Duration = ms(2012.5)
	fail.Jitter = ms(0.2)
	fail.Step = "Then the frame is not echoed"
	fail.Violation = &probe.Violation{
		Want: "that the connection is closed without an echo of the frame with the wrong checksum, within 2 s of the last octet of it",
		Got:  "an echo of its payload",
	}
	fail.Message = fail.Violation.Error()
	fail.Exchange = []probe.Event{
		{At: ms(0), Channel: "tcp A", Kind: probe.EventOpen, Text: "127.0.0.1:50000 → 127.0.0.1:4000"},
		{At: ms(0.3), Channel: "tcp A", Kind: probe.EventSend, Octets: hello, Length: len(hello), Text: "HELLO (15 octets)"},
		{At: ms(0.9), Channel: "tcp AB", Kind: probe.EventRecv, Octets: data, Length: len(data)},
		{At: ms(1.1), Channel: "tcp A", Kind: probe.EventSend, Octets: big, Length: 5000, Text: "DATA (5000 octets)"},
		{At: ms(12.345), Kind: probe.EventNote, Text: "a remark of the case\nin two lines"},
		{At: ms(2000), Channel: "tcp A", Kind: probe.EventClose, Text: "end of stream"},
	}

	other := result("sample/other-requirement", conformance.Fail)
	other.Violation = &probe.Violation{Requirement: "TST-9", Want: "frames and nothing else", Got: "octets that are no frame"}
	other.Message = other.Violation.Error()
	other.Exchange = []probe.Event{{At: ms(1), Channel: "tcp A", Kind: probe.EventRecv, Octets: []byte("GET /"), Length: 5, Text: "octets that are no frame"}}

	crash := result("sample/crash", conformance.Crash)
	crash.Violation = &probe.Violation{Want: "an answer", Got: "the end of the connection"}
	crash.Message = "the target ended: signal: segmentation fault"
	crash.Exit = "signal: segmentation fault"
	crash.Output = "first line\r\n\x1b[31mred\x1b[0m \xff\n" + fmt.Sprintf("%s\n", "last line")
	crash.Exchange = fail.Exchange[:2]

	hang := result("sample/hang", conformance.Hang)
	hang.Message = "the target no longer serves tcp: expected a WELCOME, got nothing within 1s"
	for i := range 25 {
		hang.Output += fmt.Sprintf("line %d\n", i+1)
	}
	for i := range 60 {
		hang.Exchange = append(hang.Exchange, probe.Event{At: ms(float64(i)), Channel: "udp A", Kind: probe.EventNote, Text: fmt.Sprintf("event %d", i+1)})
	}

	harness := result("sample/harness", conformance.HarnessError)
	harness.Message = "panic: index out of range\ngoroutine 7 [running]:\nmain.main()"

	warn := result("sample/warn", conformance.Warn)
	warn.Level, warn.Profile = "SHOULD", "strict"
	warn.Violation = &probe.Violation{Want: "one datagram", Got: "two", Timing: true}
	warn.Message = warn.Violation.Error()

	info := result("sample/info", conformance.Info)
	info.Level = "MAY"

	inconclusive := result("sample/inconclusive", conformance.Inconclusive)
	inconclusive.Message = "expected an answer within 1s, got it after 1.05s; but this host's own timers were 80ms late"
	inconclusive.Jitter = ms(80)

	unexpected := result("sample/unexpected-pass", conformance.UnexpectedPass)
	unexpected.Message = "the baseline says that this case fails"

	rep := &conformance.Report{
		Suite: "0.1.0", Spec: "1.0", Target: "command \"srv --tcp {tcp}\"",
		Addrs:   target.Addrs{TCP: "127.0.0.1:4000", UDP: "127.0.0.1:4001"},
		Profile: "strict", Seed: 4711, TimeScale: 0.1,
		Started:  time.Date(2025, 10, 20, 12, 0, 0, 0, time.UTC),
		Duration: ms(4567), Jitter: ms(0.3456),
		Results: []conformance.Result{
			result("sample/pass", conformance.Pass), warn, info, fail, other, crash, hang, harness, inconclusive,
			result("sample/expected", conformance.ExpectedFail), unexpected,
		},
	}
	rep.Results[0].Exchange = fail.Exchange[:2]
	for i := range 3 {
		res := result(fmt.Sprintf("sample/unreached-%d", i+1), conformance.NotExercised)
		res.Cause = probe.CauseTarget
		res.Message = fmt.Sprintf("the exchange before it failed, at \"a greeted TCP connection\": expected the echo of DATA 'greeting-4e5ad4b124e7243%d' within 1s, got nothing", i)
		rep.Results = append(rep.Results, res)
	}
	res := result("sample/no-loopback", conformance.NotExercised)
	res.Cause, res.Message = probe.CauseSurroundings, "this host has no address 127.0.0.2"
	rep.Results = append(rep.Results, res)
	for i := range 2 {
		res := result(fmt.Sprintf("sample/no-udp-%d", i+1), conformance.NotApplicable)
		res.Message = "the target offers no udp listener"
		res.Exchange = fail.Exchange[:1]
		rep.Results = append(rep.Results, res)
	}
	return rep
}
