package compress

import (
	"compress/gzip"
	"errors"
	"fmt"
	"math"
	"sync"
)

// errRoom says that a member is longer than it may be.
var errRoom = errors.New("the member is longer than it may be")

// deflater is what compresses, at one level. It is kept for the next payload, since
// its tables are about a megabyte.
type deflater struct {
	out    bounded
	writer *gzip.Writer // writes to out
}

// deflaters holds those that are not in use, by their level.
var deflaters [gzip.BestCompression + 1]sync.Pool

// Gzip returns plain, of any length, as one gzip member of its own memory, at a
// level from 1 to 9; zero means DefaultLevel. It fails for a level that does not
// exist.
func Gzip(plain []byte, level int) ([]byte, error) {
	return deflate(plain, level, math.MaxInt)
}

// deflate is Gzip for a member of at most room octets. It fails with errRoom as
// soon as the member is longer.
func deflate(plain []byte, level, room int) ([]byte, error) {
	if level == 0 {
		level = DefaultLevel
	}
	if level < gzip.BestSpeed || level > gzip.BestCompression {
		return nil, fmt.Errorf("compression level %d does not exist, use %d to %d or 0 for %d",
			level, gzip.BestSpeed, gzip.BestCompression, DefaultLevel)
	}
	d, ok := deflaters[level].Get().(*deflater)
	if !ok {
		d = new(deflater)
		var err error
		if d.writer, err = gzip.NewWriterLevel(&d.out, level); err != nil {
			return nil, err
		}
	}
	defer deflaters[level].Put(d)
	return d.deflate(plain, room)
}

func (d *deflater) deflate(plain []byte, room int) ([]byte, error) {
	d.out = bounded{room: room}
	defer func() { d.out = bounded{} }() // so that the pool does not keep the member
	d.writer.Reset(&d.out)
	if _, err := d.writer.Write(plain); err != nil {
		return nil, err
	}
	if err := d.writer.Close(); err != nil {
		return nil, err
	}
	return d.out.octets, nil
}

// bounded keeps what is written to it, up to room octets.
type bounded struct {
	octets []byte
	room   int
}

func (b *bounded) Write(p []byte) (int, error) {
	if len(p) > b.room-len(b.octets) {
		return 0, errRoom
	}
	b.octets = append(b.octets, p...)
	return len(p), nil
}
