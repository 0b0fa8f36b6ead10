package conformance

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/vstp-project/vstp/conformance/forge"
	"github.com/vstp-project/vstp/conformance/probe"
	"github.com/vstp-project/vstp/conformance/target"
	"github.com/vstp-project/vstp/spec"
	"github.com/vstp-project/vstp/vectors"
)

// codecCase is the case of a vector in codec mode: the octets are decoded and,
// where a sender could have made them, encoded again. There is none where no
// requirement of the vector is about codecs.
func codecCase(v vectors.Vector, registry *spec.Registry) (Case, bool) {
	requirements, ok := codecFirst(v.Requirements)
	if !ok && v.Family == vectors.FamilyGzip {
		// What a receiver does about COMP shows in decompress as well.
		requirements, ok = v.Requirements, true
	}
	if !ok {
		return Case{}, false
	}
	run, capability := runFrameVector, ""
	switch v.Family {
	case vectors.FamilyFrame, vectors.FamilyGenerated, vectors.FamilyGofuzz:
	case vectors.FamilyRefuse:
		if v.Limit != 0 {
			return Case{}, false // the adapter protocol has no way to set the limit of an encoder
		}
		run = runRefuseVector
	case vectors.FamilyVarint:
		run, capability = runVarintVector, "varint"
	case vectors.FamilyString:
		run, capability = runStringVector, "string"
	case vectors.FamilyGzip:
		run, capability = runGzipVector, capabilityGzip
	default:
		return Case{}, false
	}
	req, _ := spec.Lookup(requirements[0])
	c := Case{
		ID: "vector/" + v.ID(), Title: v.Comment, Requirements: requirements,
		Level: req.Level, Profile: req.Profile, Roles: []string{RoleCodec}, Transport: transportAdapter,
		Tags: []string{"@vector", "@codec"}, Source: fmt.Sprintf("vectors/%s.json", v.Family),
		Capability: capability,
		Run: func(ctx context.Context, t *probe.T) error {
			if err := outdated(v, registry); err != nil {
				return err
			}
			a := adapterCalls{t: t}
			if capability != "" && !slices.Contains(t.Adapter().Hello().Capabilities, capability) {
				return a.refuses(ctx, capability)
			}
			if err := run(ctx, a, v); err != nil {
				return err
			}
			return a.goodExchange(ctx, capability)
		},
	}
	for _, r := range requirements {
		c.Tags = append(c.Tags, "@"+r)
	}
	return c, true
}

// codecFirst puts the first requirement that a codec can be judged by in front.
func codecFirst(ids []string) ([]string, bool) {
	for i, id := range ids {
		if req, ok := spec.Lookup(id); ok && slices.Contains(req.Roles, RoleCodec) {
			return slices.Concat(ids[i:i+1], ids[:i], ids[i+1:]), true
		}
	}
	return nil, false
}

// adapterCalls makes calls of one case, records them, and turns an adapter that
// breaks its protocol into a violation.
type adapterCalls struct{ t *probe.T }

func (a adapterCalls) call(ctx context.Context, op string, args map[string]any) (target.Answer, error) {
	text, octets := request(op, args)
	a.t.Asked(text)
	bound := a.t.Bound("reply") + carrying(octets)
	ctx, cancel := context.WithTimeout(ctx, bound)
	defer cancel()
	answer, err := a.t.Adapter().Call(ctx, op, args)
	if line := answer.Line(); len(line) > 0 {
		a.t.Answered(probe.Shorten(string(line)))
	}
	if fault := (*target.AdapterError)(nil); errors.As(err, &fault) {
		return answer, &probe.Violation{
			Want: fmt.Sprintf("one answer to %s, in turn, within %v", op, bound),
			Got:  fault.Error(), Timing: fault.Kind == target.Hung,
		}
	}
	return answer, probe.Malformed(op, err)
}

// goodExchange makes sure, of a codec that has passed a vector, that it works: what it
// has to decode is sound, and no other case has it. A codec that refuses everything, or
// says the same whatever it is asked, passes nothing by that.
func (a adapterCalls) goodExchange(ctx context.Context, capability string) error {
	var (
		answer target.Answer
		err    error
	)
	switch capability {
	case "varint":
		value := 1<<7 + a.t.Draw()%(1<<14-1<<7) // in two octets
		if answer, err = a.call(ctx, "varint_decode", map[string]any{"hex": fmt.Sprintf("%02x%02x", value&0x7f|0x80, value>>7)}); err == nil {
			err = wantValue("varint_decode", answer, strconv.FormatUint(value, 10), 2)
		}
	case "string":
		text := a.t.Unique("sound")
		octets := append([]byte{byte(len(text)), 0}, text...)
		if answer, err = a.call(ctx, "string_decode", map[string]any{"hex": hex.EncodeToString(octets)}); err == nil {
			err = wantValue("string_decode", answer, hex.EncodeToString(text), len(octets))
		}
	case capabilityGzip:
		plain := a.t.Unique("sound")
		var member []byte
		if member, err = gzipOf(plain); err != nil {
			return err
		}
		if answer, err = a.call(ctx, "decompress", map[string]any{"hex": hex.EncodeToString(member)}); err == nil {
			err = wantOctets("decompress", answer, plain)
		}
	default:
		payload := a.t.Unique("sound")
		octets := forge.Frame{Type: 3, Payload: payload}.Bytes()
		if answer, err = a.call(ctx, "decode", map[string]any{"hex": hex.EncodeToString(octets)}); err == nil {
			err = wantDecoded(answer, payload)
		}
	}
	if v := (*probe.Violation)(nil); errors.As(err, &v) {
		return &probe.NotExercised{Cause: probe.CauseTarget, Reason: fmt.Sprintf("a good exchange failed: %v", v), Failed: v}
	}
	return err
}

// wantDecoded wants a DATA with this payload and no headers.
func wantDecoded(answer target.Answer, payload []byte) error {
	if !answer.OK {
		return &probe.Violation{Want: "a frame", Got: "the error " + answer.Error}
	}
	got, err := answer.Frame()
	if err != nil {
		return probe.Malformed("decode", err)
	}
	return sameFrame(&vectors.Frame{Version: 1, Type: 3, Payload: payload}, got)
}

// carrying is what it takes to write a line and to read one as long: the time to
// answer counts from the last octet of a request.
func carrying(octets int) time.Duration {
	const perSecond = 2 << 20 // on a busy host
	return time.Duration(octets) * time.Second / perSecond
}

// request is the text of a request for the record, and about how long its line
// is. One that is too long to look at is not written out for the record.
func request(op string, args map[string]any) (text string, octets int) {
	for _, arg := range args {
		switch v := arg.(type) {
		case string:
			octets += len(v)
		case target.Frame:
			octets += 2 * len(v.Payload)
			for _, h := range v.Headers {
				octets += 2 * (len(h[0]) + len(h[1]))
			}
		}
	}
	const most = 1 << 20
	if octets > most {
		return fmt.Sprintf("%s of about %d octets", op, octets), octets
	}
	line, err := json.Marshal(args)
	if err != nil {
		return op, octets
	}
	return op + " " + probe.Shorten(string(line)), octets
}

func runFrameVector(ctx context.Context, a adapterCalls, v vectors.Vector) error {
	args := map[string]any{"hex": hex.EncodeToString(v.Octets)}
	if v.Limit != 0 {
		args["limit"] = v.Limit
	}
	answer, err := a.call(ctx, "decode", args)
	if err != nil {
		return err
	}
	switch v.Expect.Result {
	case vectors.ResultReject:
		return wantError(answer, v.Expect.Error)
	case vectors.ResultIncomplete:
		return wantError(answer, "Incomplete")
	}
	if !answer.OK {
		return &probe.Violation{Requirement: refusedAgainst(v.Expect.Frame, answer.Error), Want: "the frame", Got: refusal(answer)}
	}
	got, err := answer.Frame()
	if err != nil {
		return probe.Malformed("decode", err)
	}
	if err := sameFrame(v.Expect.Frame, got); err != nil {
		return err
	}
	consumed, err := answer.Int("consumed")
	if err != nil {
		return probe.Malformed("decode", err)
	}
	if consumed != int64(v.Expect.Consumed) {
		return &probe.Violation{Want: fmt.Sprintf("%d octets consumed", v.Expect.Consumed), Got: strconv.FormatInt(consumed, 10)}
	}
	if v.Has(vectors.TagDecodeOnly) || v.Limit != 0 || v.Expect.Frame.Flags&^vectors.DefinedFlags != 0 {
		return nil
	}
	return a.encode(ctx, v)
}

// encode wants exactly the octets of the vector for its frame.
func (a adapterCalls) encode(ctx context.Context, v vectors.Vector) error {
	answer, err := a.call(ctx, "encode", encodeArgs(v.Expect.Frame))
	if err != nil {
		return err
	}
	return wantOctets("encode", answer, v.Octets[:v.Expect.Consumed])
}

func encodeArgs(f *vectors.Frame) map[string]any {
	return map[string]any{"frame": target.Frame{
		Version: f.Version, Type: f.Type, Flags: f.Flags, Headers: f.Headers, Payload: f.Payload,
	}}
}

// runRefuseVector wants an encoder to refuse a frame, by an error of any name.
func runRefuseVector(ctx context.Context, a adapterCalls, v vectors.Vector) error {
	answer, err := a.call(ctx, "encode", encodeArgs(v.Frame))
	if err != nil {
		return err
	}
	return wantRefusal(answer)
}

// unsupported is the error by which an adapter refuses what it does not offer.
const unsupported = "Unsupported"

// refusal is an error that an adapter answered, with what it adds for people.
func refusal(answer target.Answer) string {
	text := "the error " + answer.Error
	if answer.Message != "" {
		text += fmt.Sprintf(" (%s)", probe.Shorten(answer.Message))
	}
	return text
}

// octetsText is octets in hexadecimal, as many as anyone would look at.
func octetsText(octets []byte) string {
	const most = 1024
	if len(octets) <= most {
		return fmt.Sprintf("%x", octets)
	}
	return fmt.Sprintf("%x… (%d in all)", octets[:most], len(octets))
}

func wantOctets(op string, answer target.Answer, want []byte) error {
	if !answer.OK {
		return &probe.Violation{Want: "the octets " + octetsText(want), Got: refusal(answer)}
	}
	got, err := answer.Hex("hex")
	if err != nil {
		return probe.Malformed(op, err)
	}
	if !bytes.Equal(got, want) {
		return &probe.Violation{Want: "the octets " + octetsText(want), Got: octetsText(got)}
	}
	return nil
}

func wantError(answer target.Answer, name string) error {
	switch {
	case answer.OK:
		return &probe.Violation{Want: "the error " + name, Got: "a frame: " + probe.Shorten(string(answer.Line()))}
	case answer.Error != name:
		v := &probe.Violation{Want: "the error " + name, Got: refusal(answer)}
		if name != "Incomplete" && answer.Error != "Incomplete" && answer.Error != "Unsupported" {
			v.Requirement = "FRM-9" // it is refused, and which fault is named is of profile strict
		}
		return v
	}
	return nil
}

// wantRefusal wants an error of whatever name. Unsupported refuses the operation
// and says nothing of what was asked: it is none for a codec that offers it.
func wantRefusal(answer target.Answer) error {
	switch {
	case answer.OK:
		return &probe.Violation{Want: "an error", Got: probe.Shorten(string(answer.Line()))}
	case answer.Error == "":
		return &probe.Violation{Want: "an error with a name", Got: probe.Shorten(string(answer.Line()))}
	case answer.Error == unsupported:
		return &probe.Violation{Want: "an error that is about what was asked, from an operation that is offered", Got: refusal(answer)}
	}
	return nil
}

// sameFrame compares every field. FLAGS are compared in their defined bits: a
// decoder may show reserved ones or clear them.
func sameFrame(want *vectors.Frame, got target.Frame) error {
	differ := func(requirement, field string, want, got any) error {
		return &probe.Violation{Requirement: requirement, Want: fmt.Sprintf("%s %v", field, want), Got: fmt.Sprint(got)}
	}
	switch {
	case got.Version != want.Version:
		return differ("", "version", want.Version, got.Version)
	case got.Type != want.Type:
		return differ("TYP-1", "type", want.Type, got.Type)
	case got.Flags&vectors.DefinedFlags != want.Flags&vectors.DefinedFlags:
		return differ(flagsAgainst(want.Flags), "flags", want.Flags, got.Flags)
	case len(got.Headers) != len(want.Headers):
		return differ(headersAgainst(want.Headers, got.Headers), "number of headers", len(want.Headers), len(got.Headers))
	case !bytes.Equal(got.Payload, want.Payload):
		return differ("", "payload", hex.EncodeToString(want.Payload), hex.EncodeToString(got.Payload))
	}
	for i, h := range want.Headers {
		if !bytes.Equal(h[0], got.Headers[i][0]) || !bytes.Equal(h[1], got.Headers[i][1]) {
			return differ(headersAgainst(want.Headers, got.Headers), fmt.Sprintf("header %d", i), fmt.Sprintf("%x=%x", h[0], h[1]), fmt.Sprintf("%x=%x", got.Headers[i][0], got.Headers[i][1]))
		}
	}
	return nil
}

func runVarintVector(ctx context.Context, a adapterCalls, v vectors.Vector) error {
	if v.Has(vectors.TagEncodeOnly) {
		return errors.New("a varint vector without octets")
	}
	answer, err := a.call(ctx, "varint_decode", map[string]any{"hex": hex.EncodeToString(v.Octets)})
	if err != nil {
		return err
	}
	if v.Expect.Result != vectors.ResultAccept {
		return wantRefusal(answer)
	}
	value := strconv.FormatUint(v.Expect.Value, 10)
	if err := wantValue("varint_decode", answer, value, v.Expect.Consumed); err != nil {
		return err
	}
	if v.Has(vectors.TagDecodeOnly) {
		return nil
	}
	if answer, err = a.call(ctx, "varint_encode", map[string]any{"value": value}); err != nil {
		return err
	}
	return wantOctets("varint_encode", answer, v.Octets[:v.Expect.Consumed])
}

func runStringVector(ctx context.Context, a adapterCalls, v vectors.Vector) error {
	value := hex.EncodeToString([]byte(v.Expect.Text))
	if v.Has(vectors.TagEncodeOnly) {
		answer, err := a.call(ctx, "string_encode", map[string]any{"value": value})
		if err != nil {
			return err
		}
		return wantRefusal(answer)
	}
	answer, err := a.call(ctx, "string_decode", map[string]any{"hex": hex.EncodeToString(v.Octets)})
	if err != nil {
		return err
	}
	if v.Expect.Result != vectors.ResultAccept {
		return wantRefusal(answer)
	}
	if err := wantValue("string_decode", answer, value, v.Expect.Consumed); err != nil {
		return err
	}
	if v.Has(vectors.TagDecodeOnly) {
		return nil
	}
	if answer, err = a.call(ctx, "string_encode", map[string]any{"value": value}); err != nil {
		return err
	}
	return wantOctets("string_encode", answer, v.Octets[:v.Expect.Consumed])
}

func wantValue(op string, answer target.Answer, value string, consumed int) error {
	if !answer.OK {
		return &probe.Violation{Want: fmt.Sprintf("the value %s", value), Got: refusal(answer)}
	}
	got, err := answer.String("value")
	if err != nil {
		return probe.Malformed(op, err)
	}
	n, err := answer.Int("consumed")
	if err != nil {
		return probe.Malformed(op, err)
	}
	if got != value || n != int64(consumed) {
		return &probe.Violation{
			Want: fmt.Sprintf("the value %s from %d octets", value, consumed),
			Got:  fmt.Sprintf("%s from %d", got, n),
		}
	}
	return nil
}
