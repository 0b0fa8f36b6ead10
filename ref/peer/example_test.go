package peer_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"github.com/vstp-project/vstp/ref/peer"
)

// As an adapter the peer answers requests, one on a line. This is how vstp-conform
// drives clients and codecs, whatever their language.
func ExampleRunAdapter() {
	requests := strings.NewReader(`
{"op":"start","protocol":1,"time_scale":1,"seed":1}
{"op":"varint_encode","value":"300"}
{"op":"decode","hex":"5654010400000000000000d8429a","limit":8388608}
{"op":"stop"}
`[1:])
	var answers bytes.Buffer
	if err := peer.RunAdapter(context.Background(), peer.Options{}, requests, &answers); err != nil {
		fmt.Println(err)
		return
	}
	answers.ReadString('\n') // who it is
	fmt.Print(answers.String())

	// Output:
	// {"ok":true,"hex":"ac02"}
	// {"ok":false,"error":"Incomplete","needed":15,"message":"more octets are needed"}
	// {"ok":true}
}
