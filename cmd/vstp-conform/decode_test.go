package main

import (
	"bytes"
	"encoding/hex"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance/capture"
	"github.com/vstp-project/vstp/conformance/dissect"
)

func TestReadContent(t *testing.T) {
	ping, err := hex.DecodeString("5654010400000000000000d8429a00")
	require.NoError(t, err)
	for _, c := range []struct{ name, content, want string }{
		{"a frame", string(ping), string(ping)},
		{"digits", "5654 01\n04", "VT\x01\x04"},
		{"octets that are no text", "GET\x00", "GET\x00"},
		{"octets that are no UTF-8", "ab\xff", "ab\xff"},
		{"text that begins like a frame", "VT is not hex", "VT is not hex"},
	} {
		got, err := readContent([]byte(c.content))
		require.NoError(t, err, c.name)
		assert.Equal(t, c.want, string(got), c.name)
	}
	for _, c := range []struct{ name, content, problem string }{
		{"text that is no hex", "GET / HTTP/1.1\r\n", "line 1, character 1: 'G' is no hex digit"},
		{"nothing", "", "there are no octets"},
		{"blanks", " \n\t", "there are no octets"},
	} {
		_, err := readContent([]byte(c.content))
		assert.ErrorContains(t, err, c.problem, c.name)
	}
}

func TestDecodeFileOfOctets(t *testing.T) {
	file := filepath.Join(t.TempDir(), "frames.bin")
	frames, err := hex.DecodeString("5654010400000000000000d8429a00" + "565401050000000000000014e89a9e")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, frames, 0o600))
	for _, args := range [][]string{{"decode", file}, {"decode", "-"}} {
		var stdout, stderr bytes.Buffer
		code := run(t.Context(), args, streams{in: bytes.NewReader(frames), out: &stdout, err: &stderr})
		assert.Zero(t, code, stderr.String())
		assert.Contains(t, stdout.String(), "frame 2, from octet 15\nPONG (15 octets)\n")
	}
}

func TestDecodeTooMuch(t *testing.T) {
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), []string{"decode", "-"}, streams{in: bytes.NewReader(make([]byte, maxInput+1)), out: &stdout, err: &stderr})
	assert.Equal(t, 2, code)
	assert.Contains(t, stderr.String(), "standard input: more than 67108864 octets")
}

// captureFile writes a capture of a datagram and a connection with three frames,
// the second of which has a wrong checksum.
func captureFile(t *testing.T, change func(w *capture.Writer, f capture.Flow, ping []byte)) string {
	ping, err := hex.DecodeString("5654010400000000000000d8429a00")
	require.NoError(t, err)
	w := capture.NewWriter("test", "")
	client, server := netip.MustParseAddrPort("10.0.0.1:40000"), netip.MustParseAddrPort("10.0.0.2:7000")
	change(w, capture.Ends(capture.TCP, client, server), ping)
	file := filepath.Join(t.TempDir(), "c.pcapng")
	require.NoError(t, os.WriteFile(file, w.Bytes(), 0o600))
	return file
}

func decode(t *testing.T, args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = run(t.Context(), append([]string{"decode"}, args...), streams{in: bytes.NewReader(nil), out: &out, err: &errs})
	return code, out.String(), errs.String()
}

var began = time.Date(2025, 10, 20, 12, 0, 0, 0, time.UTC)

func TestDecodeCapture(t *testing.T) {
	file := captureFile(t, func(w *capture.Writer, f capture.Flow, ping []byte) {
		w.Segment(began, f, capture.Syn, 99, 0, nil, 0, "")
		// The second frame begins in a segment that comes after the next.
		w.Segment(began, f, capture.Ack, 100, 0, ping[:7], 7, "")
		bad := append([]byte{}, ping...)
		bad[14] ^= 1
		w.Segment(began.Add(time.Second), f, capture.Ack, 115, 0, bad, 15, "")
		w.Segment(began.Add(2*time.Second), f, capture.Ack, 107, 0, ping[7:], 8, "")
		w.Datagram(began.Add(3*time.Second), capture.Ends(capture.UDP, f.To, f.From), append(ping, 0), 16, "")
		w.Datagram(began, capture.Ends(capture.UDP, f.From, netip.MustParseAddrPort("10.0.0.9:53")), []byte("query"), 5, "")
	})
	code, stdout, stderr := decode(t, file)
	assert.Equal(t, 1, code)
	assert.Empty(t, stderr)
	assert.Equal(t, 3, strings.Count(stdout, "\npacket ")+1)
	assert.Contains(t, stdout, "packet 3  12:00:01.000000  tcp 10.0.0.1:40000 → 10.0.0.2:7000\nPING (15 octets) !CrcMismatch\n")
	assert.Contains(t, stdout, "packet 4  12:00:02.000000  tcp 10.0.0.1:40000 → 10.0.0.2:7000\nPING (15 octets)\n")
	assert.Contains(t, stdout, "[UDP-3]")
	assert.NotContains(t, stdout, "query")

	schema := schemaNamed(t, "decode")
	for _, args := range [][]string{{"--json", file}, {"--json", "5654010400000000000000d8429a00", "565402"}} {
		_, stdout, _ = decode(t, args...)
		fits(t, schema, stdout)
	}

	code, stdout, _ = decode(t, "--port", "53", file)
	assert.Equal(t, 1, code)
	assert.Contains(t, stdout, "udp 10.0.0.1:40000 → 10.0.0.9:53\n")
}

func must(doc []byte, ok bool) []byte {
	if !ok {
		panic("there is no such schema")
	}
	return doc
}

// What the capture lacks is not held against the sender.
func TestDecodeCaptureThatLacksSomething(t *testing.T) {
	file := captureFile(t, func(w *capture.Writer, f capture.Flow, ping []byte) {
		w.Segment(began, f, capture.Ack, 1, 0, append(append([]byte{}, ping...), ping[:5]...), 20, "")
		w.Segment(began, f, capture.Ack, 50, 0, ping, 15, "")
		w.Datagram(began, capture.Ends(capture.UDP, f.From, f.To), ping[:12], 15, "")
		w.Segment(began, f.Reverse(), capture.Ack, 1, 0, ping[4:], 11, "")
	})
	code, stdout, stderr := decode(t, file)
	assert.Equal(t, 0, code, stdout)
	assert.Equal(t, 2, strings.Count(stdout, "the rest was not captured"))
	assert.Contains(t, stderr, "tcp 10.0.0.1:40000 → 10.0.0.2:7000: 29 octets after the first 20 were not captured: what comes after them is left out\n")
	assert.Contains(t, stderr, "tcp 10.0.0.2:7000 → 10.0.0.1:40000: the capture begins within the connection")

	// A sender that ends its stream within a frame is another matter.
	file = captureFile(t, func(w *capture.Writer, f capture.Flow, ping []byte) {
		w.Segment(began, f, capture.Ack, 1, 0, ping[:5], 5, "")
		w.Segment(began, f, capture.Ack|capture.Fin, 6, 0, nil, 0, "")
	})
	code, stdout, _ = decode(t, file)
	assert.Equal(t, 1, code)
	assert.Contains(t, stdout, "[FRM-1] Incomplete")
}

// A fault after which nobody knows where the next frame begins is in the packet that
// has it, and not in the last of the stream.
func TestDecodeCaptureWithAFaultInAStream(t *testing.T) {
	file := captureFile(t, func(w *capture.Writer, f capture.Flow, ping []byte) {
		w.Segment(began, f, capture.Ack, 100, 0, ping, 15, "")
		w.Segment(began.Add(time.Second), f, capture.Ack, 115, 0, []byte("GET /"), 5, "")
		w.Segment(began.Add(2*time.Second), f, capture.Ack, 120, 0, ping, 15, "")
	})
	code, stdout, _ := decode(t, file)
	assert.Equal(t, 1, code)
	assert.Contains(t, stdout, "packet 2  12:00:01.000000  ")
	assert.NotContains(t, stdout, "packet 3")
}

func TestDecodeCaptureRefused(t *testing.T) {
	foreign := captureFile(t, func(w *capture.Writer, f capture.Flow, _ []byte) {
		w.Datagram(began, f, []byte("GET /"), 5, "")
	})
	empty := captureFile(t, func(*capture.Writer, capture.Flow, []byte) {})
	whole := captureFile(t, func(w *capture.Writer, f capture.Flow, ping []byte) {
		w.Datagram(began, f, ping, 15, "")
		w.Datagram(began, f, ping, 15, "")
	})
	content, err := os.ReadFile(whole)
	require.NoError(t, err)
	cut := filepath.Join(t.TempDir(), "cut.pcapng")
	require.NoError(t, os.WriteFile(cut, content[:30], 0o600))
	for _, c := range []struct {
		args    []string
		problem string
	}{
		{[]string{foreign}, "no VSTP in the 1 packets of this capture: no datagram and no stream begins with 56 54"},
		{[]string{empty}, "a capture without packets"},
		{[]string{cut}, "cut.pcapng: octet 0: the file is cut short in a block: 30 of"},
		{[]string{"--udp", whole}, "--udp: a capture says itself what is a datagram"},
		{[]string{"--port", "1", "5654"}, "--port chooses from a capture, and this is none"},
	} {
		code, stdout, stderr := decode(t, c.args...)
		assert.Equal(t, 2, code)
		assert.Empty(t, stdout)
		assert.Contains(t, stderr, c.problem)
	}

	for file, problem := range map[string]string{
		foreign: "no VSTP in the 1 packets of this capture", empty: "a capture without packets", cut: "the file is cut short in a block",
	} {
		var stdout, stderr bytes.Buffer
		code := run(t.Context(), []string{"tap", "--read", file}, streams{in: strings.NewReader(""), out: &stdout, err: &stderr})
		assert.Equal(t, 2, code)
		assert.Empty(t, stdout.String())
		assert.Contains(t, stderr.String(), problem)
	}

	// What comes before the place at which a capture breaks off is shown.
	require.NoError(t, os.WriteFile(cut, content[:len(content)-10], 0o600))
	code, stdout, stderr := decode(t, cut)
	assert.Equal(t, 0, code)
	assert.Contains(t, stdout, "packet 1 ")
	assert.Contains(t, stderr, "the file is cut short in a block")
}

func TestPaintDump(t *testing.T) {
	bad, err := hex.DecodeString("5654010400000000000000d8429a01")
	require.NoError(t, err)
	plain := splitOctets(bad, false, dissect.Options{}).frames[0].frame.Dump()
	painted := paintDump(plain)
	assert.Contains(t, painted, "\x1b[2m       0  \x1b[0;36m56 54 ")
	assert.Contains(t, painted, "\x1b[1;31m!     11  [CRC-1]")
	assert.Equal(t, plain, regexp.MustCompile("\x1b\\[[0-9;]*m").ReplaceAllString(painted, ""))
}
