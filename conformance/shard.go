package conformance

import (
	"fmt"
	"hash/fnv"
)

// cut returns the cases of the shard, in their order. One without a case would be
// a run that judges nothing.
func (s Shard) cut(cases []Case) ([]Case, error) {
	if s == (Shard{}) {
		return cases, nil
	}
	if s.Count < 1 || s.Index < 1 || s.Index > s.Count {
		return nil, &SelectionError{Problem: fmt.Sprintf("there is no shard %v: the first of n is 1/n, the last n/n", s)}
	}
	var part []Case
	for _, c := range cases {
		if s.holds(c.ID) {
			part = append(part, c)
		}
	}
	if len(part) == 0 {
		return nil, &SelectionError{Problem: fmt.Sprintf("the shard %v holds none of the %d selected cases: divide them into fewer", s, len(cases))}
	}
	return part, nil
}

func (s Shard) String() string { return fmt.Sprintf("%d/%d", s.Index, s.Count) }

func (s Shard) holds(id string) bool {
	h := fnv.New64a()
	_, _ = h.Write([]byte(id)) // cannot fail
	return h.Sum64()%uint64(s.Count) == uint64(s.Index-1)
}
