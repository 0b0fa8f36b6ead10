package soak

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestFigureText(t *testing.T) {
	r := new(run)
	r.figure("datagrams", "", 1_234_567)
	r.figure("goroutines per connection", "", 2.5)
	r.figure("less memory than before", octets, -2048)
	r.atMost("memory per connection", octets, 16.75*1024, 32<<10)
	r.atMost("until the end", seconds, 0.0042, 0.004)
	r.atLeast("sessions", "", 999, 1000)
	r.exactly("answers", "", 10, 10)
	r.between("live octets", octets, 5<<20, 1<<20, 1<<30)
	var text []string
	for _, f := range r.figures {
		text = append(text, f.String())
	}
	assert.Equal(t, []string{
		"datagrams 1,234,567",
		"goroutines per connection 2.5",
		"less memory than before -2.0 KiB",
		"memory per connection 16.8 KiB (at most 32.0 KiB)",
		"until the end 4.2 ms (at most 4.0 ms, NOT HELD)",
		"sessions 999 (at least 1,000, NOT HELD)",
		"answers 10 (it has to be 10)",
		"live octets 5.0 MiB (1.0 MiB to 1.0 GiB)",
	}, text)
}

func TestAmounts(t *testing.T) {
	for want, got := range map[string]string{
		"0":          amount(0, ""),
		"999":        amount(999, ""),
		"1,000":      amount(1000, ""),
		"-12,345":    amount(-12345, ""),
		"7 apples":   amount(7, "apples"),
		"500 octets": amount(500, octets),
		"3.0 GiB":    amount(3<<30, octets),
		"250 µs":     amount(0.00025, seconds),
		"1.5 s":      amount(1.5, seconds),
	} {
		assert.Equal(t, want, got)
	}
}
