package stranger

import (
	"net"
	"sync"

	"github.com/vstp-project/vstp/conformance/dissect"
	"github.com/vstp-project/vstp/conformance/forge"
)

// A conn is one connection.
type conn struct {
	net.Conn
	server  *Server
	session string
	greeted bool
	answers chan dissect.Frame // what the application has yet to answer

	mu sync.Mutex // one frame is written at a time [TCP-21]
}

// writePiece is how many octets are written at a time.
const writePiece = 997

// serve takes in frames until the connection is over, and then what is still owed goes
// out. [TCP-15]
func (c *conn) serve() {
	var application sync.WaitGroup
	application.Go(func() {
		for f := range c.answers {
			c.answer(f)
		}
	})
	bye := c.read()
	close(c.answers)
	application.Wait()
	if bye {
		c.send(forge.Frame{Type: dissect.TypeBye})
	}
}

// read takes in the stream and says whether it ended by BYE.
func (c *conn) read() (bye bool) {
	var buffer []byte
	piece := make([]byte, 64<<10)
	for {
		n, err := c.Read(piece)
		if err != nil {
			return false // a frame that is not whole is forgotten [TCP-12]
		}
		buffer = append(buffer, piece[:n]...)
		if need := wanted(buffer); len(buffer) < need {
			continue
		}
		frames, rest := dissect.Split(buffer, dissect.Options{})
		for _, f := range frames {
			switch c.frame(f) {
			case over:
				return true
			case lost:
				return false
			}
		}
		// The frames that the application has not answered alias the buffer.
		buffer = append([]byte(nil), rest...)
	}
}

// wanted is how many octets a buffer should hold before it is looked at: those of its
// first frame, as far as that can be told.
func wanted(b []byte) int {
	const fixed = 11
	if len(b) < fixed {
		return 0
	}
	f := dissect.Decode(b[:fixed], dissect.Options{})
	if f.Class() != "Incomplete" {
		return 0
	}
	return f.Needed()
}

// What becomes of a connection by a frame.
type fate int

const (
	kept fate = iota
	over      // BYE
	lost      // the next frame cannot be found [TCP-13]
)

// frame acts on one frame.
func (c *conn) frame(f dissect.Frame) fate {
	switch f.Class() {
	case "":
	case "InvalidMagic", "InvalidVersion", "FrameTooLarge":
		return lost
	default:
		return kept // it is whole, so that the next one follows [CRC-5] [HDR-6] [TYP-3]
	}
	switch f.Type {
	case dissect.TypeHello:
		c.greeted = true
		c.send(forge.Frame{Type: dissect.TypeWelcome, Headers: forge.KV(dissect.KeySessionID, c.session)}) // [TCP-1]
	case dissect.TypePing:
		c.send(forge.Frame{Type: dissect.TypePong}) // [TCP-6]
	case dissect.TypeBye:
		return over
	case dissect.TypeData:
		switch {
		case f.Flags&(dissect.FlagComp|dissect.FlagFrag) != 0: // [CMP-11]
		case !c.greeted:
			c.send(forge.Frame{Type: dissect.TypeErr, Headers: forge.KV(dissect.KeyErrCode, "13")}) // [TCP-3]
		default:
			select {
			case c.answers <- f:
			case <-c.server.ctx.Done():
				return lost
			}
		}
	}
	return kept
}

// answer is what the application does with a message.
func (c *conn) answer(f dissect.Frame) {
	m, delay := messageOf(f).echo()
	if !c.server.pause(delay) {
		return
	}
	answer := forge.Frame{Type: dissect.TypeData, Headers: m.headers, Payload: m.payload}
	if len(answer.Bytes()) > dissect.DefaultMaxFrame {
		return
	}
	c.send(answer)
	if len(m.payload) == 0 {
		c.send(forge.Frame{Type: dissect.TypePing, Payload: []byte("still there?")})
	}
}

// send writes a frame in small pieces. An error shows when the next frame is read.
func (c *conn) send(f forge.Frame) {
	c.mu.Lock()
	defer c.mu.Unlock()
	size := writePiece
	b := marked(f).Bytes()
	if len(b) > 100*writePiece {
		size *= 64
	}
	for len(b) > 0 {
		n := min(size, len(b))
		if _, err := c.Write(b[:n]); err != nil {
			return
		}
		b = b[n:]
	}
}
