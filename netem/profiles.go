package netem

import (
	"fmt"
	"strings"
	"time"
)

// The named profiles. Delays are those of one direction. Numbers without a source
// are judgements: round, and named as such.
//
// Patterns are those of VSTP's labels: a type, a digest and a fragment's number, as
// in "DATA 1f2e3d4c frag 2", and "ACK of …".
var profiles = []Profile{
	alike("clean", "nothing at all: the same as no link", Impairments{}),
	alike("lan", "judgement", Impairments{Delay: 250 * us, Jitter: 50 * us}),
	{
		Name: "cable", Source: "WebPageTest connectivity.ini.sample, Cable: 5/1 Mbit/s, 28 ms there and back",
		AB: Impairments{Delay: 14 * ms, Rate: Rate{Bandwidth: 1 * mbit}},
		BA: Impairments{Delay: 14 * ms, Rate: Rate{Bandwidth: 5 * mbit}},
	},
	alike("wifi", "str0m-netem, wifi: 5 ms ± 2, about 1 %, 100 Mbit/s; burst of the good state in da Silva and Pedroso, Sensors 22(22):8592",
		Impairments{Delay: 5 * ms, Jitter: 2 * ms, Burst: Burst{Loss: 0.01, Mean: 3}, Rate: Rate{Bandwidth: 100 * mbit, Queue: 200_000}}),
	alike("wifi-weak", "str0m-netem, wifi_lossy: 15 ms ± 10, 5 %; burst of the bad state in da Silva and Pedroso, Sensors 22(22):8592",
		Impairments{Delay: 15 * ms, Jitter: 10 * ms, Burst: Burst{Loss: 0.05, Mean: 5.67}}),
	alike("lte", "WebPageTest connectivity.ini.sample, LTE: 12 Mbit/s, 70 ms there and back; loss of BeanNetworkTester's lte",
		Impairments{Delay: 35 * ms, Jitter: 10 * ms, Loss: 0.003, Rate: Rate{Bandwidth: 12 * mbit}}),
	alike("3g-slow", "WebPageTest connectivity.ini.sample, 3GSlow: 400 kbit/s, 400 ms there and back",
		Impairments{Delay: 200 * ms, Rate: Rate{Bandwidth: 400_000}}),
	alike("leo", "45 to 50 ms there and back: APNIC blog of 28 November 2022; new routes every 15 s: arXiv 2601.08439 and 2307.00402; loss by judgement",
		Impairments{Delay: 23 * ms, Jitter: 8 * ms, Loss: 0.005, Hold: Hold{Every: 15 * time.Second, For: 100 * ms}}),
	{
		Name: "satellite", Source: "about 600 ms there and back: APNIC blog of 2 May 2022; loss and bursts by judgement",
		AB: Impairments{Delay: 300 * ms, Jitter: 10 * ms, Burst: Burst{Loss: 0.01, Mean: 4}, Rate: Rate{Bandwidth: 3 * mbit}},
		BA: Impairments{Delay: 300 * ms, Jitter: 10 * ms, Burst: Burst{Loss: 0.01, Mean: 4}, Rate: Rate{Bandwidth: 25 * mbit}},
	},
	alike("interop", "the common link of the QUIC interop runner", Impairments{Delay: 15 * ms, Rate: Rate{Bandwidth: 10 * mbit, QueuePackets: 25}}),
	alike("loss-1", "judgement", Impairments{Delay: 10 * ms, Loss: 0.01}),
	alike("lossy-5", "judgement", Impairments{Delay: 10 * ms, Loss: 0.05}),
	alike("lossy-20", "judgement", Impairments{Delay: 10 * ms, Loss: 0.20}),
	alike("bursty", "gemodel 1.316 % 25 % in the terms of tc-netem", Impairments{Delay: 10 * ms, Burst: Burst{Loss: 0.05, Mean: 4}}),
	alike("reorder-heavy", "example of the manual page tc-netem(8): 25 % are sent at once, there with a correlation of 50 %",
		Impairments{Delay: 10 * ms, Reorder: Reorder{Chance: 0.25, Shift: -10 * ms}}),
	alike("reorder-gap5", "tc-netem(8), gap 5: every fifth is sent at once, \"useful for base protocol testing like reassembly\"",
		Impairments{Delay: 10 * ms, Reorder: Reorder{Every: 5, Shift: -10 * ms}}),
	alike("dup", "judgement; the example of tc-netem(8) has 1 %", Impairments{Delay: 10 * ms, Duplicate: Duplicate{Chance: 0.10, Lag: 20 * ms}}),
	alike("corrupt", "ns-3's corrupt-rate as the QUIC interop runner uses it: 2 %, one octet of the first 50",
		Impairments{Delay: 10 * ms, Corrupt: Corrupt{Chance: 0.02, Octets: 1, Within: 50}}),
	blackhole("blackhole-1s", "judgement; the QUIC interop runner has 5 s on and 2 s off", time.Second),
	blackhole("blackhole-31s", "longer than the 30 s for which VSTP keeps fragments", 31*time.Second),
	alike("mtu-1280", "the least MTU of IPv6, less 48 octets of IPv6 and UDP headers", Impairments{Delay: 10 * ms, MTU: 1232}),
	{
		Name: "rebind", Source: "ns-3's rebind as the QUIC interop runner uses it, with an event for its 1 s",
		AB: Impairments{Delay: 10 * ms}, BA: Impairments{Delay: 10 * ms},
		Phases: []Phase{{On: &Trigger{Ways: OnlyBA, Match: "ACK *"}, Every: 5 * time.Second, Rebind: true}},
	},
	alike("swizzle", "FoundationDB's swizzle-clogging: directions stand still and go on again in random order",
		Impairments{Delay: 10 * ms, Hold: Hold{Every: 500 * ms, For: 300 * ms, Random: true}}),
	streams("tcp-1byte", "judgement: every boundary there is", StreamPlan{Every: 1}),
	streams("tcp-cuts", "judgement: one boundary on each connection, the next on the next", StreamPlan{Sweep: 64}),
	streams("tcp-random", "judgement: slices of about 16 octets", StreamPlan{Random: 16}),
	streams("tcp-coalesce", "judgement", StreamPlan{Coalesce: Coalesce{Octets: 4096, For: 20 * ms}}),
	streams("tcp-stall", "judgement: inside the fixed part of the second small frame", StreamPlan{Stall: &Stall{After: 20, For: 200 * ms}}),
	{Name: "tcp-rst-mid", Source: "judgement: inside the second small frame", StreamAB: StreamPlan{Reset: new(int64(20))}},
	{Name: "tcp-half-close", Source: "judgement: after one frame without headers and payload", StreamAB: StreamPlan{HalfClose: new(int64(15))}},
}

const (
	us   = time.Microsecond
	ms   = time.Millisecond
	mbit = 1_000_000
)

func alike(name, source string, i Impairments) Profile {
	return Profile{Name: name, Source: source, AB: i, BA: i}
}

func streams(name, source string, s StreamPlan) Profile {
	return Profile{Name: name, Source: source, StreamAB: s, StreamBA: s}
}

func blackhole(name, source string, lasts time.Duration) Profile {
	p := alike(name, source, Impairments{Delay: 10 * ms})
	nothing := Impairments{Blackhole: true}
	p.Phases = []Phase{{On: &Trigger{Ways: OnlyAB, Match: "DATA *"}, For: lasts, AB: &nothing, BA: &nothing}}
	return p
}

// Profiles returns the named profiles in the order of the documentation.
func Profiles() []Profile { return append([]Profile(nil), profiles...) }

// ProfileByName returns a named profile. The error of an unknown name says which is
// the nearest, and which there are.
func ProfileByName(name string) (Profile, error) {
	names := make([]string, len(profiles))
	for i, p := range profiles {
		if names[i] = p.Name; p.Name == name {
			return p, nil
		}
	}
	hint := ""
	if near := nearest(name, names); near != "" {
		hint = fmt.Sprintf(", did you mean %q?", near)
	}
	return Profile{}, fmt.Errorf("there is no profile %q%s (the profiles are %s)", name, hint, strings.Join(names, ", "))
}
