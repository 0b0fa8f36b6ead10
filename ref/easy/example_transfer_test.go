package easy_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/netem"
	"github.com/vstp-project/vstp/ref/easy"
	"github.com/vstp-project/vstp/ref/udp"
	"github.com/vstp-project/vstp/ref/wire"
)

// filePart is a piece of a file. JSON has its octets in base64.
type filePart struct {
	Offset int64  `json:"offset"`
	Octets []byte `json:"octets"`
}

// fileReceipt says which part has been taken, and how much of the file there is.
type fileReceipt struct {
	Offset int64  `json:"offset"`
	Have   int64  `json:"have"`
	SHA256 []byte `json:"sha256"` // of what there is
}

// fileSink takes a file, part by part. A part that comes again is taken once.
type fileSink struct {
	mu     sync.Mutex
	digest hash.Hash
	have   int64
	again  int // parts that came again
}

func newFileSink() *fileSink { return &fileSink{digest: sha256.New()} }

func (s *fileSink) take(_ context.Context, p filePart) (fileReceipt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case p.Offset > s.have:
		return fileReceipt{}, easy.Failure("a part is missing before this one")
	case p.Offset == s.have:
		s.digest.Write(p.Octets)
		s.have += int64(len(p.Octets))
	default:
		s.again++
	}
	return fileReceipt{p.Offset, s.have, s.digest.Sum(nil)}, nil
}

// sendFile sends a file in parts of at most so many octets, one after the other, and
// returns how often a part was sent again. A part that ends in a Timeout, which is normal
// on a link that loses much, is sent again as a new message with a msg-id of its own. Over
// UDP the receipt may be a late one, of another attempt at an earlier part: its offset
// tells.
func sendFile(ctx context.Context, c *easy.Client[filePart, fileReceipt], file io.Reader, part int) (last fileReceipt, again int, err error) {
	b := make([]byte, part)
	for offset := int64(0); ; {
		n, err := io.ReadFull(file, b)
		if err != nil && n == 0 {
			if errors.Is(err, io.EOF) {
				return last, again, nil
			}
			return last, again, err
		}
		for {
			last, err = c.Call(ctx, filePart{offset, b[:n]})
			if err == nil && last.Offset == offset {
				break
			}
			if err != nil && (!errors.Is(err, wire.Timeout) || ctx.Err() != nil) {
				return last, again, err
			}
			again++
		}
		offset += int64(n)
	}
}

// fileSize is 100 MB with VSTP_NIGHTLY in the environment, and otherwise less.
func fileSize(everyDay int64) int64 {
	if os.Getenv("VSTP_NIGHTLY") != "" {
		return 100_000_000
	}
	return everyDay
}

// file returns octets that are the same in every run, and their digest.
func file(t *testing.T, octets int64) (io.Reader, []byte) {
	t.Helper()
	read := func() io.Reader { return io.LimitReader(rand.NewChaCha8([32]byte{1}), octets) }
	digest := sha256.New()
	n, err := io.Copy(digest, read())
	require.NoError(t, err)
	require.Equal(t, octets, n)
	return read(), digest.Sum(nil)
}

// A file over TCP, in parts of 256 KiB.
func TestFileTransferOverTCP(t *testing.T) {
	size := fileSize(8_000_000)
	content, digest := file(t, size)
	sink := newFileSink()
	c := dial[filePart, fileReceipt](t, "tcp", serve(t, "tcp", easy.Config{}, sink.take), easy.Config{})
	last, again, err := sendFile(t.Context(), c, content, 256<<10)
	require.NoError(t, err)
	assert.Zero(t, again)
	assert.Equal(t, size, last.Have)
	assert.True(t, bytes.Equal(digest, last.SHA256), "the digest")
}

// A file over UDP, in parts that take some 40 fragments each, through a link that loses
// one datagram in twenty each way, doubles some and turns some around. A send is repeated
// once only, so that some parts end in a Timeout and have to be sent again.
func TestFileTransferOverLossyUDP(t *testing.T) {
	size := fileSize(1_000_000)
	content, digest := file(t, size)
	synctest.Test(t, func(t *testing.T) {
		bad := netem.Impairments{
			Delay: 10 * time.Millisecond, Jitter: 2 * time.Millisecond,
			Loss: 0.05, Duplicate: netem.Duplicate{Chance: 0.01},
		}
		cfg := easy.Config{Reliable: true, Timeout: 20 * time.Second, UDP: udp.Config{Retries: 1, FirstMsgID: 1}}
		sink := newFileSink()
		c := overUDP[filePart, fileReceipt](t, netem.Profile{AB: bad, BA: bad}, cfg, easy.UDPHandler(cfg, sink.take))
		began := time.Now()
		last, again, err := sendFile(t.Context(), c, content, 32<<10)
		require.NoError(t, err)
		sink.mu.Lock()
		defer sink.mu.Unlock()
		t.Logf("%d octets in %v of virtual time: %d parts were sent again, %d of them had arrived", size, time.Since(began), again, sink.again)
		assert.Positive(t, again, "what this is about")
		assert.Equal(t, size, last.Have)
		assert.True(t, bytes.Equal(digest, last.SHA256), "the digest")
	})
}

// The same function, as a program would use it.
func Example_fileTransfer() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	sink := newFileSink()
	server, err := easy.Listen(ctx, "tcp", "127.0.0.1:0", easy.Config{}, sink.take)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	client, err := easy.Dial[filePart, fileReceipt](ctx, "tcp", server.Addr().String(), easy.Config{Timeout: 10 * time.Second})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	content := bytes.Repeat([]byte("one line like any other\n"), 10_000)
	last, _, err := sendFile(ctx, client, bytes.NewReader(content), 64<<10)
	if err != nil {
		fmt.Println(err)
		return
	}
	digest := sha256.Sum256(content)
	fmt.Println(last.Have, bytes.Equal(digest[:], last.SHA256))
	// Output: 240000 true
}
