package netem

import "strings"

// nearest returns the one of the names that is a few typing mistakes away from
// name, or "".
func nearest(name string, names []string) string {
	best, least := "", max(2, len(name)/3)+1
	name = strings.ToLower(name)
	for _, candidate := range names {
		d := distance(name, candidate)
		if d >= 2 && len(name) >= 3 && strings.Contains(candidate, name) {
			d = 2
		}
		if d < least {
			best, least = candidate, d
		}
	}
	return best
}

// distance is the number of octets to insert, delete or replace that makes one
// text of the other.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
