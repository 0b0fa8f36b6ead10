package metrics

import (
	"encoding/json"
	"fmt"
	"sync/atomic"
)

// Metrics is the counts of one endpoint. The zero value is ready to be used, and the
// methods that count do nothing on a nil pointer. All methods may be called at the
// same time. It is not to be copied once it is in use.
type Metrics struct {
	// Endpoint tells this endpoint from others in the same program, "tcp" and "udp" for
	// example. Where it is not empty it is the label endpoint of every number. It is not
	// to be changed once the Metrics is in use.
	Endpoint string

	framesSent     [256]atomic.Uint64 // by type
	framesReceived [256]atomic.Uint64
	sessions       atomic.Int64
	crcErrors      atomic.Uint64
	reconnections  atomic.Uint64
	receiveDrops   atomic.Uint64
	sendDrops      atomic.Uint64
}

// FrameSent counts a frame that was sent, of the given TYPE.
func (m *Metrics) FrameSent(frameType uint8) {
	if m != nil {
		m.framesSent[frameType].Add(1)
	}
}

// FrameReceived counts a frame that was received and decoded, of the given TYPE.
func (m *Metrics) FrameReceived(frameType uint8) {
	if m != nil {
		m.framesReceived[frameType].Add(1)
	}
}

// AddFragmentationSessions counts reassembly sessions: delta is how many have begun
// less how many have ended.
//
// "An implementation MUST expose the local address to which it is bound and the number
// of reassembly sessions that it holds." [OBS-1]
func (m *Metrics) AddFragmentationSessions(delta int) {
	if m != nil {
		m.sessions.Add(int64(delta))
	}
}

// CRCError counts a frame that was refused for its CRC32.
func (m *Metrics) CRCError() {
	if m != nil {
		m.crcErrors.Add(1)
	}
}

// Reconnection counts a connection that took the place of one that was lost.
func (m *Metrics) Reconnection() {
	if m != nil {
		m.reconnections.Add(1)
	}
}

// ReceiveDropped counts a frame that was dropped on its way to the application, because
// an extension failed.
func (m *Metrics) ReceiveDropped() {
	if m != nil {
		m.receiveDrops.Add(1)
	}
}

// SendDropped counts one on its way from the application.
func (m *Metrics) SendDropped() {
	if m != nil {
		m.sendDrops.Add(1)
	}
}

// Snapshot is counts at some time. Each is exact; that they are of the same moment
// is not promised while frames come and go.
type Snapshot struct {
	FramesSent            map[string]uint64 `json:"vstp_frames_sent_total"` // by the name of the type
	FramesReceived        map[string]uint64 `json:"vstp_frames_received_total"`
	FragmentationSessions int64             `json:"vstp_fragmentation_sessions_active"`
	CRCErrors             uint64            `json:"vstp_crc_errors_total"`
	Reconnections         uint64            `json:"vstp_reconnections_total"`
	ReceiveDrops          uint64            `json:"vstp_extension_receive_drops_total"`
	SendDrops             uint64            `json:"vstp_extension_send_drops_total"`
}

// Snapshot returns the counts so far. Types of which there was no frame are left out
// unless they are one of the eight. That of a nil pointer is all zeros.
func (m *Metrics) Snapshot() Snapshot {
	if m == nil {
		m = new(Metrics)
	}
	return Snapshot{
		FramesSent:            byName(&m.framesSent),
		FramesReceived:        byName(&m.framesReceived),
		FragmentationSessions: m.sessions.Load(),
		CRCErrors:             m.crcErrors.Load(),
		Reconnections:         m.reconnections.Load(),
		ReceiveDrops:          m.receiveDrops.Load(),
		SendDrops:             m.sendDrops.Load(),
	}
}

// String returns the counts as a JSON object, its members named as in the package
// comment. That makes a Metrics an expvar.Var.
func (m *Metrics) String() string {
	b, err := json.Marshal(m.Snapshot())
	if err != nil {
		panic(err) // numbers and names of types
	}
	return string(b)
}

// typeNames are the names of the eight, as labels.
var typeNames = [...]string{
	1: "hello",
	2: "welcome",
	3: "data",
	4: "ping",
	5: "pong",
	6: "bye",
	7: "ack",
	8: "err",
}

func byName(counts *[256]atomic.Uint64) map[string]uint64 {
	named := make(map[string]uint64, len(typeNames))
	for t := range counts {
		n := counts[t].Load()
		switch {
		case t > 0 && t < len(typeNames):
			named[typeNames[t]] = n
		case n > 0:
			named[fmt.Sprintf("0x%02x", t)] = n
		}
	}
	return named
}

// add adds what another endpoint has counted.
func (s *Snapshot) add(other Snapshot) {
	for name, n := range other.FramesSent {
		s.FramesSent[name] += n
	}
	for name, n := range other.FramesReceived {
		s.FramesReceived[name] += n
	}
	s.FragmentationSessions += other.FragmentationSessions
	s.CRCErrors += other.CRCErrors
	s.Reconnections += other.Reconnections
	s.ReceiveDrops += other.ReceiveDrops
	s.SendDrops += other.SendDrops
}
