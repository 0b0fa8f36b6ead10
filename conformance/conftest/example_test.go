package conftest_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"sync"
	"testing"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/conformance/conftest"
	"github.com/vstp-project/vstp/conformance/target"
)

// A server in Go is judged by its own tests: Serve lets it listen, and each case is
// a subtest. This one knows the opening of TCP by heart and nothing more; in yours Serve
// calls your server, and Run leaves Run and Skip out.
func Example() {
	TestMyServer := func(t *testing.T) {
		tgt := target.InProcess{Name: "my server", Serve: serveByHeart}
		conftest.Run(t, tgt, conformance.Options{Run: []string{"tcp/hello-is-welcomed"}})
	}
	_ = TestMyServer // go test runs it, where it is a function of a test file
}

func TestRunInProcess(t *testing.T) {
	rep := conftest.Run(t, target.InProcess{Name: "by heart", Serve: serveByHeart}, conformance.Options{
		Run: []string{"tcp/hello-is-welcomed"},
	})
	if rep.Count(conformance.Pass) != 1 || rep.Target != "by heart" {
		t.Errorf("%d passed against %s", rep.Count(conformance.Pass), rep.Target)
	}
}

// serveByHeart answers the HELLO of a connection with WELCOME and sends everything else
// back.
func serveByHeart(context.Context) (target.Addrs, func(), error) {
	var (
		hello   = []byte("VT\x01\x01\x00\x00\x00\x00\x00\x00\x00\x90\xa2\x94\x64")
		welcome = []byte("VT\x01\x02\x00\x0d\x00\x00\x00\x00\x00\x0a\x01session-id1\x14\xf2\x3a\x39")
	)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return target.Addrs{}, nil, err
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer c.Close()
				got := make([]byte, len(hello))
				if _, err := io.ReadFull(c, got); err != nil || !bytes.Equal(got, hello) {
					return
				}
				if _, err := c.Write(welcome); err == nil {
					_, _ = io.Copy(c, c)
				}
			})
		}
	})
	return target.Addrs{TCP: l.Addr().String()}, func() { l.Close(); serving.Wait() }, nil
}
