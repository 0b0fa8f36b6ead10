package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/vstp-project/vstp/netem"
	"github.com/vstp-project/vstp/netem/relay"
)

// The link: a hundred megabits in a second and twenty milliseconds there and back.
const (
	linkRate  = 100 * mega
	linkDelay = 10 * time.Millisecond
	linkQueue = 256 << 10
)

// lossyLink is the link of one transfer, and what has come through it.
type lossyLink struct {
	link    *netem.Link
	seed    uint64
	arrived atomic.Int64  // octets of payload that were right
	took    time.Duration // by the sender's count, 0 if it did not say

	stop   context.CancelFunc
	ctx    context.Context
	relays []interface{ Close() error }
	udp    *relay.UDP
}

func newLossyLink(loss float64, seed uint64) (*lossyLink, error) {
	i := netem.Impairments{Delay: linkDelay, Loss: loss, Rate: netem.Rate{Bandwidth: linkRate, Queue: linkQueue}}
	link, err := netem.New(netem.Profile{Name: "bulk", AB: i, BA: i}, netem.Options{Seed: seed})
	if err != nil {
		return nil, err
	}
	l := &lossyLink{link: link, seed: seed}
	l.ctx, l.stop = context.WithCancel(context.Background())
	return l, nil
}

// toward puts the link in front of a receiver of datagrams and returns the address to
// send to.
func (l *lossyLink) toward(target string) (string, error) {
	u, err := relay.ListenUDP(l.ctx, l.link, "127.0.0.1:0", target)
	if err != nil {
		return "", err
	}
	l.udp = u
	l.relays = append(l.relays, u)
	return u.Addr().String(), nil
}

// towardStream is toward for a listener of streams.
func (l *lossyLink) towardStream(target string) (string, error) {
	t, err := relay.ListenTCP(l.ctx, l.link, "127.0.0.1:0", target)
	if err != nil {
		return "", err
	}
	l.relays = append(l.relays, t)
	return t.Addr().String(), nil
}

// late says how late the link delivered 99 of 100 datagrams at most; of a stream it is
// not known.
func (l *lossyLink) late() string {
	if l.udp == nil {
		return ""
	}
	return l.udp.Stats().Late.P99.String()
}

// undecided is an error if datagrams were lost that the link did not drop.
func (l *lossyLink) undecided() error {
	if l.udp == nil {
		return nil
	}
	if why := l.udp.Stats().Inconclusive(); why != "" {
		return fmt.Errorf("%s", why)
	}
	return nil
}

func (l *lossyLink) close() {
	l.stop()
	for _, r := range l.relays {
		r.Close()
	}
}

// content is the payload of a transfer: any piece of it can be made on its own.
type content struct{ seed uint64 }

// fill writes piece n to b. Its first eight octets are n.
func (c content) fill(b []byte, n uint64) {
	source := rand.NewPCG(c.seed, n)
	var word [8]byte
	for at := 0; at < len(b); at += len(word) {
		binary.LittleEndian.PutUint64(word[:], source.Uint64())
		copy(b[at:], word[:])
	}
	if len(b) >= len(word) {
		binary.LittleEndian.PutUint64(b, n)
	}
}

// right reports whether b is a whole piece, and which.
func (c content) right(b, scratch []byte) (n uint64, ok bool) {
	if len(b) < 8 || len(b) > len(scratch) {
		return 0, false
	}
	n = binary.LittleEndian.Uint64(b)
	c.fill(scratch[:len(b)], n)
	return n, bytes.Equal(b, scratch[:len(b)])
}
