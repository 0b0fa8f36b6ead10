package main

import (
	"strconv"
	"strings"

	"github.com/vstp-project/vstp/conformance"
)

// parseShard reads the flag --shard; without one it is the whole.
func parseShard(text string) (conformance.Shard, error) {
	if text == "" {
		return conformance.Shard{}, nil
	}
	index, count, ok := strings.Cut(text, "/")
	i, err := strconv.Atoi(index)
	n, err2 := strconv.Atoi(count)
	if !ok || err != nil || err2 != nil || i < 1 || n < i {
		return conformance.Shard{}, usagef("--shard %q is no part such as 2/3: from 1/N to N/N", text)
	}
	return conformance.Shard{Index: i, Count: n}, nil
}
