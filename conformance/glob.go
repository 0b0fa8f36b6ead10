package conformance

import (
	"fmt"
	"path"
	"strings"
)

// Case IDs are selected by globs over their parts between slashes: * stands for
// any part or piece of one, ** for any number of parts. "tcp/*", "vector/**",
// "**/*crc*".

// globs checks that each pattern can be parsed and matches at least one case.
func globs(flag string, patterns []string, all []Case) ([]string, error) {
	for _, p := range patterns {
		if _, err := path.Match(p, ""); err != nil {
			return nil, &SelectionError{Problem: fmt.Sprintf("%s %q cannot be parsed: %v", flag, p, err)}
		}
		matched := false
		for _, c := range all {
			if match(p, c.ID) {
				matched = true
				break
			}
		}
		if !matched {
			return nil, &SelectionError{Problem: fmt.Sprintf("%s %q matches no case (vstp-conform list shows them)", flag, p)}
		}
	}
	return patterns, nil
}

func matchAny(patterns []string, id string) bool {
	for _, p := range patterns {
		if match(p, id) {
			return true
		}
	}
	return false
}

func match(pattern, id string) bool {
	return matchParts(strings.Split(pattern, "/"), strings.Split(id, "/"))
}

func matchParts(pattern, id []string) bool {
	if len(pattern) == 0 {
		return len(id) == 0
	}
	if pattern[0] == "**" {
		for i := range len(id) + 1 {
			if matchParts(pattern[1:], id[i:]) {
				return true
			}
		}
		return false
	}
	if len(id) == 0 {
		return false
	}
	ok, err := path.Match(pattern[0], id[0])
	return err == nil && ok && matchParts(pattern[1:], id[1:])
}
