package dissect

import (
	"fmt"
	"slices"
	"unicode/utf8"
)

const (
	maxDatagram        = 1200 // octets of a datagram that may be sent [UDP-9]
	maxFragmentPayload = 1200 // octets of payload in one fragment [FRG-6]
	maxErrText         = 1024 // octets of text in an ERR [ERR-2]
)

// senderRules looks for what no receiver minds but no sender may do. They are
// judged on what an implementation under test has sent, and have no error class.
func (p *pass) senderRules() {
	f := p.f
	if reserved := f.Flags &^ f.names.defined(); reserved != 0 {
		p.soft("FLG-2", 4, 1, "reserved FLAGS bits 0x%02x are set", reserved)
	}
	if f.Type != TypeData {
		if f.Flags&FlagFrag != 0 {
			p.soft("FRG-12", 4, 1, "FRAG is set on a frame that is not DATA")
		}
		if f.Flags&FlagComp != 0 {
			p.soft("FLG-8", 4, 1, "COMP is set on a frame that is not DATA")
		}
	}
	if p.datagram {
		p.datagramRules()
	}
	if !f.wellFormed() {
		return // what the headers do not say may stand in the part that cannot be read
	}

	p.decimalHeaders()
	switch {
	case f.Type == TypeAck:
		p.ackRules()
	case f.Type == TypeWelcome:
		p.welcomeRules()
	case f.Type == TypeErr:
		p.errRules()
	case f.Type == TypeData && f.Flags&FlagFrag != 0:
		p.fragmentRules()
	}
}

func (p *pass) soft(requirement string, offset, length int, format string, args ...any) {
	p.f.Violations = append(p.f.Violations, Violation{
		Soft: true, Requirement: requirement,
		Offset: offset, Length: length, Text: fmt.Sprintf(format, args...),
	})
}

func (p *pass) softHeader(requirement string, h Header, format string, args ...any) {
	p.soft(requirement, h.Offset, 2+len(h.Key)+len(h.Value), format, args...)
}

// payloadAt is the offset of the payload.
func (p *pass) payloadAt() int { return fixedLen + p.f.HeaderLen }

// decimalHeaders checks the spelling of every number that the protocol puts
// into a header, and notes the first fault for each key.
func (p *pass) decimalHeaders() {
	typeName, noted := p.f.TypeName(), map[string]bool{}
	for _, h := range p.f.Headers {
		bits, ok := p.f.names.decimalKey(h.Key, typeName)
		if ok && !canonical(h.Value, bits) && !noted[string(h.Key)] {
			noted[string(h.Key)] = true
			p.softHeader("HDR-9", h, "%s is %s, not a canonical decimal number of at most %d bits", h.Key, sketch(h.Value), bits)
		}
	}
}

func (p *pass) ackRules() {
	f := p.f
	if f.Flags != 0 {
		p.soft("ACK-18", 4, 1, "an ACK has FLAGS 0x%02x, not 0", f.Flags)
	}
	if len(f.Payload) > 0 {
		p.soft("ACK-18", p.payloadAt(), len(f.Payload), "an ACK has a payload of %s", plural(int64(len(f.Payload)), "octet"))
	}
	if f.count(KeyMsgID) == 0 {
		p.soft("ACK-1", fixedLen, f.HeaderLen, "an ACK has no msg-id header")
	}
	p.onlyMsgID()
}

// onlyMsgID notes the first header of an ACK that is not its msg-id.
func (p *pass) onlyMsgID() {
	headers := p.f.Headers
	own := slices.IndexFunc(headers, func(h Header) bool { return string(h.Key) == KeyMsgID })
	for i, h := range headers {
		if i == own {
			continue
		}
		others := len(headers)
		if own >= 0 {
			others--
		}
		p.softHeader("ACK-18", h, "an ACK has %s besides its msg-id, the first with key %s", plural(int64(others), "header"), sketch(h.Key))
		return
	}
}

func (p *pass) welcomeRules() {
	value, ok := p.f.Header(KeySessionID)
	switch {
	case !ok:
		p.soft("SES-2", fixedLen, p.f.HeaderLen, "a WELCOME has no session-id header")
	case !canonical(value, 128):
		p.soft("SES-2", fixedLen, p.f.HeaderLen, "the session-id of a WELCOME is %s, not a canonical decimal number below 2^128", sketch(value))
	}
}

func (p *pass) errRules() {
	f := p.f
	p.errCode()
	if len(f.Payload) > maxErrText {
		p.soft("ERR-2", p.payloadAt(), len(f.Payload), "the text of an ERR is %s octets long, more than %s", count(int64(len(f.Payload))), count(maxErrText))
	}
	if !utf8.Valid(f.Payload) {
		p.soft("ERR-2", p.payloadAt(), len(f.Payload), "the text of an ERR is not UTF-8")
	}
}

func (p *pass) errCode() {
	f := p.f
	value, ok := f.Header(KeyErrCode)
	if !ok {
		p.soft("ERR-1", fixedLen, f.HeaderLen, "an ERR has no err-code header")
		return
	}
	code, ok := number(value)
	if !ok {
		p.soft("ERR-1", fixedLen, f.HeaderLen, "the err-code of an ERR is %s, not a decimal number", sketch(value))
		return
	}
	entry, ok := f.names.errorCode(code)
	switch {
	case !ok:
		p.soft("ERR-1", fixedLen, f.HeaderLen, "err-code %d is not assigned", code)
	case !entry.OnWire:
		p.soft("ERR-1", fixedLen, f.HeaderLen, "err-code %d, %s, is for local use only", code, entry.Name)
	case p.datagram && !entry.OverUDP:
		p.soft("UDP-18", fixedLen, f.HeaderLen, "err-code %d, %s, is not for UDP", code, entry.Name)
	}
}

func (p *pass) fragmentRules() {
	f := p.f
	p.fragmentNumber(KeyFragID)
	index, indexed := p.fragmentNumber(KeyFragIndex)
	total, totalled := p.fragmentNumber(KeyFragTotal)
	if indexed && totalled && index >= total {
		p.soft("FRG-4", fixedLen, f.HeaderLen, "frag-index %d is not below frag-total %d", index, total)
	}
	if f.count(KeyMsgID) == 0 {
		p.soft("FRG-11", fixedLen, f.HeaderLen, "a fragment has no msg-id header")
	}
	if len(f.Payload) > maxFragmentPayload {
		p.soft("FRG-6", p.payloadAt(), len(f.Payload), "a fragment has a payload of %s octets, more than %s", count(int64(len(f.Payload))), count(maxFragmentPayload))
	}
}

// fragmentNumber returns the value of a header that a fragment has exactly once
// and that is a number of 8 bits.
func (p *pass) fragmentNumber(key string) (uint64, bool) {
	f := p.f
	if n := f.count(key); n != 1 {
		p.soft("FRG-3", fixedLen, f.HeaderLen, "a fragment has %d %s headers, not one", n, key)
		return 0, false
	}
	value, _ := f.Header(key)
	if !canonical(value, 8) {
		p.soft("FRG-3", fixedLen, f.HeaderLen, "the %s of a fragment is %s, not a decimal number from 0 to 255", key, sketch(value))
		return 0, false
	}
	return number(value)
}

// datagramRules are for frames that were sent over UDP.
func (p *pass) datagramRules() {
	f := p.f
	if len(p.b) > maxDatagram {
		p.soft("UDP-9", 0, len(p.b), "the datagram is %s octets long, more than %s", count(int64(len(p.b))), count(maxDatagram))
	}
	if f.Type == TypePong && f.HeaderLen > 0 {
		p.soft("UDP-13", fixedLen, f.HeaderLen, "a PONG has headers")
	}
	if f.Type == TypeData && f.Flags&FlagFrag == 0 && len(f.Payload) > maxFragmentPayload {
		p.soft("FRG-1", p.payloadAt(), len(f.Payload), "a DATA frame with a payload of %s octets is not split", count(int64(len(f.Payload))))
	}
}
