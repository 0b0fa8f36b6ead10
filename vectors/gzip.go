package vectors

// maxFrame is the limit where a vector sets none.
const maxFrame = 8388608

// readPlain reads what a gzip member holds. Whether it does is for decompressors
// to say.
func (v *Vector) readPlain(expect map[string]*node) {
	plain, ok := expect["plain"].octets()
	if !ok {
		return
	}
	limit := v.Limit
	if limit == 0 {
		limit = maxFrame
	}
	if len(plain) > limit {
		expect["plain"].fail("has %d octets, more than the limit of %d", len(plain), limit)
	}
	v.Expect.Plain = plain
}
