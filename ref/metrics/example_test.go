package metrics_test

import (
	"expvar"
	"fmt"
	"strings"

	"github.com/vstp-project/vstp/ref/metrics"
)

func ExampleAppendText() {
	m := &metrics.Metrics{Endpoint: "udp"}
	m.FrameSent(3)
	m.AddFragmentationSessions(2)
	m.CRCError()
	for line := range strings.Lines(string(metrics.AppendText(nil, m))) {
		if !strings.HasSuffix(line, "} 0\n") {
			fmt.Print(line)
		}
	}

	// Output:
	// # HELP vstp_frames_sent_total Frames sent, by type.
	// # TYPE vstp_frames_sent_total counter
	// vstp_frames_sent_total{endpoint="udp",type="data"} 1
	// # HELP vstp_frames_received_total Frames received and decoded, by type.
	// # TYPE vstp_frames_received_total counter
	// # HELP vstp_fragmentation_sessions_active Messages of which fragments are missing.
	// # TYPE vstp_fragmentation_sessions_active gauge
	// vstp_fragmentation_sessions_active{endpoint="udp"} 2
	// # HELP vstp_crc_errors_total Frames refused for their CRC32.
	// # TYPE vstp_crc_errors_total counter
	// vstp_crc_errors_total{endpoint="udp"} 1
	// # HELP vstp_reconnections_total Connections made in place of a lost one.
	// # TYPE vstp_reconnections_total counter
	// # HELP vstp_extension_receive_drops_total Frames dropped by an extension on their way to the application.
	// # TYPE vstp_extension_receive_drops_total counter
	// # HELP vstp_extension_send_drops_total Frames dropped by an extension on their way from the application.
	// # TYPE vstp_extension_send_drops_total counter
}

// A program that wants the counts under /debug/vars calls expvar.Publish("vstp", m).
func ExampleMetrics_String() {
	m := new(metrics.Metrics)
	m.FrameSent(3)
	var published expvar.Map
	published.Set("vstp", m)
	fmt.Println(published.Get("vstp"))

	// Output:
	// {"vstp_frames_sent_total":{"ack":0,"bye":0,"data":1,"err":0,"hello":0,"ping":0,"pong":0,"welcome":0},"vstp_frames_received_total":{"ack":0,"bye":0,"data":0,"err":0,"hello":0,"ping":0,"pong":0,"welcome":0},"vstp_fragmentation_sessions_active":0,"vstp_crc_errors_total":0,"vstp_reconnections_total":0,"vstp_extension_receive_drops_total":0,"vstp_extension_send_drops_total":0}
}
