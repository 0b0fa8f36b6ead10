// Package metrics counts what endpoints do.
//
// Each endpoint has a [Metrics], whose methods cost an atomic addition each and do
// nothing on a nil pointer, so that counting can be left out without a condition in
// the code that counts. Frame types are numbers here: the package knows nothing of
// frames and imports the standard library only.
//
// The counts are read in three ways: in a program by [Metrics.Snapshot], as JSON under
// /debug/vars by expvar, since a Metrics is an [expvar.Var], and by Prometheus in its
// text format, from [AppendText] or the handler in package metricshttp:
//
//	expvar.Publish("vstp", m)
//	http.Handle("/metrics", metricshttp.Handler(m))
//
// The package imports neither net/http nor expvar: that would link an HTTP server into
// every program that counts frames, and put /debug/vars into its default mux.
//
// # Names
//
//	vstp_frames_sent_total{type="data"}      counter
//	vstp_frames_received_total{type="data"}  counter
//	vstp_fragmentation_sessions_active       gauge
//	vstp_crc_errors_total                    counter
//	vstp_reconnections_total                 counter
//	vstp_extension_receive_drops_total       counter
//	vstp_extension_send_drops_total          counter
//
// The names are those of the VSTP Architecture Guide, edition of 20 October 2025, but for
// the last two: the guide counts nothing of what an extension has dropped. A type is written "hello" to "err", and one beyond the eight as its number, "0x10".
package metrics
