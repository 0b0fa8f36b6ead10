package spec

import (
	"errors"
	"fmt"
	"strings"
)

// UncoveredEntry is a requirement that no case judges although it could be
// observed, and the reason why.
type UncoveredEntry struct {
	ID     string
	Reason string
}

// Uncovered returns the entries of uncovered.txt, in its order.
func Uncovered() ([]UncoveredEntry, error) {
	list, err := ParseUncovered(uncovered)
	if err != nil {
		return nil, fmt.Errorf("uncovered.txt: %w", err)
	}
	return list, nil
}

// ParseUncovered reads lines of the form "ID reason". Empty lines and lines
// that begin with # are passed over. The error joins one *TextError for every
// fault.
func ParseUncovered(s string) ([]UncoveredEntry, error) {
	var (
		list    []UncoveredEntry
		errs    []error
		defined = map[string]int{}
	)
	for i, text := range strings.Split(s, "\n") {
		text = strings.TrimSpace(text)
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		fail := func(format string, args ...any) {
			errs = append(errs, &TextError{Line: i + 1, Rule: fmt.Sprintf(format, args...)})
		}
		id, reason, _ := strings.Cut(text, " ")
		reason = strings.TrimSpace(reason)
		switch other := defined[id]; {
		case !idRE.MatchString(id):
			fail("%q is not a requirement ID", id)
		case reason == "":
			fail("%s has no reason", id)
		case other != 0:
			fail("%s already stands in line %d", id, other)
		default:
			defined[id] = i + 1
			list = append(list, UncoveredEntry{ID: id, Reason: reason})
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return list, nil
}
