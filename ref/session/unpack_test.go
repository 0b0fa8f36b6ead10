package session_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/compress"
	"github.com/vstp-project/vstp/ref/session"
	"github.com/vstp-project/vstp/ref/wire"
)

// What becomes of compressed messages where compression is offered. Where it is not,
// the tables of reactions say it.

const (
	text18 = ` "the compressed payload is not one valid gzip member"`
	// unpackLimit is how many octets a message may unfold to here.
	unpackLimit = 1000
)

var unpack = compress.Config{}.Incoming(unpackLimit)

// packed is a compressed DATA frame that asks for an ACK, under msg-id 7.
func packed(t *testing.T, plain string) wire.Frame {
	t.Helper()
	member, err := compress.Gzip([]byte(plain), 0)
	require.NoError(t, err)
	return packedAs(member)
}

func packedAs(payload []byte) wire.Frame {
	f := frame(wire.TypeData, wire.FlagComp|wire.FlagReqAck, "msg-id=7", "a=1")
	f.Payload = payload
	return f
}

// fit and unfit are compressed messages and what they are: the payload to deliver,
// or why they are refused.
func fit(t *testing.T) map[string]struct {
	in    wire.Frame
	plain string
} {
	return map[string]struct {
		in    wire.Frame
		plain string
	}{
		"plain":        {packed(t, "abc"), "abc"},
		"empty":        {packed(t, ""), ""},
		"at the limit": {packed(t, strings.Repeat("x", unpackLimit)), strings.Repeat("x", unpackLimit)},
		"twice":        {packed(t, string(packed(t, "abc").Payload)), string(packed(t, "abc").Payload)},
	}
}

func unfit(t *testing.T) map[string]struct {
	in     wire.Frame
	reason wire.Reason
} {
	member := packed(t, "abc").Payload
	damaged := bytes.Clone(member)
	damaged[len(damaged)-8] ^= 1
	return map[string]struct {
		in     wire.Frame
		reason wire.Reason
	}{
		"no gzip":          {packedAs([]byte("notgzip")), wire.BadCompression},
		"empty payload":    {packedAs(nil), wire.BadCompression},
		"cut":              {packedAs(member[:len(member)-1]), wire.BadCompression},
		"checksum":         {packedAs(damaged), wire.BadCompression},
		"octet behind it":  {packedAs(append(bytes.Clone(member), 0)), wire.BadCompression},
		"two members":      {packedAs(append(bytes.Clone(member), member...)), wire.BadCompression},
		"beyond the limit": {packed(t, strings.Repeat("x", unpackLimit+1)), wire.FrameTooLarge},
		"bomb":             {packed(t, strings.Repeat("x", 1<<20)), wire.FrameTooLarge},
	}
}

// errOf writes the ERR that refuses a message.
func errOf(reason wire.Reason) string {
	if reason == wire.FrameTooLarge {
		return "send ERR err-code=8 msg-id=7" + text8
	}
	return "send ERR err-code=18 msg-id=7" + text18
}

// unpacked writes the message that is delivered.
func unpacked(plain string) string {
	return describe(dataAck("msg-id=7", "a=1", "'"+plain))
}

// "A receiver MUST deliver the payload of a COMP message decompressed, and decompress
// it only after reassembly." [CMP-4]
func TestServerDeliversCompressedMessages(t *testing.T) {
	for name, c := range fit(t) {
		t.Run(name, func(t *testing.T) {
			s := session.NewServer(session.ServerConfig{Unpack: unpack}, id)
			before := c.in.Clone()
			assert.Equal(t, []string{"send ACK msg-id=7", "deliver 1 " + unpacked(c.plain)}, lines(t, s.Frame(at(0), c.in)))
			assert.Equal(t, before, c.in, "the frame received is as it was")
		})
	}
}

// [CMP-6] [CMP-7] [CMP-8] [CMP-9] [CMP-10] [ERR-9]: neither delivered nor
// acknowledged, and the connection stays.
func TestServerRefusesWhatIsNoMember(t *testing.T) {
	for name, c := range unfit(t) {
		t.Run(name, func(t *testing.T) {
			s := session.NewServer(session.ServerConfig{Unpack: unpack}, id)
			assert.Equal(t, []string{"report " + c.reason.String(), errOf(c.reason)}, lines(t, s.Frame(at(0), c.in)))
			assert.Equal(t, session.StateOpen, s.State())
			assert.Equal(t, []string{`deliver 1 DATA "next"`}, lines(t, s.Frame(at(0), data("'next"))))
		})
	}
}

// [FLG-7] [CMP-1]: the flag decides, on DATA alone, and not the content.
func TestServerLeavesUnflaggedMembersAlone(t *testing.T) {
	s := session.NewServer(session.ServerConfig{Unpack: unpack}, id)
	f := packed(t, "abc")
	f.Flags &^= wire.FlagComp
	assert.Equal(t, []string{"send ACK msg-id=7", "deliver 1 " + describe(f)}, lines(t, s.Frame(at(0), f)))
	assert.Equal(t, []string{`send PONG "notgzip"`}, lines(t, s.Frame(at(0), frame(wire.TypePing, wire.FlagComp, "'notgzip"))))
}

// [CMP-4] [CMP-6]
func TestClientAndCompressedMessages(t *testing.T) {
	cfg := session.ClientConfig{FirstMsgID: 5, Unpack: unpack}
	for name, c := range fit(t) {
		t.Run(name, func(t *testing.T) {
			expect(t, opened(t, cfg).Frame(at(0), c.in), "send ACK msg-id=7", "deliver "+unpacked(c.plain))
		})
	}
	for name, c := range unfit(t) {
		t.Run(name, func(t *testing.T) {
			client := opened(t, cfg)
			expect(t, client.Frame(at(0), c.in), "report "+c.reason.String(), errOf(c.reason))
			expect(t, client.Frame(at(0), data("'next")), `deliver DATA "next"`)
		})
	}
}

// [CMP-4] [CMP-6] [CMP-7] [CMP-8] [UDP-18]: over UDP every refusal is silent.
func TestEndpointAndCompressedMessages(t *testing.T) {
	for _, client := range []bool{false, true} {
		e := session.NewEndpoint(session.EndpointConfig{Unpack: unpack, Client: client})
		for name, c := range fit(t) {
			t.Run(fmt.Sprintf("%s, client %v", name, client), func(t *testing.T) {
				r := e.Datagram(encode(t, c.in))
				require.NoError(t, r.Err)
				assert.Equal(t, []string{"ACK msg-id=7"}, replies(r))
				require.True(t, r.Deliver)
				assert.Equal(t, unpacked(c.plain), describe(r.Message))
			})
		}
		for name, c := range unfit(t) {
			t.Run(fmt.Sprintf("%s, client %v", name, client), func(t *testing.T) {
				r := e.Datagram(encode(t, c.in))
				localError(t, r.Err, c.reason)
				assert.Empty(t, r.Replies)
				assert.False(t, r.Deliver)
			})
		}
	}
}

// A fragment is not looked into: it is decompressed when the message is whole.
func TestEndpointPassesCompressedFragmentsOn(t *testing.T) {
	e := session.NewEndpoint(session.EndpointConfig{Unpack: func(wire.Frame) (wire.Frame, error) {
		t.Error("a fragment is decompressed")
		return wire.Frame{}, wire.BadCompression
	}})
	f := frame(wire.TypeData, wire.FlagComp|wire.FlagFrag, "msg-id=7", "frag-id=1", "frag-index=0", "frag-total=2", "'half")
	r := e.Datagram(encode(t, f))
	require.NoError(t, r.Err)
	assert.True(t, r.Fragment)
}

// What else Unpack may say is taken as what is wrong with the payload.
func TestUnpackThatGivesNoReason(t *testing.T) {
	s := session.NewServer(session.ServerConfig{Unpack: func(wire.Frame) (wire.Frame, error) {
		return wire.Frame{}, errors.New("no idea")
	}}, id)
	assert.Equal(t, []string{"report BadCompression", errOf(wire.BadCompression)}, lines(t, s.Frame(at(0), packed(t, "abc"))))
}
