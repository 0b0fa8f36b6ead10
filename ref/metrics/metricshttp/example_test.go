package metricshttp_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/vstp-project/vstp/ref/metrics"
	"github.com/vstp-project/vstp/ref/metrics/metricshttp"
)

// What endpoints count, where Prometheus and people look for it.
func Example() {
	overTCP, overUDP := &metrics.Metrics{Endpoint: "tcp"}, &metrics.Metrics{Endpoint: "udp"}
	mux := http.NewServeMux()
	mux.Handle("/metrics", metricshttp.Handler(overTCP, overUDP))
	mux.Handle("/debug/vars", metricshttp.Vars(overTCP, overUDP))

	overUDP.CRCError()
	answer := httptest.NewRecorder()
	mux.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for line := range strings.Lines(answer.Body.String()) {
		if strings.HasPrefix(line, "vstp_crc_errors_total") {
			fmt.Print(line)
		}
	}

	// Output:
	// vstp_crc_errors_total{endpoint="tcp"} 0
	// vstp_crc_errors_total{endpoint="udp"} 1
}
