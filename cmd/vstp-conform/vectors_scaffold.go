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

// A scaffold is what the octets of a vector say by themselves.
type scaffold struct {
	octets  string // in groups, one for each field
	expect  map[string]any
	tags    []string
	summary string
}

// newScaffold takes octets apart that are to be a vector of a family.
func newScaffold(family string, octets []byte, limit int64, registry *spec.Registry) (scaffold, error) {
	if limit != 0 && family != vectors.FamilyFrame && family != vectors.FamilyStream {
		return scaffold{}, usagef("--limit is for vectors of the families frame and stream")
	}
	if registry == nil {
		registry = spec.DefaultRegistry()
	}
	o := dissect.Options{MaxFrame: limit, Registry: registry}
	switch family {
	case vectors.FamilyFrame:
		return scaffoldFrame(octets, o), nil
	case vectors.FamilyStream:
		return scaffoldStream(octets, o), nil
	case vectors.FamilyHeader:
		return scaffoldHeader(octets)
	case vectors.FamilyCRC:
		crc := fmt.Sprintf("%08x", forge.CRC(octets))
		return scaffold{octets: group(octets), expect: accept("crc", crc), summary: "The CRC-32 of these octets is " + crc}, nil
	case vectors.FamilyFlags:
		return scaffoldFlags(octets, registry)
	case vectors.FamilyPriority:
		return scaffoldPriority(octets, registry)
	}
	return scaffold{}, usagef("vectors of the family %s are not written by this command, only frame, stream, header, crc, flags and priority: the others are made by hand, generated and gofuzz by a program", family)
}

// accept is what is expected of octets that are accepted: further fields and their
// values.
func accept(fields ...any) map[string]any {
	expect := map[string]any{"result": vectors.ResultAccept}
	for i := 0; i < len(fields); i += 2 {
		expect[fields[i].(string)] = fields[i+1]
	}
	return expect
}

func reject(class string) map[string]any {
	return map[string]any{"result": vectors.ResultReject, "error": class}
}

func scaffoldFrame(octets []byte, o dissect.Options) scaffold {
	f := dissect.Decode(octets, o)
	sc := scaffold{octets: join(groups(f), group(octets[len(f.Raw):])), summary: f.String()}
	switch class := f.Class(); class {
	case "":
		sc.expect = accept("consumed", f.Total, "frame", frameFields(f))
		if len(f.Violations) > 0 {
			sc.tags = []string{vectors.TagDecodeOnly}
		}
	case "Incomplete":
		sc.expect = map[string]any{"result": vectors.ResultIncomplete, "needed": f.Needed()}
	default:
		sc.expect = reject(class)
		if len(faultClasses(f)) > 1 {
			sc.tags = []string{vectors.TagPrecedence}
		}
	}
	return sc
}

func scaffoldStream(octets []byte, o dissect.Options) scaffold {
	var words []string
	frames := []any{}
	consumed := int64(0)
	sc := scaffold{expect: accept()}
	rest := octets
	for len(rest) > 0 {
		f := dissect.Decode(rest, o)
		words = append(words, f.String())
		sc.octets = join(sc.octets, groups(f))
		class := f.Class()
		if class != "" && class != "InvalidFrameType" {
			sc.octets = join(sc.octets, group(rest[len(f.Raw):]))
			sc.expect = reject(class)
			if class == "Incomplete" {
				sc.expect = map[string]any{"result": vectors.ResultIncomplete, "needed": f.Needed()}
			}
			if len(faultClasses(f)) > 1 {
				sc.tags = []string{vectors.TagPrecedence}
			}
			break
		}
		if class == "" {
			frames = append(frames, frameFields(f))
		} else {
			frames = append(frames, map[string]any{"error": class})
		}
		consumed += f.Total
		rest = rest[f.Total:]
	}
	sc.expect["consumed"], sc.expect["frames"] = consumed, frames
	sc.summary = strings.Join(words, ", ")
	if sc.summary == "" {
		sc.summary = "Nothing"
	}
	return sc
}

func scaffoldHeader(octets []byte) (scaffold, error) {
	if len(octets) > 65535 {
		return scaffold{}, usagef("a header section has at most 65535 octets, and these are %d", len(octets))
	}
	f := sectionFrame(octets)
	f.Fields = slices.DeleteFunc(f.Fields, func(field dissect.Field) bool {
		return field.Offset < 11 || field.Offset >= 11+len(octets)
	})
	sc := scaffold{octets: groups(f), summary: fmt.Sprintf("%s in a section of %s", plural(len(f.Headers), "header"), plural(len(octets), "octet"))}
	if class := f.Class(); class != "" {
		sc.expect = reject(class)
		return sc, nil
	}
	sc.expect = accept("headers", marshalHeaders(headersOf(f)))
	return sc, nil
}

func scaffoldFlags(octets []byte, registry *spec.Registry) (scaffold, error) {
	if len(octets) != 1 {
		return scaffold{}, usagef("a vector of the family flags has one octet, and these are %d", len(octets))
	}
	names := []string{}
	for _, flag := range registry.Flags {
		if octets[0]&flag.Mask != 0 {
			names = append(names, flag.Name)
		}
	}
	return scaffold{
		octets: group(octets), expect: accept("names", names, "reserved", octets[0]&^vectors.DefinedFlags),
		summary: fmt.Sprintf("The flags of 0x%02x are %s", octets[0], list(names)),
	}, nil
}

func scaffoldPriority(octets []byte, registry *spec.Registry) (scaffold, error) {
	if len(octets) != 1 {
		return scaffold{}, usagef("a vector of the family priority has one octet, a TYPE, and these are %d", len(octets))
	}
	t, ok := registry.Type(octets[0])
	if !ok {
		return scaffold{octets: group(octets), expect: reject("InvalidFrameType"), summary: fmt.Sprintf("%02x is no type", octets[0])}, nil
	}
	return scaffold{
		octets: group(octets), expect: accept("name", t.Name, "priority", t.Priority, "control", t.Control),
		summary: fmt.Sprintf("%s has the priority %d", t.Name, t.Priority),
	}, nil
}

func frameFields(f dissect.Frame) map[string]any {
	return map[string]any{
		"version": f.Version, "type": f.Type, "flags": f.Flags,
		"headers": marshalHeaders(headersOf(f)), "payload": group(f.Payload),
	}
}

func headersOf(f dissect.Frame) [][2][]byte {
	var headers [][2][]byte
	for _, h := range f.Headers {
		headers = append(headers, [2][]byte{h.Key, h.Value})
	}
	return headers
}

// groups writes the octets of a frame, one group for each field. The two lengths
// of a header stand in one group.
func groups(f dissect.Frame) string {
	var text string
	for i, field := range f.Fields {
		octets := group(f.Raw[field.Offset : field.Offset+field.Length])
		if field.Name == "VALUE_LEN" && i > 0 && f.Fields[i-1].Name == "KEY_LEN" {
			text += octets
			continue
		}
		text = join(text, octets)
	}
	return text
}

// group writes octets as one group; a long row of the same octet in short.
func group(octets []byte) string {
	const long = 16
	if len(octets) >= long && len(slices.Compact(slices.Clone(octets))) == 1 {
		return fmt.Sprintf("%02x*%d", octets[0], len(octets))
	}
	return fmt.Sprintf("%x", octets)
}

// join puts groups one behind the other.
func join(texts ...string) string {
	return strings.Join(slices.DeleteFunc(texts, func(s string) bool { return s == "" }), " ")
}
