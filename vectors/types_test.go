package vectors_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/vectors"
)

// Every family has a base, so that none of them is without tests.
func TestBasesOfEveryFamily(t *testing.T) {
	for _, family := range vectors.Families() {
		assert.Contains(t, bases, family)
	}
	assert.Len(t, bases, len(vectors.Families()))
}

func TestEmbeddedFilesAreTheFamilies(t *testing.T) {
	var names []string
	for _, family := range vectors.Families() {
		names = append(names, family+".json")
	}
	assert.Equal(t, names, familyFiles(t))
}

func lookupBase(t *testing.T, id string) vectors.Vector {
	t.Helper()
	v, ok := loadBases(t).Lookup(id)
	require.True(t, ok, id)
	return v
}

func TestLoadFSGivesTypesOfSmallFamilies(t *testing.T) {
	assert.Equal(t, vectors.Expect{Result: "accept", CRC: 0xcbf43926}, lookupBase(t, "crc/good").Expect)
	assert.Equal(t, vectors.Expect{Result: "accept", Plain: []byte("abc")}, lookupBase(t, "gzip/good").Expect)
	assert.Equal(t, vectors.Expect{Result: "reject", Error: "BadCompression"}, lookupBase(t, "gzip/bad").Expect)
	assert.Equal(t, vectors.Expect{Result: "accept", Kind: &vectors.Kind{Name: "DATA", Priority: 50}}, lookupBase(t, "priority/good").Expect)
	assert.JSONEq(t, `{"n":1}`, string(lookupBase(t, "easy/good").Expect.JSON))

	headers := [][2][]byte{{[]byte("test"), []byte("value")}}
	assert.Equal(t, vectors.Expect{Result: "accept", Headers: headers}, lookupBase(t, "header/good").Expect)
	refused := lookupBase(t, "header/refused")
	assert.Nil(t, refused.Octets)
	assert.Len(t, refused.Expect.Headers[0][0], 256)

	refused = lookupBase(t, "refuse/bad")
	assert.Nil(t, refused.Octets)
	assert.Equal(t, 100, refused.Limit)
	assert.Equal(t, &vectors.Frame{Version: 1, Type: 9, Headers: [][2][]byte{}, Payload: []byte{}}, refused.Frame)
}

func TestLoadFSGivesTypesOfFlags(t *testing.T) {
	good := lookupBase(t, "flags/good")
	assert.Empty(t, good.Transport)
	assert.Equal(t, &vectors.FlagSet{Names: []string{"REQ_ACK"}, Reserved: 0x80}, good.Expect.Flags)

	honoured := lookupBase(t, "flags/honoured")
	assert.Equal(t, uint8(4), honoured.Type)
	assert.Equal(t, "udp", honoured.Transport)
	assert.Equal(t, &vectors.FlagSet{Names: []string{"REQ_ACK", "COMP"}, Honoured: []string{"REQ_ACK"}}, honoured.Expect.Flags)

	assert.Nil(t, lookupBase(t, "flags/bad").Expect.Flags)
}

func TestLoadFSGivesTypesOfStream(t *testing.T) {
	good := lookupBase(t, "stream/good").Expect
	assert.Equal(t, 61, good.Consumed)
	require.Len(t, good.Frames, 3)
	assert.Equal(t, uint8(1), good.Frames[0].Frame.Type)
	assert.Equal(t, vectors.Item{Error: "InvalidFrameType"}, good.Frames[1])
	assert.Equal(t, "Hello", string(good.Frames[2].Frame.Payload))

	bad := lookupBase(t, "stream/bad").Expect
	assert.Equal(t, "InvalidMagic", bad.Error)
	assert.Equal(t, 15, bad.Consumed)
	assert.Equal(t, 31, lookupBase(t, "stream/short").Expect.Needed)
}

func TestLoadFSGivesTypesOfSplit(t *testing.T) {
	two := lookupBase(t, "split/two")
	assert.Equal(t, "5", two.MsgID)
	assert.Equal(t, "7", two.FragID)
	assert.Equal(t, uint8(3), two.Frame.Type)
	assert.Equal(t, uint8(1), two.Frame.Flags)
	assert.Len(t, two.Frame.Payload, 1300)
	assert.Equal(t, []int{2, 255}, []int{two.Expect.MinCount, two.Expect.MaxCount})
	require.Len(t, two.Expect.Datagrams, 2)
	assert.Len(t, two.Expect.Datagrams[1], 15+0x31+300)

	whole := lookupBase(t, "split/whole")
	assert.Equal(t, uint8(4), whole.Frame.Type)
	assert.Equal(t, []int{1, 1}, []int{whole.Expect.MinCount, whole.Expect.MaxCount})

	either := lookupBase(t, "split/either")
	assert.Equal(t, vectors.ResultEither, either.Expect.Result)
	assert.NotEmpty(t, either.Expect.Free)
}

func TestLoadFSGivesTypesOfReassembly(t *testing.T) {
	good := lookupBase(t, "reassembly/good")
	assert.Equal(t, vectors.ResultEvents, good.Expect.Result)
	assert.Equal(t, vectors.MachineUDPServer, good.Machine)
	assert.Equal(t, 2000, good.Limit)
	require.Len(t, good.Events, 3)
	assert.Equal(t, vectors.InDatagram, good.Events[0].In.Kind)
	assert.Equal(t, "A", good.Events[0].In.From)
	assert.Empty(t, good.Events[0].Out)

	last := good.Events[1]
	assert.Equal(t, 5*time.Millisecond, last.At)
	assert.Equal(t, []vectors.Output{
		{Kind: vectors.OutAck, MsgID: "5", To: "A"},
		{Kind: vectors.OutDeliver, From: "A", Frame: &vectors.Frame{
			Version: 1, Type: 3, Flags: 1, Headers: [][2][]byte{{[]byte("msg-id"), []byte("5")}}, Payload: []byte("AB"),
		}},
	}, last.Out)
	assert.Equal(t, vectors.Event{At: 30 * time.Second}, good.Events[2])
}

func TestLoadFSGivesTypesOfTrace(t *testing.T) {
	empty := &vectors.Frame{Version: 1, Type: 3, Headers: [][2][]byte{}, Payload: []byte("x")}

	tcp := lookupBase(t, "trace/tcp")
	assert.Equal(t, vectors.MachineTCPServer, tcp.Machine)
	assert.Equal(t, &vectors.Input{Kind: vectors.InConnected}, tcp.Events[0].In)
	assert.Len(t, tcp.Events[1].In.Octets, 15)
	assert.Equal(t, []vectors.Output{{Kind: vectors.OutWelcome, Label: "S"}}, tcp.Events[1].Out)
	assert.Equal(t, []vectors.Output{{Kind: vectors.OutDeliver, Frame: empty}}, tcp.Events[2].Out)
	assert.Equal(t, &vectors.Input{Kind: vectors.InAnswer, Frame: empty, Of: 1}, tcp.Events[3].In)
	assert.Equal(t, vectors.Event{
		At: 30 * time.Second, Early: 4 * time.Millisecond, Late: 100 * time.Millisecond,
		Out: []vectors.Output{{Kind: vectors.OutErr, Code: 9, MsgID: "5", Free: "a choice"}, {Kind: vectors.OutEnd}},
	}, tcp.Events[4])

	udp := lookupBase(t, "trace/udp")
	assert.Equal(t, &vectors.Input{Kind: vectors.InSendAck, Frame: empty, To: "A", MsgID: "6", FragID: "8"}, udp.Events[0].In)
	assert.Equal(t, vectors.OutDatagram, udp.Events[0].Out[0].Kind)
	assert.Equal(t, "A", udp.Events[0].Out[0].To)
	assert.Equal(t, []vectors.Output{{Kind: vectors.OutSuccess, MsgID: "6"}}, udp.Events[1].Out)
	assert.Equal(t, []vectors.Output{{Kind: vectors.OutReport, Error: "ServerError", From: "B", Remote: true}}, udp.Events[3].Out)

	easy := lookupBase(t, "trace/easy")
	assert.Equal(t, []vectors.Output{{Kind: vectors.OutHandle, JSON: []byte("1"), From: "A"}}, easy.Events[0].Out)
	assert.JSONEq(t, `{"b":[1,"x"],"a":null}`, string(easy.Events[1].In.JSON))
	assert.Equal(t, 1, easy.Events[1].In.Of)
}
