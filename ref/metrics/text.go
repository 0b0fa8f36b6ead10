package metrics

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// families are the metrics in the order in which they are written.
var families = []struct {
	name, kind, help string
	samples          func(Snapshot) map[string]string // values by the label type, or by ""
}{
	{
		"vstp_frames_sent_total", "counter", "Frames sent, by type.",
		func(s Snapshot) map[string]string { return texts(s.FramesSent) },
	},
	{
		"vstp_frames_received_total", "counter", "Frames received and decoded, by type.",
		func(s Snapshot) map[string]string { return texts(s.FramesReceived) },
	},
	{
		"vstp_fragmentation_sessions_active", "gauge", "Messages of which fragments are missing.",
		func(s Snapshot) map[string]string { return only(s.FragmentationSessions) },
	},
	{
		"vstp_crc_errors_total", "counter", "Frames refused for their CRC32.",
		func(s Snapshot) map[string]string { return only(s.CRCErrors) },
	},
	{
		"vstp_reconnections_total", "counter", "Connections made in place of a lost one.",
		func(s Snapshot) map[string]string { return only(s.Reconnections) },
	},
	{
		"vstp_extension_receive_drops_total", "counter", "Frames dropped by an extension on their way to the application.",
		func(s Snapshot) map[string]string { return only(s.ReceiveDrops) },
	},
	{
		"vstp_extension_send_drops_total", "counter", "Frames dropped by an extension on their way from the application.",
		func(s Snapshot) map[string]string { return only(s.SendDrops) },
	},
}

func texts(counts map[string]uint64) map[string]string {
	values := make(map[string]string, len(counts))
	for t, n := range counts {
		values[t] = fmt.Sprint(n)
	}
	return values
}

func only(value any) map[string]string { return map[string]string{"": fmt.Sprint(value)} }

// AppendText appends the counts of endpoints to b in the text format of Prometheus,
// version 0.0.4, endpoints and types in alphabetical order, and returns the longer
// slice. Endpoints of the same name are added up, nil pointers are passed over.
func AppendText(b []byte, endpoints ...*Metrics) []byte {
	counts := map[string]Snapshot{}
	for _, m := range endpoints {
		if m == nil {
			continue
		}
		// The format has no text that is not UTF-8.
		name := strings.ToValidUTF8(m.Endpoint, "\uFFFD")
		s := m.Snapshot()
		if sum, ok := counts[name]; ok {
			s.add(sum)
		}
		counts[name] = s
	}
	for _, family := range families {
		b = fmt.Appendf(b, "# HELP %s %s\n# TYPE %s %s\n", family.name, family.help, family.name, family.kind)
		for _, endpoint := range slices.Sorted(maps.Keys(counts)) {
			samples := family.samples(counts[endpoint])
			for _, t := range slices.Sorted(maps.Keys(samples)) {
				b = fmt.Appendf(b, "%s%s %s\n", family.name, labels("endpoint", endpoint, "type", t), samples[t])
			}
		}
	}
	return b
}

// labelValue escapes the value of a label.
var labelValue = strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)

// labels writes pairs of name and value in braces, without those whose value is
// empty, and nothing if that is all.
func labels(pairs ...string) string {
	var list []string
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			list = append(list, pairs[i]+`="`+labelValue.Replace(pairs[i+1])+`"`)
		}
	}
	if len(list) == 0 {
		return ""
	}
	return "{" + strings.Join(list, ",") + "}"
}
