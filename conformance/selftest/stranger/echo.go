package stranger

import (
	"bytes"
	"math/big"
	"strconv"
	"time"

	"github.com/vstp-project/vstp/conformance/dissect"
	"github.com/vstp-project/vstp/conformance/forge"
)

// protocolKeys are left out of an echo.
var protocolKeys = map[string]bool{
	dissect.KeyMsgID: true, dissect.KeyFragID: true, dissect.KeyFragIndex: true,
	dissect.KeyFragTotal: true, dissect.KeySessionID: true, dissect.KeyErrCode: true,
}

// A message is what is delivered to the echo application.
type message struct {
	headers []forge.Header
	payload []byte
}

func messageOf(f dissect.Frame) message {
	m := message{payload: bytes.Clone(f.Payload)}
	for _, h := range f.Headers {
		m.headers = append(m.headers, forge.Header{Key: bytes.Clone(h.Key), Value: bytes.Clone(h.Value)})
	}
	return m
}

// echo is the answer to a message, and how long it is to be kept back.
func (m message) echo() (answer message, delay time.Duration) {
	answer.payload = m.payload
	var sized, delayed bool
	for _, h := range m.headers {
		key := string(h.Key)
		if protocolKeys[key] {
			continue
		}
		answer.headers = append(answer.headers, h)
		n, ok := decimal(h.Value, 32)
		switch {
		case key == "x-reply-size" && !sized:
			if sized = true; ok && n <= dissect.DefaultMaxFrame {
				answer.payload = bytes.Repeat([]byte{0x78}, int(n))
			}
		case key == "x-delay-ms" && !delayed:
			if delayed = true; ok {
				delay = min(time.Duration(n)*time.Millisecond, 10*time.Minute)
			}
		}
	}
	return answer, delay
}

// decimal reads a canonical decimal of at most so many bits. [HDR-9]
func decimal(b []byte, bits int) (n uint64, ok bool) {
	n, err := strconv.ParseUint(string(b), 10, bits)
	return n, err == nil && strconv.FormatUint(n, 10) == string(b)
}

// msgID is the msg-id of a frame that can be acknowledged. [ACK-1]
func msgID(f dissect.Frame) (id string, ok bool) {
	value, ok := f.Header(dissect.KeyMsgID)
	if !ok {
		return "", false
	}
	_, ok = decimal(value, 64)
	return string(value), ok
}

// sessionID is the identifier of the nth session: they count down from the largest.
// [SES-1]
func sessionID(n int) string {
	largest := new(big.Int).Lsh(big.NewInt(1), 128)
	return largest.Sub(largest, big.NewInt(int64(n))).String()
}
