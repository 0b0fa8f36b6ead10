package soak

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"time"

	"github.com/vstp-project/vstp/conformance/forge"
)

const (
	bombs        = 64 // over TCP
	bombsAtATime = 8  // connections that send one at the same time
	udpBombs     = 16 // over UDP
	mostForBombs = 256 << 20

	// mostPerBomb is the seconds that one may cost. It takes about a hundredth to
	// decompress what is allowed, and several to decompress it all.
	mostPerBomb = 0.1
)

// bomb sends messages that decompress to far more than may be kept. Each is refused as
// soon as the limit is reached [CMP-8], over UDP in silence.
func bomb(ctx context.Context, r *run) error {
	small, large := deflated(4096), deflated(280)
	r.says("%d messages of %s over TCP that decompress to 4 GiB, %d at a time, and %d of %s in fragments over UDP that decompress to 280 MiB, while honest clients were served",
		bombs, amount(float64(len(small)), octets), bombsAtATime, udpBombs, amount(float64(len(large)), octets))
	before, err := r.peer.usage(ctx)
	if err != nil {
		return err
	}
	refused := make(chan bool, bombs)
	frame := forge.Frame{Type: typeData, Flags: flagComp, Payload: small}.Bytes()
	ping := forge.Frame{Type: typePing}.Bytes()
	err = r.whileServing(ctx, 1, func(ctx context.Context) error {
		err := each(bombs, bombsAtATime, func(int) error {
			one, err := gather(ctx, r.peer.TCP, 1)
			if err != nil {
				return err
			}
			defer one.close()
			if err := one.write(frame); err != nil {
				return err
			}
			f, err := readFrame(one[0], time.Minute)
			if err != nil {
				return fmt.Errorf("after a bomb: %w", err)
			}
			// A message that is refused costs its sender nothing else [CMP-9].
			if err := one.write(ping); err != nil {
				return err
			}
			after, err := readFrame(one[0], exchangePatience)
			refused <- err == nil && f.refuses("8") && after.kind == typePong
			return nil
		})
		if err != nil {
			return err
		}
		return r.sendBombs(ctx, large)
	})
	if err != nil {
		return err
	}
	close(refused)
	n := 0
	for yes := range refused {
		if yes {
			n++
		}
	}
	after, err := r.peer.usage(ctx)
	if err != nil {
		return err
	}
	// A message of which a fragment was lost would be incomplete, and no bomb.
	incomplete, err := r.peer.sessions(ctx)
	if err != nil {
		return err
	}
	r.exactly("bombs over TCP refused with ERR 8, and the connection kept", "", float64(n), bombs)
	r.exactly("bombs over UDP of which all fragments arrived", "", udpBombs-incomplete, udpBombs)
	r.atMost("more memory at the peak", octets, max(after.Peak-before.Resident, 0), mostForBombs)
	r.atMost("processor time for each bomb", seconds, (after.Processor-before.Processor)/(bombs+udpBombs), mostPerBomb)
	return nil
}

// sendBombs sends bombs in fragments over UDP, at a pace that a socket's buffer bears.
func (r *run) sendBombs(ctx context.Context, payload []byte) error {
	conn, err := net.Dial("udp", r.peer.UDP)
	if err != nil {
		return err
	}
	defer conn.Close()
	for i := range udpBombs {
		m := message{id: uint64(i), payload: payload, flags: flagComp}
		for _, datagram := range m.fragments(byte(i)) {
			if _, err := conn.Write(datagram); err != nil {
				return err
			}
			if err := pause(ctx, time.Millisecond/2); err != nil {
				return err
			}
		}
	}
	return nil
}

// perFragment is the octets of payload in a fragment.
const perFragment = 1115

// message is one to be sent in fragments.
type message struct {
	id      uint64
	flags   byte
	payload []byte
}

// fragments are the datagrams of a message.
func (m message) fragments(fragID byte) [][]byte {
	var all [][]byte
	total := (len(m.payload) + perFragment - 1) / perFragment
	for i := range total {
		all = append(all, fragment(m.id, m.flags, fragID, i, total, m.payload[i*perFragment:min((i+1)*perFragment, len(m.payload))]))
	}
	return all
}

// fragment is one datagram of a message.
func fragment(msgID uint64, flags, fragID byte, index, total int, payload []byte) []byte {
	return forge.Frame{
		Type: typeData, Flags: flags | flagFrag, Payload: payload,
		Headers: forge.KV("msg-id", strconv.FormatUint(msgID, 10), "frag-id", strconv.Itoa(int(fragID)),
			"frag-index", strconv.Itoa(index), "frag-total", strconv.Itoa(total)),
	}.Bytes()
}

// deflated is a gzip member of so many MiB of zeros, but for its end, which nobody is
// meant to reach. A block of zeros looks the same behind any other, so that one is made
// and repeated.
func deflated(mib int) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	zeros := make([]byte, 1<<20)
	w.Write(zeros) // a buffer does not fail
	w.Flush()
	first := b.Len()
	w.Write(zeros)
	w.Flush()
	return append(b.Bytes()[:first:first], bytes.Repeat(b.Bytes()[first:], mib-1)...)
}

// random is octets without any sense, the same in every run.
func random(n int, seed uint64) []byte {
	b := make([]byte, n)
	source := rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8), byte(seed >> 16), byte(seed >> 24)})
	source.Read(b) // it does not fail
	return b
}
