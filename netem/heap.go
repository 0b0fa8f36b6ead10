package netem

// flights are the datagrams in flight, the first due at the front; of those due at
// the same time the one that was sent first.
type flights []flight

type flight struct {
	seq      uint64
	delivery Delivery
}

func (f flight) before(other flight) bool {
	if !f.delivery.At.Equal(other.delivery.At) {
		return f.delivery.At.Before(other.delivery.At)
	}
	return f.seq < other.seq
}

func (h *flights) push(f flight) {
	*h = append(*h, f)
	q := *h
	for i := len(q) - 1; i > 0; {
		parent := (i - 1) / 2
		if !q[i].before(q[parent]) {
			return
		}
		q[i], q[parent] = q[parent], q[i]
		i = parent
	}
}

func (h *flights) pop() flight {
	q := *h
	first, last := q[0], len(q)-1
	q[0], q[last] = q[last], flight{}
	q = q[:last]
	*h = q
	for i := 0; ; {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < last; child++ {
			if q[child].before(q[least]) {
				least = child
			}
		}
		if least == i {
			return first
		}
		q[i], q[least] = q[least], q[i]
		i = least
	}
}
