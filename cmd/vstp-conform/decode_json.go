package main

import (
	"encoding/hex"
	"time"
)

// The frames of decode in JSON.
type (
	decoded struct {
		Notes  []string       `json:"notes,omitempty"` // on what of a capture could not be decoded
		Frames []decodedFrame `json:"frames"`
	}
	decodedFrame struct {
		*decodedPacket
		Offset     int                `json:"offset"` // in the input
		Length     int                `json:"length"` // of what is there
		Hex        string             `json:"hex"`
		Summary    string             `json:"summary"`
		Class      string             `json:"class"` // the error that a receiver reports; empty for none
		Needed     int                `json:"needed,omitempty"`
		Version    int                `json:"version"`
		Type       int                `json:"type"`
		TypeName   string             `json:"type_name"`
		Flags      int                `json:"flags"`
		FlagNames  string             `json:"flag_names"`
		Headers    []decodedHeader    `json:"headers"`
		Payload    string             `json:"payload"`
		Fields     []decodedField     `json:"fields"`
		Violations []decodedViolation `json:"violations"`
	}
	// decodedPacket says where in a capture a frame was complete.
	decodedPacket struct {
		Packet int       `json:"packet"` // number, from 1
		Time   time.Time `json:"time"`
		Flow   string    `json:"flow"`
		Cut    bool      `json:"cut"` // the end was not captured: nothing can be said about it
	}
	decodedHeader struct {
		Key    string `json:"key"`
		Value  string `json:"value"`
		Offset int    `json:"offset"`
	}
	decodedField struct {
		Name   string `json:"name"`
		Value  string `json:"value"`
		Offset int    `json:"offset"`
		Length int    `json:"length"`
	}
	decodedViolation struct {
		Class       string `json:"class"` // empty for a rule that binds the sender alone
		Requirement string `json:"requirement"`
		Offset      int    `json:"offset"`
		Length      int    `json:"length"`
		Text        string `json:"text"`
	}
)

// decodedFrames writes keys, values and payloads in hex, as they can be any
// octets.
func decodedFrames(d dissection) decoded {
	out := decoded{Notes: d.notes, Frames: make([]decodedFrame, len(d.frames))}
	for i, l := range d.frames {
		f := l.frame
		d := decodedFrame{
			decodedPacket: l.packet, Offset: l.offset, Length: len(f.Raw), Hex: hex.EncodeToString(f.Raw), Summary: f.String(),
			Class: f.Class(), Needed: f.Needed(),
			Version: int(f.Version), Type: int(f.Type), TypeName: f.TypeName(),
			Flags: int(f.Flags), FlagNames: f.FlagNames(),
			Headers: []decodedHeader{}, Payload: hex.EncodeToString(f.Payload),
			Fields: []decodedField{}, Violations: []decodedViolation{},
		}
		for _, h := range f.Headers {
			d.Headers = append(d.Headers, decodedHeader{hex.EncodeToString(h.Key), hex.EncodeToString(h.Value), h.Offset})
		}
		for _, field := range f.Fields {
			d.Fields = append(d.Fields, decodedField(field))
		}
		for _, v := range f.Violations {
			d.Violations = append(d.Violations, decodedViolation{v.Class, v.Requirement, v.Offset, v.Length, v.Text})
		}
		out.Frames[i] = d
	}
	return out
}
