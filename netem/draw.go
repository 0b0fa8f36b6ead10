package netem

import "math/bits"

// draws are the random numbers of one datagram. They are numbered rather than
// drawn one after the other: what one impairment draws changes nothing for the
// others, and taking an impairment away leaves the rest as it was.
//
// How a number follows from seed, flow, direction, label and occurrence is part of
// what a seed means. It must never change: recorded seeds and the expectations of
// test suites rest on it.
type draws uint64

// lane is the number of a draw.
type lane uint64

const (
	laneLoss lane = iota
	laneChainStart
	laneChainLoss
	laneCorrupt
	laneJitter
	laneReorder
	laneDuplicate
	laneDuplicateLag
	lanePhase
	laneHoldStart
	laneHoldLength
	laneSlice
	laneFlip  = lane(1) << 16 // and upwards, two for each flip
	laneChain = lane(1) << 32 // and upwards, one for each step of a chain
)

// bits returns 64 random bits. The function is the one of SplitMix64, which passes
// its counter through two rounds of multiplication.
func (d draws) bits(l lane) uint64 {
	x := uint64(d) + (uint64(l)+1)*0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// unit returns a number from 0 to below 1.
func (d draws) unit(l lane) float64 { return float64(d.bits(l)>>11) / (1 << 53) }

// chance says whether something happens that happens with probability p.
func (d draws) chance(l lane, p float64) bool { return p > 0 && d.unit(l) < p }

// below returns a number from 0 to below n; 0 for n = 0.
func (d draws) below(l lane, n uint64) uint64 {
	high, _ := bits.Mul64(d.bits(l), n)
	return high
}

// A hash collects what draws are keyed by.
type hash uint64

func newHash(seed uint64) hash { return hash(draws(seed).bits(0)) }

// text adds a text and its length, so that "a", "bc" and "ab", "c" differ.
func (h hash) text(s string) hash {
	const prime = 0x100000001b3 // FNV-1a
	x := uint64(h)
	for i := range len(s) {
		x = (x ^ uint64(s[i])) * prime
	}
	return hash(x).number(uint64(len(s)))
}

func (h hash) number(n uint64) hash { return hash(draws(uint64(h) ^ n).bits(0)) }

func (h hash) draws() draws { return draws(h) }
