package fuzz

import (
	"errors"

	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance/dissect"
	"github.com/vstp-project/vstp/conformance/forge"
	"github.com/vstp-project/vstp/ref/wire"
)

// requireHeaders fails unless the reference and the judge's decoder find the
// same in a header section, and the headers found make up that section again.
// [HDR-1] [HDR-6] [HDR-7]
func requireHeaders(t require.TestingT, section []byte) {
	h, err := wire.ParseHeaders(section)
	fault, refused := errors.AsType[*wire.DecodeError](err)
	if len(section) > wire.MaxHeaderSection {
		require.True(t, refused && fault.Reason == wire.Protocol && fault.Offset == wire.MaxHeaderSection, "%v", err)
		return
	}
	d := dissect.Decode(forge.Raw{Type: dissect.TypeData, HeaderSection: section}.Bytes(), dissect.Options{})
	require.Equal(t, d.Class() == "Protocol", refused, "%v\n%s", err, d)
	if refused {
		require.Equal(t, wire.Protocol, fault.Reason)
		require.Equal(t, d.Violations[0].Offset, fixedLen+fault.Offset, "offset of the fault in %x", section)
		require.Zero(t, h.Size(), "headers of a section that is refused")
		return
	}
	require.NoError(t, err)
	if text := differentHeaders(h, d); text != "" {
		require.Fail(t, text, "%x", section)
	}
	requireLookup(t, h, d.Headers)
	requireSection(t, section, h, d.Headers)
}

// requireLookup fails unless headers are found by their keys: the first of
// several, and how many there are. [HDR-5] [HDR-10]
func requireLookup(t require.TestingT, h wire.Headers, list []dissect.Header) {
	first, count := map[string]string{}, map[string]int{}
	for _, header := range list {
		key := string(header.Key)
		if count[key]++; count[key] == 1 {
			first[key] = string(header.Value)
		}
	}
	looked := 0
	for key := range count {
		value, ok := h.Get(key)
		require.True(t, ok && string(value) == first[key], "Get(%q): %q, %v", key, value, ok)
		require.Equal(t, count[key], h.Count(key), "Count(%q)", key)
		if looked++; looked == 16 {
			break // each of thousands would walk through thousands
		}
	}
	value, ok := h.Get("a key longer than a test draws")
	require.False(t, ok, "%q", value)
}

// requireSection fails unless the headers, put together in each way there is,
// have the octets of the section.
func requireSection(t require.TestingT, section []byte, h wire.Headers, list []dissect.Header) {
	require.Equal(t, len(list), h.Len())
	require.Equal(t, len(section), h.Size())
	requireOctets(t, section, h.Bytes(), "Bytes")

	var forged []forge.Header
	b := wire.NewBuilder(wire.TypeData)
	for _, header := range list {
		forged = append(forged, forge.Header{Key: header.Key, Value: header.Value})
		b.Binary(header.Key, header.Value)
	}
	requireOctets(t, section, forge.Section(forged), "the forge")
	built, err := b.Build()
	require.NoError(t, err)
	requireOctets(t, section, built.Headers.Bytes(), "Builder")

	var appended wire.Headers
	for _, header := range list[:min(len(list), 16)] {
		longer, err := appended.Append(header.Key, header.Value)
		require.NoError(t, err)
		other, err := appended.Append(header.Value, header.Key)
		require.NoError(t, err)
		requireOctets(t, section[:appended.Size()], other.Bytes()[:appended.Size()], "Append")
		requireOctets(t, section[:longer.Size()], longer.Bytes(), "Append, after another to the same headers")
		appended = longer
	}
}
