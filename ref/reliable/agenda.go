package reliable

import (
	"container/heap"
	"time"
)

// timed is what can stand in an agenda. It belongs to one agenda at most.
type timed interface {
	comparable
	when() time.Time // must not change while it stands in the agenda
	place() *int     // where it stands there; for the agenda alone
}

// agenda holds things to do, the earliest first. The zero value is empty.
type agenda[T timed] struct{ items []T }

// add puts in what does not stand in it.
func (a *agenda[T]) add(item T) { heap.Push((*order[T])(a), item) }

// remove takes out what stands in it.
func (a *agenda[T]) remove(item T) { heap.Remove((*order[T])(a), *item.place()) }

// first returns the earliest, or the zero value if there is none.
func (a *agenda[T]) first() (item T) {
	if len(a.items) > 0 {
		item = a.items[0]
	}
	return item
}

// due takes out the earliest if its time has come, or returns the zero value.
func (a *agenda[T]) due(now time.Time) (item T) {
	if len(a.items) > 0 && !now.Before(a.items[0].when()) {
		item = a.items[0]
		a.remove(item)
	}
	return item
}

// order is an agenda as container/heap sees it.
type order[T timed] agenda[T]

func (o *order[T]) Len() int           { return len(o.items) }
func (o *order[T]) Less(i, j int) bool { return o.items[i].when().Before(o.items[j].when()) }

func (o *order[T]) Swap(i, j int) {
	o.items[i], o.items[j] = o.items[j], o.items[i]
	*o.items[i].place(), *o.items[j].place() = i, j
}

func (o *order[T]) Push(item any) {
	*item.(T).place() = len(o.items)
	o.items = append(o.items, item.(T))
}

func (o *order[T]) Pop() any {
	last := len(o.items) - 1
	item := o.items[last]
	var none T
	o.items[last] = none
	o.items = o.items[:last]
	return item
}
