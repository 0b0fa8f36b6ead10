package netem

// Direction is one of the two directions of a link.
type Direction uint8

const (
	AB Direction = iota // from the client to the server
	BA                  // from the server to the client
)

// String returns "ab" or "ba".
func (d Direction) String() string {
	if d == AB {
		return "ab"
	}
	return "ba"
}

// Opposite returns the other direction.
func (d Direction) Opposite() Direction {
	if d == AB {
		return BA
	}
	return AB
}

// Ways is a choice of directions. The zero value is both.
type Ways uint8

const (
	BothWays Ways = iota
	OnlyAB
	OnlyBA
)

// Has says whether d is among the ways.
func (w Ways) Has(d Direction) bool {
	return w == BothWays || (w == OnlyAB) == (d == AB)
}

// String returns "both", "ab" or "ba".
func (w Ways) String() string { return wayNames[w] }

var wayNames = []string{BothWays: "both", OnlyAB: "ab", OnlyBA: "ba"}

func only(d Direction) Ways {
	if d == AB {
		return OnlyAB
	}
	return OnlyBA
}
