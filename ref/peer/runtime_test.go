package peer_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRuntimeFigures(t *testing.T) {
	o := both()
	o.Metrics = "127.0.0.1:0"
	r := run(t, t.Context(), o)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	url := "http://" + r.metrics + "/debug/runtime"
	response, err := client.Get(url)
	require.NoError(t, err)
	defer response.Body.Close()
	var said map[string]int
	require.NoError(t, json.NewDecoder(response.Body).Decode(&said))
	assert.Len(t, said, 4)
	for _, name := range []string{"goroutines", "heap_octets", "stack_octets", "held_octets"} {
		assert.Positive(t, said[name], name)
	}
	assert.Greater(t, said["held_octets"], said["heap_octets"])

	refused, err := client.Post(url, "text/plain", strings.NewReader("x"))
	require.NoError(t, err)
	defer refused.Body.Close()
	assert.Equal(t, http.StatusMethodNotAllowed, refused.StatusCode)
	assert.Equal(t, "GET, HEAD", refused.Header.Get("Allow"))
}
