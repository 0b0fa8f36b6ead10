package vectors

import (
	"maps"
	"slices"
	"strings"
)

// family says what the vectors of one file consist of.
type family struct {
	name string
	// inputs are the fields, beside the common ones, that a vector must have, and
	// options those that it may have.
	inputs, options []string
	// leastLimit is the smallest value of the option limit.
	leastLimit int64
	// input reads what is no octets. False means that it cannot be made sense of,
	// which has been reported.
	input func(v *Vector, fields map[string]*node) bool
	// results are what can be expected, and with which fields beside. Nil in a
	// family whose events hold what is expected.
	results map[string]shape
	// refused is the same for a vector with the tag encode-only, if the family has
	// such.
	refused *shape
	// generated files are made by a program and bear a digest.
	generated bool
}

func (f *family) events() bool { return f.results == nil }

// shape is what goes with a result: the fields that must be there, those that
// may, and how they are read.
type shape struct {
	must, may []string
	read      func(v *Vector, expect map[string]*node)
}

func nothingMore(*Vector, map[string]*node) {}

var frameResults = map[string]shape{
	ResultAccept:     {must: []string{"consumed", "frame"}, read: (*Vector).readAccepted},
	ResultReject:     {must: []string{"error"}, read: readError(frameErrors...)},
	ResultIncomplete: {must: []string{"needed"}, read: (*Vector).readIncomplete},
}

// frameErrors are the names under which a frame can be refused.
var frameErrors = []string{
	"InvalidMagic", "InvalidVersion", "FrameTooLarge", "CrcMismatch", "InvalidFrameType", "Protocol",
}

// families are the families by name.
var families = byName(
	&family{
		name: FamilyFrame, inputs: []string{"octets"}, options: []string{"limit"}, leastLimit: overhead,
		results: frameResults,
	},
	&family{
		name: FamilyGenerated, inputs: []string{"octets"}, options: []string{"limit"}, leastLimit: overhead,
		results: frameResults, generated: true,
	},
	&family{
		name: FamilyGofuzz, inputs: []string{"octets"}, options: []string{"limit"}, leastLimit: overhead,
		results: frameResults, generated: true,
	},
	&family{
		name: FamilyRefuse, inputs: []string{"frame"}, options: []string{"limit"}, leastLimit: overhead,
		input:   (*Vector).readRefused,
		results: map[string]shape{ResultReject: {read: nothingMore}},
	},
	&family{
		name: FamilyHeader, inputs: []string{"octets"},
		results: map[string]shape{
			ResultAccept: {must: []string{"headers"}, read: (*Vector).readSection},
			ResultReject: {must: []string{"error"}, read: readError("Protocol")},
		},
		refused: &shape{must: []string{"headers"}, read: (*Vector).readUnencodable},
	},
	&family{
		name: FamilyCRC, inputs: []string{"octets"},
		results: map[string]shape{ResultAccept: {must: []string{"crc"}, read: (*Vector).readCRC}},
	},
	&family{
		name: FamilyFlags, inputs: []string{"octets"}, options: []string{"type", "transport"},
		input: (*Vector).readFlagsInput,
		results: map[string]shape{
			ResultAccept: {must: []string{"names", "reserved"}, may: []string{"honoured"}, read: (*Vector).readFlags},
			ResultReject: {must: []string{"error"}, read: readError("BadFragment")},
		},
	},
	&family{
		name: FamilyPriority, inputs: []string{"octets"}, input: (*Vector).readOneOctet,
		results: map[string]shape{
			ResultAccept: {must: []string{"name", "priority", "control"}, read: (*Vector).readKind},
			ResultReject: {must: []string{"error"}, read: readError("InvalidFrameType")},
		},
	},
	&family{
		name: FamilyGzip, inputs: []string{"octets"}, options: []string{"limit"}, leastLimit: 1,
		results: map[string]shape{
			ResultAccept: {must: []string{"plain"}, read: (*Vector).readPlain},
			ResultReject: {must: []string{"error"}, read: readError("BadCompression", "FrameTooLarge")},
		},
	},
	&family{
		name: FamilyStream, inputs: []string{"octets"}, options: []string{"limit"}, leastLimit: overhead,
		results: map[string]shape{
			ResultAccept:     {must: []string{"consumed", "frames"}, read: (*Vector).readStream},
			ResultReject:     {must: []string{"error", "consumed", "frames"}, read: (*Vector).readStream},
			ResultIncomplete: {must: []string{"needed", "consumed", "frames"}, read: (*Vector).readStream},
		},
	},
	&family{
		name: FamilySplit, inputs: []string{"message"}, options: []string{"msg_id", "frag_id"},
		input: (*Vector).readMessage,
		results: map[string]shape{
			ResultAccept: {must: []string{"count"}, may: []string{"datagrams"}, read: (*Vector).readSplit},
			ResultEither: {must: []string{"count", "free"}, read: (*Vector).readSplit},
			ResultReject: {must: []string{"error"}, read: (*Vector).readSplitRefused},
		},
	},
	&family{
		name: FamilyReassembly, inputs: []string{"events"}, options: []string{"limit"}, leastLimit: overhead,
		input: (*Vector).readEvents,
	},
	&family{
		name: FamilyTrace, inputs: []string{"machine", "events"}, options: []string{"limit"}, leastLimit: overhead,
		input: (*Vector).readEvents,
	},
	&family{
		name: FamilyEasy, inputs: []string{"octets"},
		results: map[string]shape{
			ResultAccept: {must: []string{"json"}, read: (*Vector).readJSON},
			ResultReject: {must: []string{"error"}, read: readError("DeserializationError")},
		},
	},
	&family{
		name: FamilyVarint, inputs: []string{"octets"},
		results: map[string]shape{
			ResultAccept: {must: []string{"consumed", "value"}, read: (*Vector).readVarint},
			ResultReject: {read: nothingMore},
		},
	},
	&family{
		name: FamilyString, inputs: []string{"octets"},
		results: map[string]shape{
			ResultAccept: {must: []string{"consumed", "text"}, may: []string{"repeat"}, read: (*Vector).readString},
			ResultReject: {read: nothingMore},
		},
		refused: &shape{must: []string{"text"}, may: []string{"repeat"}, read: (*Vector).readString},
	},
)

func byName(list ...*family) map[string]*family {
	m := map[string]*family{}
	for _, f := range list {
		m[f.name] = f
	}
	return m
}

// Families returns the names of all families in alphabetical order.
func Families() []string { return slices.Sorted(maps.Keys(families)) }

// expectFields are all fields that the field expect has in any family.
var expectFields = []string{
	"result", "free", "error", "needed", "consumed", "frame", "frames", "headers", "value", "text", "repeat", "crc",
	"names", "reserved", "honoured", "name", "priority", "control", "plain", "json", "count", "datagrams",
}

// expected reads the field expect. The input has been read.
func (v *Vector) expected(fields map[string]*node, fam *family) {
	given := fields["expect"]
	expect, ok := given.object(expectFields...)
	if !ok || !given.has(expect, "result") {
		return
	}
	result, ok := expect["result"].oneOf(ResultAccept, ResultReject, ResultIncomplete, ResultEither)
	if !ok {
		return
	}
	v.Expect.Result = result
	want, known := fam.results[result]
	if v.Has(TagEncodeOnly) {
		known = fam.refused != nil && result == ResultReject
		if known {
			want = *fam.refused
		}
	}
	if !known {
		expect["result"].fail("result %s does not occur in family %s with tags [%s]", result, v.Family, strings.Join(v.Tags, ", "))
		return
	}
	if v.Has(TagDecodeOnly) && result != ResultAccept {
		fields["tags"].fail("%s is for accepted vectors; only these have another direction", TagDecodeOnly)
	}
	for _, field := range given.nodes {
		if field.key != "result" && !slices.Contains(want.must, field.key) && !slices.Contains(want.may, field.key) {
			field.fail("does not go with result %s in family %s", result, v.Family)
			return
		}
	}
	if given.has(expect, want.must...) {
		want.read(v, expect)
	}
}

// readError returns a reader of the field error.
func readError(names ...string) func(v *Vector, expect map[string]*node) {
	return func(v *Vector, expect map[string]*node) { v.Expect.Error, _ = expect["error"].oneOf(names...) }
}
