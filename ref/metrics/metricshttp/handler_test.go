package metricshttp_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/metrics"
	"github.com/vstp-project/vstp/ref/metrics/metricshttp"
)

// get reads what a server serves.
func get(t *testing.T, s *httptest.Server) (body, contentType string) {
	t.Helper()
	response, err := s.Client().Get(s.URL)
	require.NoError(t, err)
	octets, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	assert.Equal(t, http.StatusOK, response.StatusCode)
	return string(octets), response.Header.Get("Content-Type")
}

func TestHandler(t *testing.T) {
	m := &metrics.Metrics{Endpoint: "tcp"}
	server := httptest.NewServer(metricshttp.Handler(m))
	defer server.Close()
	for range 2 {
		body, contentType := get(t, server)
		assert.Equal(t, "text/plain; version=0.0.4; charset=utf-8", contentType)
		assert.Equal(t, string(metrics.AppendText(nil, m)), body)
		m.CRCError() // is there the next time
	}
}

func TestVars(t *testing.T) {
	tcp, udp := &metrics.Metrics{Endpoint: "tcp"}, &metrics.Metrics{Endpoint: "u\"dp"}
	server := httptest.NewServer(metricshttp.Vars(tcp, udp))
	defer server.Close()
	udp.FrameSent(3)
	body, contentType := get(t, server)
	assert.Equal(t, "application/json; charset=utf-8", contentType)
	var vars map[string]map[string]metrics.Snapshot
	require.NoError(t, json.Unmarshal([]byte(body), &vars))
	assert.Equal(t, map[string]map[string]metrics.Snapshot{
		"vstp": {"tcp": tcp.Snapshot(), "u\"dp": udp.Snapshot()},
	}, vars)
}

func TestMethods(t *testing.T) {
	for _, handler := range []http.Handler{metricshttp.Handler(&metrics.Metrics{}), metricshttp.Vars()} {
		for method, status := range map[string]int{"GET": 200, "HEAD": 200, "POST": 405, "DELETE": 405} {
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, httptest.NewRequest(method, "/metrics", nil))
			assert.Equal(t, status, w.Code, method)
			if status == 405 {
				assert.Equal(t, "GET, HEAD", w.Header().Get("Allow"))
			}
		}
	}
}
