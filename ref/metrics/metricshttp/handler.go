// Package metricshttp serves what package metrics counts over HTTP. It is a package of
// its own so that a program which counts does not link an HTTP server.
//
// [Handler] is for Prometheus, [Vars] for people and for whatever reads the JSON of
// expvar. Both take any number of endpoints, one for each listener of a program, and tell
// them apart by their names. Where they are mounted is for the program to say:
//
//	mux.Handle("/metrics", metricshttp.Handler(overTCP, overUDP))
//	mux.Handle("/debug/vars", metricshttp.Vars(overTCP, overUDP))
//
// Counts are read at the moment of the request. Nobody who is asked to show them should
// be on a network that strangers reach: they say how busy a server is.
package metricshttp

import (
	"encoding/json"
	"net/http"

	"github.com/vstp-project/vstp/ref/metrics"
)

// The types of what is served.
const (
	typeText = "text/plain; version=0.0.4; charset=utf-8"
	typeJSON = "application/json; charset=utf-8"
)

// Handler serves the counts of endpoints as metrics.AppendText writes them, for
// Prometheus, to GET and HEAD.
func Handler(endpoints ...*metrics.Metrics) http.Handler {
	return reading(typeText, func() []byte { return metrics.AppendText(nil, endpoints...) })
}

// Vars serves the counts of endpoints as expvar would if they had been published as
// "vstp" in a map by the names of the endpoints, to GET and HEAD. Nothing is published.
func Vars(endpoints ...*metrics.Metrics) http.Handler {
	return reading(typeJSON, func() []byte {
		b := []byte(`{"vstp": {`)
		for i, m := range endpoints {
			if i > 0 {
				b = append(b, ", "...)
			}
			name, _ := json.Marshal(m.Endpoint) // a string has no way to fail
			b = append(append(append(b, name...), ": "...), m.String()...)
		}
		return append(b, "}}\n"...)
	})
}

// reading serves what is read anew for each request.
func reading(contentType string, read func() []byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "metrics are read with GET", http.StatusMethodNotAllowed)
			return
		}
		w.Header().Set("Content-Type", contentType)
		w.Write(read()) // a reader that has gone needs no error
	})
}
