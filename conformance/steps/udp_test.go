package steps

import (
	"net"
	"net/netip"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance/dissect"
	"github.com/vstp-project/vstp/conformance/forge"
	"github.com/vstp-project/vstp/conformance/probe"
	"github.com/vstp-project/vstp/conformance/target"
	"github.com/vstp-project/vstp/spec"
)

// udpSocket is a socket on loopback that is closed when the test ends.
func udpSocket(t *testing.T) *net.UDPConn {
	t.Helper()
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// echoFrom answers each DATA that comes to asked with its payload, from another
// socket or the same.
func echoFrom(t *testing.T, asked, answering *net.UDPConn) target.Addrs {
	t.Helper()
	return answer(t, asked, func(f dissect.Frame, from netip.AddrPort) {
		_, _ = answering.WriteToUDPAddrPort(forge.Frame{Type: typeData, Payload: f.Payload}.Bytes(), from)
	})
}

// answer calls reply for each DATA that comes to a socket.
func answer(t *testing.T, asked *net.UDPConn, reply func(f dissect.Frame, from netip.AddrPort)) target.Addrs {
	t.Helper()
	go func() {
		buf := make([]byte, 64<<10)
		for {
			n, from, err := asked.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			if f := dissect.DecodeDatagram(append([]byte(nil), buf[:n]...), dissect.Options{}); f.Type == typeData {
				reply(f, from)
			}
		}
	}()
	return target.Addrs{UDP: asked.LocalAddr().String()}
}

// runUDP runs a scenario that judges a requirement and expects the echo of 'x'.
func runUDP(t *testing.T, requirement string, addrs target.Addrs) error {
	t.Helper()
	return runUDPSteps(t, requirement, addrs, "Then the datagram DATA 'x' comes back")
}

// runUDPSteps runs a scenario that judges a requirement and sends DATA 'x' before
// its last steps.
func runUDPSteps(t *testing.T, requirement string, addrs target.Addrs, steps string) error {
	t.Helper()
	body := "@server @udp\nFeature: x\n@" + requirement + ` @case:a/b
Scenario: s
Given a served UDP socket
When I send the datagram DATA 'x'
` + steps + "\n"
	scenarios, err := Load(fstest.MapFS{"x.feature": {Data: []byte(body)}}, spec.DefaultRegistry(), testNotation(t).vectors)
	require.NoError(t, err)
	p := probe.New(probe.Config{Case: "a/b", Addrs: addrs})
	defer p.Close()
	return scenarios[0].Run(t.Context(), p)
}

func TestRunOverUDP(t *testing.T) {
	s := udpSocket(t)
	require.NoError(t, runUDP(t, "UDP-7", echoFrom(t, s, s)))
}

func TestRunViolationInGivenOfTheJudgedRequirementCounts(t *testing.T) {
	addrs := echoFrom(t, udpSocket(t), udpSocket(t))

	var v *probe.Violation
	require.ErrorAs(t, runUDP(t, "UDP-7", addrs), &v)
	assert.Equal(t, "UDP-7", v.Requirement)

	var not *probe.NotExercised
	require.ErrorAs(t, runUDP(t, "UDP-6", addrs), &not)
	assert.Equal(t, probe.CauseTarget, not.Cause)
}

// A target that is late answers a greeting after the judge has sent it again.
func TestRunOverUDPLateGreetingIsNoAnswer(t *testing.T) {
	s := udpSocket(t)
	var held []byte // the answer to the first greeting
	addrs := answer(t, s, func(f dissect.Frame, from netip.AddrPort) {
		echo := forge.Frame{Type: typeData, Payload: f.Payload}.Bytes()
		if held == nil {
			held = echo
			return
		}
		_, _ = s.WriteToUDPAddrPort(echo, from)
		if string(f.Payload) == "x" {
			_, _ = s.WriteToUDPAddrPort(held, from)
		}
		if id, ok := f.Header("msg-id"); ok && f.Flags == flagReqAck {
			_, _ = s.WriteToUDPAddrPort(forge.Frame{Type: typeAck, Headers: forge.KV("msg-id", string(id))}.Bytes(), from)
		}
	})
	const only = "Then only these datagrams come back, in any order:\n\"\"\"\nDATA 'x'\n\"\"\""
	require.NoError(t, runUDPSteps(t, "UDP-16", addrs, only))
}

func TestSendDatagramNotesWhatAsksForAnACK(t *testing.T) {
	asks, doesNot := forge.Frame{Type: typeData, Flags: 0x81}.Bytes(), forge.Frame{Type: typeData, Flags: 0x82}.Bytes()
	for name, tc := range map[string]struct {
		parts [][]byte
		asked bool
	}{
		"nothing":                 {nil, false},
		"too short":               {[][]byte{asks[:4]}, false},
		"does not ask":            {[][]byte{doesNot}, false},
		"asks":                    {[][]byte{asks}, true},
		"cut":                     {[][]byte{asks[:5]}, true},
		"second asks":             {[][]byte{doesNot, asks}, true},
		"the first of a datagram": {[][]byte{asks, doesNot}, true},
	} {
		t.Run(name, func(t *testing.T) {
			p := probe.New(probe.Config{Case: "a/b", Addrs: target.Addrs{UDP: udpSocket(t).LocalAddr().String()}})
			defer p.Close()
			w := &world{t: p, sockets: map[string]*probe.Socket{}}
			require.NoError(t, w.listen(t.Context(), "A", nil))
			require.NoError(t, w.sendDatagram("a datagram", tc.parts...))
			assert.Equal(t, tc.asked, w.ackBy > 0)
			length := 0
			for _, part := range tc.parts {
				length += len(part)
			}
			assert.Equal(t, length, w.sentOctets)
		})
	}
}
