package frag

// maxSpare is how many blocks are kept for further use, at most 512 KiB: those of
// the largest message, which has about 24.
const maxSpare = 32

// blocks are those of sessions that are over. Under a steady flow of messages they
// spare the garbage collector most of its work.
type blocks struct{ spare [][]byte }

// take returns an empty block of the given octets or more.
func (b *blocks) take(octets int) []byte {
	for i, block := range b.spare {
		if cap(block) < octets || cap(block) > 2*octets {
			continue // too small, or so large that it would be wasted
		}
		last := len(b.spare) - 1
		b.spare[i], b.spare[last] = b.spare[last], nil
		b.spare = b.spare[:last]
		return block
	}
	return make([]byte, 0, octets)
}

// give takes in what a session has used, as far as there is need of it.
func (b *blocks) give(used [][]byte) {
	for _, block := range used {
		if len(b.spare) == maxSpare || cap(block) > maxBlock {
			continue
		}
		b.spare = append(b.spare, block[:0])
	}
}
