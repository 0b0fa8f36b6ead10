package metrics

import "net/http"

// contentType is that of the text format.
const contentType = "text/plain; version=0.0.4; charset=utf-8"

// Handler serves the counts of endpoints as AppendText writes them, to GET and HEAD.
func Handler(endpoints ...*Metrics) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "metrics are read with GET", http.StatusMethodNotAllowed)
			return
		}
		w.Header().Set("Content-Type", contentType)
		w.Write(AppendText(nil, endpoints...)) // a reader that has gone needs no error
	})
}
