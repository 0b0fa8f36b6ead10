package main

import (
	"cmp"
	"slices"
	"strings"
)

// nearest returns up to n of the names, the most similar to name first: those
// that contain it, and those that are a few typing mistakes away.
func nearest(name string, names []string, n int) []string {
	type near struct {
		name     string
		distance int
	}
	name = strings.ToLower(name)
	var found []near
	for _, candidate := range names {
		lower := strings.ToLower(candidate)
		d := distance(name, lower)
		switch {
		case len(name) >= 3 && strings.Contains(lower, name):
			d = min(d, 1)
		case d > max(2, len(name)/3):
			continue
		}
		found = append(found, near{candidate, d})
	}
	slices.SortStableFunc(found, func(a, b near) int { return cmp.Compare(a.distance, b.distance) })
	var best []string
	for _, f := range found[:min(n, len(found))] {
		best = append(best, f.name)
	}
	return best
}

// distance is the number of characters to insert, delete or replace that makes
// one text of the other.
func distance(a, b string) int {
	from, to := []rune(a), []rune(b)
	row := make([]int, len(to)+1)
	for j := range row {
		row[j] = j
	}
	for i, r := range from {
		diagonal := row[0]
		row[0] = i + 1
		for j, s := range to {
			replace := diagonal
			if r != s {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j]+1, diagonal+1)
		}
	}
	return row[len(to)]
}
