package peer

import (
	"encoding/json"
	"net/http"
	"runtime"
	"runtime/metrics"
)

// runtimeFigures is what a process says about itself: how many goroutines it has, and
// the octets that its live objects and its stacks take and that it holds in all.
type runtimeFigures struct {
	Goroutines uint64 `json:"goroutines"`
	Heap       uint64 `json:"heap_octets"`
	Stacks     uint64 `json:"stack_octets"`
	Held       uint64 `json:"held_octets"`
}

// serveRuntime answers with the figures of this process, as JSON. It collects garbage
// first, so that what is still there is in use.
func serveRuntime(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "figures are read with GET", http.StatusMethodNotAllowed)
		return
	}
	runtime.GC()
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	json.NewEncoder(w).Encode(readRuntime()) // a reader that has gone needs no error
}

// readRuntime reads the figures from the runtime.
func readRuntime() runtimeFigures {
	samples := []metrics.Sample{
		{Name: "/sched/goroutines:goroutines"},
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/memory/classes/heap/stacks:bytes"},
		{Name: "/memory/classes/total:bytes"},
		{Name: "/memory/classes/heap/released:bytes"},
	}
	metrics.Read(samples)
	value := func(i int) uint64 { return samples[i].Value.Uint64() }
	return runtimeFigures{Goroutines: value(0), Heap: value(1), Stacks: value(2), Held: value(3) - value(4)}
}
