package udp_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/netem"
	"github.com/vstp-project/vstp/ref/compress"
	"github.com/vstp-project/vstp/ref/metrics"
	"github.com/vstp-project/vstp/ref/rate"
	"github.com/vstp-project/vstp/ref/reliable"
	"github.com/vstp-project/vstp/ref/session"
	"github.com/vstp-project/vstp/ref/udp"
	"github.com/vstp-project/vstp/ref/wire"
)

// Each setting of a Config is looked at twice: as it is by default, and changed. A
// setting that did nothing would show the same both times. [RTX-11]
func TestEverySettingDoesSomething(t *testing.T) {
	var log bytes.Buffer
	var counts metrics.Metrics
	never := func(ctx context.Context, _ *udp.Request) { <-ctx.Done() }
	settings := map[string]struct {
		cfg           udp.Config
		look          func(t *testing.T, cfg udp.Config) any
		usual, unlike any
	}{
		"Limits":               {udp.Config{Limits: wire.Limits{MaxFrame: 2_000}}, acksOf("longer than 2,000", 2_500), 1, 0},
		"MessageTypes":         {udp.Config{MessageTypes: []wire.Type{0x20}}, answersToANote, 0, 1},
		"Extensions":           {udp.Config{Handler: echo, Extensions: extensions(t, picky(""), picky("!"))}, answersToBad, 1, 0},
		"Handler":              {udp.Config{Handler: echo}, answers, 0, 1},
		"Local":                {udp.Config{Local: "127.0.0.1:0"}, boundToLoopback, false, true},
		"Retries":              {udp.Config{Retries: 5}, timeline, "0 100 300 700, Timeout at 2700", "0 100 300 700 1500 3100, Timeout at 5100"},
		"RetryDelay":           {udp.Config{RetryDelay: 30 * ms}, timeline, "0 100 300 700, Timeout at 2700", "0 30 90 210, Timeout at 2210"},
		"MaxRetryDelay":        {udp.Config{MaxRetryDelay: 150 * ms}, timeline, "0 100 300 700, Timeout at 2700", "0 100 250 400, Timeout at 2400"},
		"AckTimeout":           {udp.Config{AckTimeout: 5 * ms}, timeline, "0 100 300 700, Timeout at 2700", "0 100 300 700, Timeout at 705"},
		"CRCFlag":              {udp.Config{CRCFlag: true}, flagsSent, wire.Flags(0), wire.FlagCRC},
		"FirstMsgID":           {udp.Config{FirstMsgID: 7}, firstMsgIDsAre7And8, false, true},
		"Compression":          {udp.Config{Compression: compress.Config{Off: true}}, compressedDeliveries, 1, 0},
		"NoFragmentation":      {udp.Config{NoFragmentation: true}, refusalOfALongMessage, wire.Reason(0), wire.FrameTooLarge},
		"FragIDWindow":         {udp.Config{FragIDWindow: 3 * time.Second}, waitForAFragID, 30 * time.Second, 3 * time.Second},
		"Reassembly":           {udp.Config{Reassembly: 3 * time.Second}, sessionsOf(5, 1, 5*time.Second), 5, 0},
		"MaxSessions":          {udp.Config{MaxSessions: 3}, sessionsOf(1, 5, 0), 5, 3},
		"MaxSessionsPerSource": {udp.Config{MaxSessionsPerSource: 3}, sessionsOf(5, 2, 0), 10, 6},
		"MaxSessionOctets":     {udp.Config{MaxSessionOctets: 35}, sessionsOf(5, 1, 0), 5, 3},
		"DuplicateWindow":      {udp.Config{DuplicateWindow: time.Second}, deliveriesOf("a", "b", "a"), "a b", "a b a"},
		"MaxDuplicates":        {udp.Config{MaxDuplicates: 1}, deliveriesOf("a", "b", "a"), "a b", "a b a"},
		"QueueMessages":        {udp.Config{Handler: never, QueueMessages: 2}, acksOf("first", 10, "second", 10, "third", 10), 3, 2},
		"QueuePerSource":       {udp.Config{Handler: never, QueuePerSource: 1}, acksOf("first", 10, "second", 10, "third", 10), 3, 1},
		"QueueOctets":          {udp.Config{Handler: never, QueueOctets: 100}, acksOf("first", 40, "second", 40), 2, 1},
		"PeerRate":             {udp.Config{PeerRate: rate.Limit{Frames: 2}}, pongs, 3, 2},
		"Buffer":               {udp.Config{Buffer: 3_000}, overflowed, 0, 8},
		"NoOffload":            {udp.Config{NoOffload: true}, offload, "true true", "false false"},
		"Window":               {udp.Config{Window: reliable.WindowConfig{Initial: 3}}, sentWithoutAnAck, 64, 3},
		"Metrics": {udp.Config{Metrics: &counts}, func(t *testing.T, cfg udp.Config) any {
			answers(t, cfg)
			return counts.Snapshot().FramesReceived["data"]
		}, uint64(0), uint64(1)},
		"Log": {udp.Config{Log: slog.New(slog.NewTextHandler(&log, nil))}, func(t *testing.T, cfg udp.Config) any { answers(t, cfg); return log.Len() > 0 }, false, true},
	}
	config := reflect.TypeFor[udp.Config]()
	for i := range config.NumField() {
		name := config.Field(i).Name
		t.Run(name, func(t *testing.T) {
			s, ok := settings[name]
			require.True(t, ok, "no test for this setting")
			if name == "NoOffload" && runtime.GOOS != "linux" {
				t.Skip("not tried: this package sends and receives one datagram at a time on " + runtime.GOOS + " in any case")
			}
			usual := s.cfg
			reflect.ValueOf(&usual).Elem().FieldByName(name).SetZero()
			require.NotEqual(t, s.usual, s.unlike)
			assert.Equal(t, s.usual, s.look(t, usual))
			assert.Equal(t, s.unlike, s.look(t, s.cfg))
		})
	}
}

// bubble runs f in virtual time and returns what it does.
func bubble(t *testing.T, f func(t *testing.T) any) (result any) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { result = f(t) })
	return result
}

// acksOf returns a look at how many of some messages, given by name and size, are
// acknowledged by a Server when one client sends them once each.
func acksOf(messages ...any) func(t *testing.T, cfg udp.Config) any {
	return func(t *testing.T, cfg udp.Config) any {
		return bubble(t, func(t *testing.T) any {
			w := newWired(t, exact(), udp.Config{Retries: -1}, cfg)
			for i := 0; i < len(messages); i += 2 {
				err := w.conn.SendReliable(t.Context(), w.at, dataFrame(fmt.Sprintf("%-*s", messages[i+1], messages[i])))
				if err != nil {
					local(t, err, wire.Timeout)
				}
			}
			acks := 0
			for _, e := range w.events.Log().Events {
				if strings.HasPrefix(e.Label, "ACK ") {
					acks++
				}
			}
			return acks
		})
	}
}

// answers returns how many answers a message draws.
func answers(t *testing.T, cfg udp.Config) any { return answersTo(t, cfg, wire.TypeData, "x") }

func answersTo(t *testing.T, cfg udp.Config, typ wire.Type, payload string) any {
	return bubble(t, func(t *testing.T) any {
		n := newNetwork()
		c := n.node(1, 4000)
		s, err := udp.Serve(t.Context(), c, cfg)
		require.NoError(t, err)
		defer s.Close()
		peer := n.node(2, 4000)
		peer.send(t, c.addr, encode(t, typ, 0, payload))
		synctest.Wait()
		return len(peer.inbox)
	})
}

// offload returns whether a socket of the system receives and sends several datagrams
// in one call.
func offload(t *testing.T, cfg udp.Config) any {
	receive, send := serve(t, loopback, cfg).Offload()
	return fmt.Sprint(receive, " ", send)
}

// sentWithoutAnAck returns how many of a hundred messages have left when a second has
// passed without an ACK.
func sentWithoutAnAck(t *testing.T, cfg udp.Config) any {
	return bubble(t, func(t *testing.T) any {
		n := newNetwork()
		conn, _ := n.conn(t, 1, cfg)
		peer := n.node(2, 4000)
		for range 100 {
			go conn.SendReliable(t.Context(), peer.addr, dataFrame("x"))
		}
		time.Sleep(time.Second)
		require.NoError(t, conn.Close())
		ids := map[string]bool{}
		for len(peer.inbox) > 0 {
			f, _ := peer.next(t)
			ids[msgID(t, f)] = true
		}
		return len(ids)
	})
}

// answersToANote returns how many answers a message of type 0x20 draws.
func answersToANote(t *testing.T, cfg udp.Config) any {
	cfg.Handler = func(_ context.Context, r *udp.Request) { r.Answer(r.Message) }
	return answersTo(t, cfg, 0x20, "x")
}

// answersToBad returns how many answers a message draws that is to an extension's
// dislike.
func answersToBad(t *testing.T, cfg udp.Config) any {
	return answersTo(t, cfg, wire.TypeData, "bad")
}

// pongs returns how many PONG three PING draw that come at once.
func pongs(t *testing.T, cfg udp.Config) any {
	return bubble(t, func(t *testing.T) any {
		n := newNetwork()
		c := n.node(1, 4000)
		s, err := udp.Serve(t.Context(), c, cfg)
		require.NoError(t, err)
		defer s.Close()
		peer := n.node(2, 4000)
		for range 3 {
			peer.send(t, c.addr, encode(t, wire.TypePing, 0, "x"))
		}
		synctest.Wait()
		pongs := 0
		for len(peer.inbox) > 0 {
			if f, _ := peer.next(t); f.Type == wire.TypePong {
				pongs++
			}
		}
		return pongs
	})
}

// boundToLoopback reports whether Dial binds to a loopback address.
func boundToLoopback(t *testing.T, cfg udp.Config) any {
	conn, err := udp.Dial(t.Context(), "127.0.0.1:9", cfg)
	require.NoError(t, err)
	defer conn.Close()
	return netip.MustParseAddrPort(conn.LocalAddr().String()).Addr().IsLoopback()
}

// timeline returns when a message is transmitted that nobody acknowledges, and what
// becomes of it when, in ms.
func timeline(t *testing.T, cfg udp.Config) any {
	return bubble(t, func(t *testing.T) any {
		w := newWired(t, exact(netem.Rule{Match: "*"}), cfg, udp.Config{})
		err := w.send(t.Context(), "m", 10)
		local(t, err, wire.Timeout)
		var at []string
		for _, d := range w.times("DATA m") {
			at = append(at, strconv.Itoa(int(d/ms)))
		}
		end := time.Since(w.start) / ms
		return fmt.Sprintf("%s, Timeout at %d", strings.Join(at, " "), end)
	})
}

// sentBy returns the first two messages that a Conn sends, as frames.
func sentBy(t *testing.T, cfg udp.Config, acknowledged bool) (frames []wire.Frame) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		conn, c := n.conn(t, 1, cfg)
		defer conn.Close()
		peer := n.node(2, 4000)
		for range 2 {
			if !acknowledged {
				require.NoError(t, conn.Send(t.Context(), peer.addr, dataFrame("x")))
				f, _ := peer.next(t)
				frames = append(frames, f)
				continue
			}
			wait := async(func() error { return conn.SendReliable(t.Context(), peer.addr, dataFrame("x")) })
			f, _ := peer.next(t)
			frames = append(frames, f)
			peer.ack(t, c.addr, f)
			_, err := wait()
			require.NoError(t, err)
		}
	})
	return frames
}

func flagsSent(t *testing.T, cfg udp.Config) any { return sentBy(t, cfg, false)[0].Flags }

func firstMsgIDsAre7And8(t *testing.T, cfg udp.Config) any {
	frames := sentBy(t, cfg, true)
	return msgID(t, frames[0])+" "+msgID(t, frames[1]) == "7 8"
}

// refusalOfALongMessage returns why a message is refused that does not fit a datagram,
// zero if it is sent.
func refusalOfALongMessage(t *testing.T, cfg udp.Config) any {
	return bubble(t, func(t *testing.T) any {
		n := newNetwork()
		conn, _ := n.conn(t, 1, cfg)
		defer conn.Close()
		var refused *session.LocalError
		if errors.As(conn.Send(t.Context(), n.node(2, 4000).addr, dataFrame(strings.Repeat("x", 1_300))), &refused) {
			return refused.Reason
		}
		return wire.Reason(0)
	})
}

// waitForAFragID returns when the last of 257 fragmented messages has been sent.
func waitForAFragID(t *testing.T, cfg udp.Config) any {
	return bubble(t, func(t *testing.T) any {
		n := newNetwork()
		conn, _ := n.conn(t, 1, cfg)
		defer conn.Close()
		peer := n.node(2, 4000)
		start := time.Now()
		for range 257 {
			require.NoError(t, conn.Send(t.Context(), peer.addr, dataFrame(strings.Repeat("x", 1_300))))
		}
		return time.Since(start)
	})
}

// sessionsOf returns a look at how many half messages, of 10 octets each, a Server
// holds some time after some sources have sent it so many each.
func sessionsOf(each, sources int, after time.Duration) func(t *testing.T, cfg udp.Config) any {
	return func(t *testing.T, cfg udp.Config) any {
		return bubble(t, func(t *testing.T) any {
			w := newWired(t, exact(), udp.Config{}, cfg)
			for range sources {
				peer := raw{w.net.Client(), w.net.Server()}
				for id := range each {
					peer.send(t, fragment(t, 0, id, 0, 2, "0123456789"))
				}
			}
			time.Sleep(lag + after)
			synctest.Wait()
			return w.server.Sessions()
		})
	}
}

// deliveriesOf returns a look at which messages are delivered when one client sends
// these, each under its own msg-id and a second after the one before.
func deliveriesOf(messages ...string) func(t *testing.T, cfg udp.Config) any {
	return func(t *testing.T, cfg udp.Config) any {
		return bubble(t, func(t *testing.T) any {
			var delivered []string
			cfg.Handler = func(_ context.Context, r *udp.Request) { delivered = append(delivered, string(r.Message.Payload)) }
			w := newWired(t, exact(), udp.Config{}, cfg)
			peer := raw{w.net.Client(), w.net.Server()}
			for _, m := range messages {
				peer.send(t, message(t, strconv.Itoa(int(m[0])), m))
				time.Sleep(time.Second)
				synctest.Wait()
			}
			return strings.Join(delivered, " ")
		})
	}
}

// compressedDeliveries returns how many compressed messages a Server delivers of one.
func compressedDeliveries(t *testing.T, cfg udp.Config) any {
	return bubble(t, func(t *testing.T) any {
		delivered := 0
		cfg.Handler = func(context.Context, *udp.Request) { delivered++ }
		w := newWired(t, exact(), udp.Config{}, cfg)
		peer := raw{w.net.Client(), w.net.Server()}
		peer.send(t, encode(t, wire.TypeData, wire.FlagComp, gzipped(t, "x")))
		time.Sleep(lag)
		synctest.Wait()
		return delivered
	})
}

// overflowed returns how many of ten datagrams of 1,200 octets, which arrive at once,
// find no room in the receive buffer of a Server.
func overflowed(t *testing.T, cfg udp.Config) any {
	return bubble(t, func(t *testing.T) any {
		w := newWired(t, exact(), udp.Config{Retries: -1}, cfg)
		err := w.conn.Send(t.Context(), w.at, dataFrame(strings.Repeat("x", tenFragments)))
		require.NoError(t, err)
		time.Sleep(2 * lag)
		return w.net.Server().Overflowed()
	})
}
