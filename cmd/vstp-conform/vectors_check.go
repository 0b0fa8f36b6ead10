package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vstp-project/vstp/conformance/dissect"
	"github.com/vstp-project/vstp/conformance/forge"
	"github.com/vstp-project/vstp/spec"
	"github.com/vstp-project/vstp/vectors"
)

// A vectorChecker holds vectors that can be read against what they speak of: the
// specification, the registry, and their own octets. The reader of the vectors has
// compared the fields with the lengths in the octets, and decodes nothing.
type vectorChecker struct {
	registry *spec.Registry
	found    *findings
}

func (c vectorChecker) fault(v vectors.Vector, field, rule string, args ...any) {
	c.found.faults = append(c.found.faults, c.found.file(v).fault(v.Name, field, fmt.Sprintf(rule, args...)))
}

func (c vectorChecker) check(v vectors.Vector) {
	for i, id := range v.Requirements {
		if _, ok := spec.Lookup(id); !ok {
			c.fault(v, fmt.Sprintf("requirements[%d]", i), "%s", noRequirement(id))
		}
	}
	for _, value := range v.UnknownTypes() {
		if t, ok := c.registry.Type(value); ok && value >= firstExtension {
			note := c.found.file(v).fault(v.Name, "", fmt.Sprintf("does not apply: it takes TYPE 0x%02x to be unknown, and the registry has it as %s", value, t.Name))
			c.found.notes = append(c.found.notes, note)
			return
		}
	}
	c.errorName(v, "expect.error", v.Expect.Error)
	switch v.Family {
	case vectors.FamilyFrame, vectors.FamilyGenerated, vectors.FamilyGofuzz:
		c.frame(v)
	case vectors.FamilyRefuse:
		c.refuse(v)
	case vectors.FamilyStream:
		c.stream(v)
	case vectors.FamilyHeader:
		c.header(v)
	case vectors.FamilyCRC:
		if want := forge.CRC(v.Octets); v.Expect.CRC != want {
			c.fault(v, "expect.crc", "is %08x, but the octets give %08x", v.Expect.CRC, want)
		}
	case vectors.FamilyFlags:
		c.flags(v)
	case vectors.FamilyPriority:
		c.priority(v)
	case vectors.FamilySplit:
		for i, datagram := range v.Expect.Datagrams {
			f := dissect.DecodeDatagram(datagram, c.options(0))
			if len(f.Violations) > 0 {
				c.fault(v, fmt.Sprintf("expect.datagrams[%d]", i), "is no datagram that a sender may send: %s", violation(f.Violations[0]))
			}
		}
	case vectors.FamilyReassembly, vectors.FamilyTrace:
		c.events(v)
	case vectors.FamilyGzip:
		c.gzip(v)
	case vectors.FamilyEasy:
		c.easy(v)
	case vectors.FamilyVarint:
		c.varint(v)
	case vectors.FamilyString:
		c.binaryString(v)
	}
}

// firstExtension is the lowest TYPE that a registry can add. [TYP-5]
const firstExtension = 0x10

// noRequirement says that there is no requirement of an ID, and what could have
// been meant.
func noRequirement(id string) string {
	var ids []string
	for _, r := range spec.Requirements() {
		ids = append(ids, r.ID)
	}
	problem := "the specification has no requirement " + id
	if near := nearest(id, ids, 3); len(near) > 0 {
		problem += "; did you mean " + strings.Join(near, ", ") + "?"
	}
	return problem
}

func (c vectorChecker) errorName(v vectors.Vector, field, name string) {
	if _, ok := c.registry.ErrorCode(name); name != "" && !ok {
		c.fault(v, field, "%s is no error of the registry", name)
	}
}

func (c vectorChecker) options(limit int) dissect.Options {
	return dissect.Options{MaxFrame: int64(limit), Registry: c.registry}
}

// violation is a broken rule in words.
func violation(v dissect.Violation) string { return fmt.Sprintf("%s [%s]", v.Text, v.Requirement) }

// reason says why a decoder refuses a frame.
func reason(f dissect.Frame) string {
	for _, v := range f.Violations {
		if !v.Soft && v.Class == f.Class() {
			return f.Class() + ": " + violation(v)
		}
	}
	return f.Class()
}

// frame holds a frame vector against the decoder.
func (c vectorChecker) frame(v vectors.Vector) {
	f := dissect.Decode(v.Octets, c.options(v.Limit))
	class := f.Class()
	switch v.Expect.Result {
	case vectors.ResultAccept:
		c.accepted(v, f)
	case vectors.ResultIncomplete:
		switch {
		case class == "":
			c.fault(v, "expect.result", "is incomplete, but the octets are a whole frame")
		case class != "Incomplete":
			c.fault(v, "expect.result", "is incomplete, but the octets are refused: %s", reason(f))
		case f.Needed() != v.Expect.Needed:
			c.fault(v, "expect.needed", "is %d, but the octets tell of %d", v.Expect.Needed, f.Needed())
		}
	case vectors.ResultReject:
		switch {
		case class == "":
			c.fault(v, "expect.result", "is reject, but nothing is wrong with the octets")
		case class != v.Expect.Error:
			c.fault(v, "expect.error", "is %s, but the octets are refused as %s", v.Expect.Error, reason(f))
		case len(faultClasses(f)) > 1 && !v.Has(vectors.TagPrecedence) && v.Origin == "hand":
			c.fault(v, "octets", "have several faults, %s: a vector has one, or the tag %s", strings.Join(faultClasses(f), " and "), vectors.TagPrecedence)
		}
	}
}

// accepted holds an accepted frame against the decoder.
func (c vectorChecker) accepted(v vectors.Vector, f dissect.Frame) {
	switch f.Class() {
	case "":
		if len(f.Violations) > 0 && !v.Has(vectors.TagDecodeOnly) && v.Origin == "hand" {
			c.fault(v, "tags", "lacks %s, although no sender may send this frame: %s", vectors.TagDecodeOnly, violation(f.Violations[0]))
		}
	case "InvalidFrameType":
		c.fault(v, "expect.frame.type", "is %d, but a TYPE 0x%02x is not in the registry (--registry names another one)", f.Type, f.Type)
	default:
		c.fault(v, "octets", "are refused, but the result is accept: %s", reason(f))
	}
}

// faultClasses are the classes of faults that a refused frame has. What follows a
// wrong MAGIC is not a frame, and a frame that is too large need not be whole.
func faultClasses(f dissect.Frame) []string {
	if f.Class() == "InvalidMagic" {
		return []string{"InvalidMagic"}
	}
	var classes []string
	for _, v := range f.Violations {
		if v.Soft || v.Class == "Incomplete" && f.Class() == "FrameTooLarge" || slices.Contains(classes, v.Class) {
			continue
		}
		classes = append(classes, v.Class)
	}
	return classes
}

// refuse looks for a reason for an encoder to refuse the frame.
func (c vectorChecker) refuse(v vectors.Vector) {
	f, size, long := v.Frame, 0, false
	for _, h := range f.Headers {
		size += 2 + len(h[0]) + len(h[1])
		long = long || len(h[0]) > 255 || len(h[1]) > 255
	}
	limit := v.Limit
	if limit == 0 {
		limit = dissect.DefaultMaxFrame
	}
	_, known := c.registry.Type(f.Type)
	if f.Version == 1 && known && !long && size <= 65535 && 15+size+len(f.Payload) <= limit {
		c.fault(v, "frame", "gives an encoder nothing to refuse: the version, the type, the sizes of the headers and of the frame are right")
	}
}

// stream holds a stream against the decoder, frame by frame.
func (c vectorChecker) stream(v vectors.Vector) {
	rest := v.Octets
	for i, item := range v.Expect.Frames {
		f := dissect.Decode(rest, c.options(v.Limit))
		if class := f.Class(); class != item.Error {
			got := "is a frame that is accepted"
			if class != "" {
				got = "is refused as " + reason(f)
			}
			c.fault(v, fmt.Sprintf("expect.frames[%d]", i), "%s", "does not agree with the octets: what stands there "+got)
			return
		}
		rest = rest[f.Total:]
	}
	if len(rest) == 0 {
		return // the reader has compared that with the result
	}
	f := dissect.Decode(rest, c.options(v.Limit))
	switch class := f.Class(); {
	case class == "" || class == "InvalidFrameType":
		c.fault(v, "expect.frames", "end before the octets do: another frame follows")
	case v.Expect.Result == vectors.ResultAccept:
		c.fault(v, "expect.result", "is accept, but the rest is refused as %s", reason(f))
	case class == "Incomplete" && v.Expect.Result != vectors.ResultIncomplete:
		c.fault(v, "expect.result", "is %s, but the last frame is incomplete", v.Expect.Result)
	case class == "Incomplete" && f.Needed() != v.Expect.Needed:
		c.fault(v, "expect.needed", "is %d, but the octets tell of %d", v.Expect.Needed, f.Needed())
	case class != "Incomplete" && v.Expect.Result == vectors.ResultIncomplete:
		c.fault(v, "expect.result", "is incomplete, but the rest is refused as %s", reason(f))
	case class != "Incomplete" && class != v.Expect.Error:
		c.fault(v, "expect.error", "is %s, but the rest is refused as %s", v.Expect.Error, reason(f))
	}
}

// header holds a header section against the decoder, by way of a frame around it.
func (c vectorChecker) header(v vectors.Vector) {
	if v.Octets == nil {
		return // for an encoder alone
	}
	f := sectionFrame(v.Octets)
	switch class := f.Class(); {
	case class == "" && v.Expect.Result != vectors.ResultAccept:
		c.fault(v, "expect.result", "is reject, but nothing is wrong with the octets")
	case class != "" && v.Expect.Result == vectors.ResultAccept:
		c.fault(v, "octets", "are refused, but the result is accept: %s", reason(f))
	case class != v.Expect.Error:
		c.fault(v, "expect.error", "is %s, but the octets are refused as %s", v.Expect.Error, reason(f))
	}
}

// sectionFrame decodes a header section in a frame that is right otherwise.
func sectionFrame(section []byte) dissect.Frame {
	return dissect.Decode(forge.Raw{Type: dissect.TypeData, HeaderSection: section}.Bytes(), dissect.Options{})
}

// flags wants every flag of the registry that is set to be named.
func (c vectorChecker) flags(v vectors.Vector) {
	if v.Expect.Flags == nil {
		return
	}
	for _, flag := range c.registry.Flags {
		if v.Octets[0]&flag.Mask != 0 && !slices.Contains(v.Expect.Flags.Names, flag.Name) {
			c.fault(v, "expect.names", "lack %s, which the registry has for 0x%02x", flag.Name, flag.Mask)
		}
	}
}

// priority holds what is said of a TYPE against the registry.
func (c vectorChecker) priority(v vectors.Vector) {
	t, known := c.registry.Type(v.Octets[0])
	k := v.Expect.Kind
	switch {
	case known && k == nil:
		c.fault(v, "expect.result", "is reject, but the registry has the TYPE 0x%02x as %s", t.Value, t.Name)
	case k == nil:
	case !known:
		c.fault(v, "octets", "are a TYPE that is not in the registry (--registry names another one)")
	case k.Name != t.Name:
		c.fault(v, "expect.name", "is %s, but the registry has %s", k.Name, t.Name)
	case k.Priority != t.Priority:
		c.fault(v, "expect.priority", "is %d, but the registry has %d", k.Priority, t.Priority)
	case k.Control != t.Control:
		c.fault(v, "expect.control", "is %t, but the registry has %t", k.Control, t.Control)
	}
}

// events looks the errors up that a machine reports.
func (c vectorChecker) events(v vectors.Vector) {
	for i, event := range v.Events {
		for j, out := range event.Out {
			field := fmt.Sprintf("events[%d].out[%d]", i, j)
			c.errorName(v, field, out.Error)
			if out.Kind == vectors.OutErr && c.registry.ErrorName(out.Code) == "" {
				c.fault(v, field, "%d is no error code of the registry", out.Code)
			}
			if out.Kind == vectors.OutDatagram {
				if f := dissect.DecodeDatagram(out.Octets, c.options(0)); len(f.Violations) > 0 {
					c.fault(v, field, "is no datagram that a sender may send: %s", violation(f.Violations[0]))
				}
			}
		}
	}
}
