package target

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
)

var errLongLine = errors.New("the line is too long")

// A lineReader cuts the output of an adapter into lines.
type lineReader struct {
	r     *bufio.Reader
	buf   []byte
	limit int // of a line with its end, in octets
}

func newLineReader(r io.Reader, limit int) *lineReader {
	return &lineReader{r: bufio.NewReaderSize(r, 64<<10), limit: limit}
}

// next returns the next line without its end, valid until the next call. Beside an
// error it returns what there was of a line: with errLongLine its beginning,
// otherwise what came before the output ended.
func (l *lineReader) next() ([]byte, error) {
	if l.buf = l.buf[:0]; cap(l.buf) > keepQueue {
		l.buf = nil
	}
	for {
		part, err := l.r.ReadSlice('\n')
		ended := err == nil
		switch {
		case len(l.buf)+len(part) > l.limit:
			return append(l.buf, part...), errLongLine
		case ended && len(l.buf) == 0:
			return part[:len(part)-1], nil
		}
		l.buf = append(l.buf, part...)
		switch {
		case ended:
			return l.buf[:len(l.buf)-1], nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return l.buf, err
		}
	}
}

// excerpt shows the beginning of a line.
func excerpt(line []byte) string {
	const most = 120
	if len(line) > most {
		return fmt.Sprintf("%+q…", line[:most])
	}
	return fmt.Sprintf("%+q", line)
}

// hexText is written to JSON in hexadecimal.
type hexText []byte

func (h hexText) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, h), nil }
