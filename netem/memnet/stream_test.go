package memnet_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/netem"
	"github.com/vstp-project/vstp/netem/memnet"
)

func stream(t testing.TB, p netem.Profile) (client, server *memnet.StreamConn) {
	t.Helper()
	return memnet.StreamPair(newLink(t, p, netem.Options{}))
}

// slices reads until the stream ends and returns what each Read got.
func slices(c net.Conn) (all []string, err error) {
	b := make([]byte, 4096)
	for {
		n, err := c.Read(b)
		if err != nil {
			return all, err
		}
		all = append(all, string(b[:n]))
	}
}

func TestStreamCrossesBothWays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := stream(t, both(netem.Impairments{Delay: 10 * ms}))
		began := time.Now()
		_, err := client.Write([]byte("request"))
		require.NoError(t, err)
		require.NoError(t, client.CloseWrite())
		got, err := io.ReadAll(server)
		require.NoError(t, err)
		assert.Equal(t, "request", string(got))
		assert.Equal(t, 10*ms, time.Since(began))
		_, err = server.Write([]byte("the other direction goes on"))
		require.NoError(t, err)
		require.NoError(t, server.Close())
		got, err = io.ReadAll(client)
		require.NoError(t, err)
		assert.Equal(t, "the other direction goes on", string(got))
		assert.Equal(t, 20*ms, time.Since(began))
		require.NoError(t, client.Close())
		assert.Equal(t, client.LocalAddr(), server.RemoteAddr())
		assert.Equal(t, server.LocalAddr(), client.RemoteAddr())
	})
}

// The reader sees every boundary of the plan, whatever was written at once.
func TestReaderSeesEveryBoundary(t *testing.T) {
	const frame = "VT\x01\x03\x00\x00\x00\x00\x00\x00\x05Hello1234"
	for name, plan := range map[string]netem.StreamPlan{
		"one octet": {Every: 1}, "seven": {Every: 7}, "at": {At: []int64{2, 3, 11}}, "random": {Random: 3},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, server := stream(t, netem.Profile{StreamAB: plan})
				_, err := client.Write([]byte(frame))
				require.NoError(t, err)
				require.NoError(t, client.Close())
				got, err := slices(server)
				assert.Equal(t, io.EOF, err)
				assert.Equal(t, frame, strings.Join(got, ""))
				switch name {
				case "one octet":
					assert.Len(t, got, len(frame))
				case "seven":
					assert.Equal(t, []string{frame[:7], frame[7:14], frame[14:]}, got)
				case "at":
					assert.Equal(t, []string{frame[:2], frame[2:3], frame[3:11], frame[11:]}, got)
				case "random":
					assert.Greater(t, len(got), 4)
				}
			})
		})
	}
}

// Successive connections try every boundary of a frame.
func TestSweepTriesEveryBoundary(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const frame = "0123456789"
		l := memnet.Listen(newLink(t, netem.Profile{StreamAB: netem.StreamPlan{Sweep: 9}}, netem.Options{}))
		for cut := 1; cut <= 9; cut++ {
			client, err := l.Dial()
			require.NoError(t, err)
			server, err := l.Accept()
			require.NoError(t, err)
			_, err = client.Write([]byte(frame))
			require.NoError(t, err)
			require.NoError(t, client.Close())
			got, err := slices(server)
			assert.Equal(t, io.EOF, err)
			assert.Equal(t, []string{frame[:cut], frame[cut:]}, got)
			require.NoError(t, server.Close())
		}
		require.NoError(t, l.Close())
	})
}

func TestSmallReadsTakeASliceApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := stream(t, netem.Profile{})
		_, err := client.Write([]byte("abcde"))
		require.NoError(t, err)
		n, err := server.Read(nil)
		assert.Zero(t, n)
		assert.NoError(t, err)
		var got []string
		b := make([]byte, 2)
		for range 3 {
			n, err := server.Read(b)
			require.NoError(t, err)
			got = append(got, string(b[:n]))
		}
		assert.Equal(t, []string{"ab", "cd", "e"}, got)
	})
}

func TestResetByTheLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		at := int64(3)
		client, server := stream(t, netem.Profile{StreamAB: netem.StreamPlan{Reset: &at}})
		_, err := client.Write([]byte("abcdef"))
		require.NoError(t, err)
		got, err := slices(server)
		assert.Equal(t, []string{"abc"}, got, "what came before it can be read")
		assert.ErrorIs(t, err, syscall.ECONNRESET)
		_, err = client.Write([]byte("x"))
		assert.ErrorIs(t, err, syscall.ECONNRESET)
		_, err = client.Read(make([]byte, 1))
		assert.ErrorIs(t, err, syscall.ECONNRESET)
	})
}

func TestResetByAnEnd(t *testing.T) {
	for name, end := range map[string]func(t *testing.T, client, server *memnet.StreamConn){
		"linger 0": func(t *testing.T, client, _ *memnet.StreamConn) {
			require.NoError(t, client.SetLinger(0))
			require.NoError(t, client.Close())
		},
		"unread octets": func(t *testing.T, client, server *memnet.StreamConn) {
			_, err := server.Write([]byte("x"))
			require.NoError(t, err)
			synctest.Wait()
			require.NoError(t, client.Close())
		},
		"write to a closed end": func(t *testing.T, client, server *memnet.StreamConn) {
			require.NoError(t, client.Close())
			_, err := server.Write([]byte("x"))
			require.NoError(t, err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, server := stream(t, netem.Profile{})
				end(t, client, server)
				synctest.Wait()
				_, err := server.Write([]byte("x"))
				assert.ErrorIs(t, err, syscall.ECONNRESET)
			})
		})
	}
}

func TestHalfCloseByTheLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		at := int64(3)
		client, server := stream(t, netem.Profile{StreamAB: netem.StreamPlan{HalfClose: &at}})
		_, err := client.Write([]byte("abcdef"))
		require.NoError(t, err)
		got, err := io.ReadAll(server)
		require.NoError(t, err)
		assert.Equal(t, "abc", string(got))
		_, err = server.Write([]byte("still here"))
		require.NoError(t, err)
		b := make([]byte, 20)
		n, err := client.Read(b)
		require.NoError(t, err)
		assert.Equal(t, "still here", string(b[:n]))
	})
}

func TestStallHoldsTheStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := stream(t, netem.Profile{StreamAB: netem.StreamPlan{Stall: &netem.Stall{After: 2, For: time.Minute}}})
		began := time.Now()
		_, err := client.Write([]byte("abcd"))
		require.NoError(t, err)
		b := make([]byte, 20)
		n, err := server.Read(b)
		require.NoError(t, err)
		assert.Equal(t, "ab", string(b[:n]))
		assert.Zero(t, time.Since(began))
		n, err = server.Read(b)
		require.NoError(t, err)
		assert.Equal(t, "cd", string(b[:n]))
		assert.Equal(t, time.Minute, time.Since(began))
	})
}

// Writing waits for a reader when the stream is full, and for ever if it stalls.
func TestWritingWaitsForRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := stream(t, netem.Profile{})
		data := bytes.Repeat([]byte("0123456789abcdef"), 1<<14) // four times what fits
		written := make(chan error, 1)
		go func() {
			_, err := client.Write(data)
			written <- err
			_ = client.Close()
		}()
		synctest.Wait()
		select {
		case <-written:
			t.Error("nobody has read anything, and all was written")
		default:
		}
		got, err := io.ReadAll(server)
		require.NoError(t, err)
		assert.True(t, bytes.Equal(data, got))
		require.NoError(t, <-written)
	})
}

func TestStreamDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := stream(t, netem.Profile{StreamAB: netem.StreamPlan{Stall: &netem.Stall{}}})
		began := time.Now()
		require.NoError(t, server.SetReadDeadline(began.Add(time.Second)))
		_, err := server.Read(make([]byte, 1))
		assert.ErrorIs(t, err, os.ErrDeadlineExceeded)
		assert.True(t, timedOut(err))
		assert.Equal(t, time.Second, time.Since(began))

		require.NoError(t, client.SetDeadline(began.Add(3*time.Second)))
		n, err := client.Write(make([]byte, 1<<20))
		assert.ErrorIs(t, err, os.ErrDeadlineExceeded)
		assert.Equal(t, 64<<10, n, "as much as there was room for")
		assert.Equal(t, 3*time.Second, time.Since(began))
		require.NoError(t, client.SetWriteDeadline(time.Time{}))
		require.NoError(t, client.SetReadDeadline(began))
		_, err = client.Read(make([]byte, 1))
		assert.ErrorIs(t, err, os.ErrDeadlineExceeded)
	})
}

func TestCloseOfAStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := stream(t, netem.Profile{})
		var waiting sync.WaitGroup
		waiting.Go(func() {
			_, err := client.Read(make([]byte, 1))
			assert.ErrorIs(t, err, net.ErrClosed)
		})
		waiting.Go(func() {
			_, err := client.Write(make([]byte, 1<<20))
			assert.ErrorIs(t, err, net.ErrClosed)
		})
		synctest.Wait()
		require.NoError(t, client.Close())
		waiting.Wait()
		for name, err := range map[string]error{
			"close": client.Close(), "close write": client.CloseWrite(), "linger": client.SetLinger(0), "deadline": client.SetDeadline(time.Now()),
		} {
			assert.ErrorIs(t, err, net.ErrClosed, name)
		}
		require.NoError(t, server.CloseWrite())
		_, err := server.Write([]byte("x"))
		assert.ErrorIs(t, err, syscall.EPIPE)
	})
}

func TestListener(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := memnet.Listen(newLink(t, netem.Profile{}, netem.Options{}))
		var serving sync.WaitGroup
		serving.Go(func() {
			for {
				c, err := l.Accept()
				if err != nil {
					assert.ErrorIs(t, err, net.ErrClosed)
					return
				}
				serving.Go(func() {
					_, _ = io.Copy(c, c)
					_ = c.Close()
				})
			}
		})
		addrs := map[string]bool{}
		for i := range 3 {
			c, err := l.Dial()
			require.NoError(t, err)
			addrs[c.LocalAddr().String()] = true
			assert.Equal(t, l.Addr(), c.RemoteAddr())
			text := fmt.Sprint("echo ", i)
			_, err = c.Write([]byte(text))
			require.NoError(t, err)
			require.NoError(t, c.CloseWrite())
			got, err := io.ReadAll(c)
			require.NoError(t, err)
			assert.Equal(t, text, string(got))
			require.NoError(t, c.Close())
		}
		assert.Len(t, addrs, 3)
		require.NoError(t, l.Close())
		serving.Wait()
		assert.ErrorIs(t, l.Close(), net.ErrClosed)
		_, err := l.Dial()
		assert.ErrorIs(t, err, net.ErrClosed)
	})
}

func TestConnectionsThatNobodyAcceptsAreReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := memnet.Listen(newLink(t, netem.Profile{}, netem.Options{}))
		c, err := l.Dial()
		require.NoError(t, err)
		require.NoError(t, l.Close())
		_, err = c.Read(make([]byte, 1))
		assert.ErrorIs(t, err, syscall.ECONNRESET)
	})
}
