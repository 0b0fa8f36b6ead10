package conformance_test

import (
	"context"
	"fmt"
	"io"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/conformance/target"
)

// A codec in Go is judged in the process of its own tests: through the operations
// of the adapter protocol, without a program of its own. Yours answers requests in
// the place of codecOperations.
func ExampleRun() {
	codecOperations := codec([]string{"codec"}, []string{}, "Unsupported").Serve
	tgt := target.InProcessAdapter{
		Name: "my codec",
		Serve: func(ctx context.Context, in io.Reader, out io.Writer) error {
			return codecOperations(ctx, in, out)
		},
	}
	rep, err := conformance.Run(context.Background(), tgt, conformance.Options{
		Role: conformance.RoleCodec, Run: []string{"vector/frame/cut-in-crc", "vector/frame/hello-minimal"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, res := range rep.Results {
		fmt.Printf("%s %s %q\n", res.Verdict, res.ID, res.Message)
	}
	fmt.Println("exit status", rep.ExitCode(conformance.ExitOptions{}))
	// Output:
	// fail vector/frame/hello-minimal "expected the frame, got the error Incomplete (not in this codec)"
	// not-exercised vector/frame/cut-in-crc "a good exchange failed: expected a frame, got the error Incomplete"
	// exit status 1
}
