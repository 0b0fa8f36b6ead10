package metrics_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/metrics"
)

// sample is one line of the text format, as its reader sees it.
type sample struct {
	name   string
	labels string // name=value, values unescaped, "|" between them
}

var (
	sampleLine = regexp.MustCompile(`^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? ([0-9-]+)$`)
	labelPair  = regexp.MustCompile(`^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)`)
	unescape   = strings.NewReplacer(`\\`, `\`, `\n`, "\n", `\"`, `"`)
)

// parseText reads the text format as strictly as a scraper would: each metric has one
// HELP and one TYPE, and behind them all its samples, none of them twice.
func parseText(t *testing.T, text string) (values map[sample]int, kinds map[string]string) {
	t.Helper()
	values, kinds = map[sample]int{}, map[string]string{}
	require.True(t, strings.HasSuffix(text, "\n"), "the last line ends")
	family, helped := "", map[string]bool{}
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if help, ok := strings.CutPrefix(line, "# HELP "); ok {
			name, words, _ := strings.Cut(help, " ")
			require.False(t, helped[name], "a second HELP: %s", line)
			require.NotEmpty(t, words)
			helped[name] = true
			continue
		}
		if kind, ok := strings.CutPrefix(line, "# TYPE "); ok {
			name, kind, _ := strings.Cut(kind, " ")
			require.True(t, helped[name], "no HELP before: %s", line)
			require.NotContains(t, kinds, name)
			family, kinds[name] = name, kind
			continue
		}
		m := sampleLine.FindStringSubmatch(line)
		require.NotNil(t, m, "not a sample: %q", line)
		require.Equal(t, family, m[1], "a sample of another metric: %q", line)
		var labels []string
		for rest := m[2]; rest != ""; {
			pair := labelPair.FindStringSubmatch(rest)
			require.NotNil(t, pair, "not a label: %q", rest)
			labels = append(labels, pair[1]+"="+unescape.Replace(pair[2]))
			rest = rest[len(pair[0]):]
		}
		value, err := strconv.Atoi(m[3])
		require.NoError(t, err)
		key := sample{m[1], strings.Join(labels, "|")}
		require.NotContains(t, values, key, "twice: %q", line)
		values[key] = value
	}
	return values, kinds
}

func TestTextOfOneEndpoint(t *testing.T) {
	values, kinds := parseText(t, string(metrics.AppendText(nil, counted(""))))
	assert.Equal(t, map[string]string{
		"vstp_frames_sent_total":             "counter",
		"vstp_frames_received_total":         "counter",
		"vstp_fragmentation_sessions_active": "gauge",
		"vstp_crc_errors_total":              "counter",
		"vstp_reconnections_total":           "counter",
		"vstp_extension_receive_drops_total": "counter",
		"vstp_extension_send_drops_total":    "counter",
	}, kinds)
	want := map[sample]int{
		{"vstp_fragmentation_sessions_active", ""}: 5,
		{"vstp_crc_errors_total", ""}:              4,
		{"vstp_reconnections_total", ""}:           6,
		{"vstp_extension_receive_drops_total", ""}: 8,
		{"vstp_extension_send_drops_total", ""}:    9,
		{"vstp_frames_sent_total", "type=0x10"}:    1,
	}
	for name := range zeros(nil) {
		want[sample{"vstp_frames_sent_total", "type=" + name}] = 0
		want[sample{"vstp_frames_received_total", "type=" + name}] = 0
	}
	want[sample{"vstp_frames_sent_total", "type=data"}] = 3
	want[sample{"vstp_frames_received_total", "type=ack"}] = 2
	assert.Equal(t, want, values)
}

// The line that the guide shows, octet for octet.
func TestTextIsThatOfTheGuide(t *testing.T) {
	text := string(metrics.AppendText([]byte("before\n"), counted("")))
	assert.True(t, strings.HasPrefix(text, "before\n# HELP vstp_frames_sent_total "))
	assert.Contains(t, text, "\nvstp_frames_sent_total{type=\"data\"} 3\n")
	assert.Contains(t, text, "\nvstp_crc_errors_total 4\n")
}

func TestTextOfManyEndpoints(t *testing.T) {
	values, _ := parseText(t, string(metrics.AppendText(nil,
		counted("udp"), counted("tcp"), nil, counted("tcp"), counted(""))))
	assert.Equal(t, 8, values[sample{"vstp_crc_errors_total", "endpoint=tcp"}], "those of the same name are added up")
	assert.Equal(t, 6, values[sample{"vstp_frames_sent_total", "endpoint=tcp|type=data"}])
	assert.Equal(t, 2, values[sample{"vstp_frames_sent_total", "endpoint=tcp|type=0x10"}])
	assert.Equal(t, 4, values[sample{"vstp_frames_received_total", "endpoint=tcp|type=ack"}])
	assert.Equal(t, 10, values[sample{"vstp_fragmentation_sessions_active", "endpoint=tcp"}])
	assert.Equal(t, 12, values[sample{"vstp_reconnections_total", "endpoint=tcp"}])
	assert.Equal(t, 16, values[sample{"vstp_extension_receive_drops_total", "endpoint=tcp"}])
	assert.Equal(t, 18, values[sample{"vstp_extension_send_drops_total", "endpoint=tcp"}])
	assert.Equal(t, 4, values[sample{"vstp_crc_errors_total", "endpoint=udp"}])
	assert.Equal(t, 4, values[sample{"vstp_crc_errors_total", ""}])
}

func TestTextIsTheSameEachTime(t *testing.T) {
	a, b := counted("a"), counted("b")
	first := metrics.AppendText(nil, a, b)
	for range 20 {
		assert.Equal(t, string(first), string(metrics.AppendText(nil, b, a)))
	}
}

func TestTextWithoutEndpoints(t *testing.T) {
	values, kinds := parseText(t, string(metrics.AppendText(nil)))
	assert.Empty(t, values)
	assert.Len(t, kinds, 7)
}

// Whatever an endpoint is called, the text stays one that can be read.
func TestTextEscapesNames(t *testing.T) {
	for _, name := range []string{
		`say "hi"`, `c:\vstp`, "two\nlines", `\n`, `\"`, "},{", "# TYPE x counter", "a=b,c", "\u00e4\u4f60", `\`,
	} {
		values, kinds := parseText(t, string(metrics.AppendText(nil, counted(name))))
		assert.Equal(t, 4, values[sample{"vstp_crc_errors_total", "endpoint=" + name}], "%q", name)
		assert.Len(t, kinds, 7)
	}
}

func TestTextIsUTF8(t *testing.T) {
	values, _ := parseText(t, string(metrics.AppendText(nil, counted("a\xff"), counted("a\xfe"))))
	assert.Equal(t, 8, values[sample{"vstp_crc_errors_total", "endpoint=a\uFFFD"}])
}
