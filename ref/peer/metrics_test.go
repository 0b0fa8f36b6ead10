package peer_test

import (
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/peer"
	"github.com/vstp-project/vstp/ref/tcp"
	"github.com/vstp-project/vstp/ref/udp"
	"github.com/vstp-project/vstp/ref/wire"
)

func TestMetrics(t *testing.T) {
	o := both()
	o.TLS, o.Metrics = "127.0.0.1:0", "127.0.0.1:0"
	r := run(t, t.Context(), o)
	require.NotEmpty(t, r.metrics)
	message := wire.Frame{Type: wire.TypeData, Payload: []byte("x")}

	stream, err := tcp.Dial(t.Context(), r.tcp, tcp.Config{})
	require.NoError(t, err)
	defer stream.Close()
	require.NoError(t, stream.SendReliable(t.Context(), message))
	_, err = stream.Receive(t.Context())
	require.NoError(t, err)
	socket, err := udp.Dial(t.Context(), r.udp, udp.Config{})
	require.NoError(t, err)
	defer socket.Close()
	for range 2 {
		require.NoError(t, socket.SendReliable(t.Context(), socket.Peer(), message))
		_, err = socket.Receive(t.Context())
		require.NoError(t, err)
	}

	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	get := func(path string) string {
		t.Helper()
		response, err := client.Get("http://" + r.metrics + path)
		require.NoError(t, err)
		defer response.Body.Close()
		require.Equal(t, http.StatusOK, response.StatusCode)
		body, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		return string(body)
	}
	text := get("/metrics")
	assert.Contains(t, text, `vstp_frames_received_total{endpoint="tcp",type="data"} 1`+"\n")
	assert.Contains(t, text, `vstp_frames_received_total{endpoint="tcp",type="hello"} 1`+"\n")
	assert.Contains(t, text, `vstp_frames_sent_total{endpoint="udp",type="ack"} 2`+"\n")
	assert.Contains(t, text, `vstp_frames_received_total{endpoint="tls",type="data"} 0`+"\n")
	assert.Contains(t, text, `vstp_fragmentation_sessions_active{endpoint="udp"} 0`+"\n")

	var vars struct {
		VSTP map[string]struct {
			Received map[string]int `json:"vstp_frames_received_total"`
		} `json:"vstp"`
	}
	require.NoError(t, json.Unmarshal([]byte(get("/debug/vars")), &vars))
	assert.Len(t, vars.VSTP, 3)
	assert.Equal(t, 2, vars.VSTP["udp"].Received["data"])
}

func TestMetricsAddressThatIsTaken(t *testing.T) {
	o := both()
	o.Metrics = run(t, t.Context(), both()).tcp
	assert.ErrorContains(t, peer.Run(t.Context(), o, nil, nil), "peer: serving metrics: ")
}
