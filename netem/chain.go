package netem

// A chain is the course of a Gilbert–Elliott model along the datagrams of one
// group. Its state at a place is computed from the beginning of the group, so that
// it depends on nothing that was computed before.
type chain struct {
	ge GilbertElliott
	d  draws
}

// bad is the state at a place, from 0. The state at place 0 is drawn from the share
// of time that the model is bad on the whole.
func (c chain) bad(place int) bool {
	bad := c.d.chance(laneChainStart, c.ge.P/(c.ge.P+c.ge.R))
	for i := 1; i <= place; i++ {
		bad = c.step(bad, i)
	}
	return bad
}

// step goes from the state before a place to the one at it.
func (c chain) step(bad bool, place int) bool {
	if bad {
		return !c.d.chance(laneChain+lane(place), c.ge.R)
	}
	return c.d.chance(laneChain+lane(place), c.ge.P)
}

// loss is the probability of losing a datagram in a state.
func (g GilbertElliott) loss(bad bool) float64 {
	if bad {
		return 1 - g.BadPass
	}
	return g.GoodLoss
}
