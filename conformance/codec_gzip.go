package conformance

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/hex"
	"fmt"

	"github.com/vstp-project/vstp/conformance/probe"
	"github.com/vstp-project/vstp/vectors"
)

// capabilityGzip is what a codec declares that offers decompress.
const capabilityGzip = "compression"

// runGzipVector decompresses a payload under COMP, which holds what the vector says
// or is refused by the error that it names.
func runGzipVector(ctx context.Context, a adapterCalls, v vectors.Vector) error {
	args := map[string]any{"hex": hex.EncodeToString(v.Octets)}
	if v.Limit != 0 {
		args["limit"] = v.Limit
	}
	answer, err := a.call(ctx, "decompress", args)
	if err != nil {
		return err
	}
	if v.Expect.Result != vectors.ResultAccept {
		if answer.OK {
			return &probe.Violation{Want: "the error " + v.Expect.Error, Got: probe.Shorten(string(answer.Line()))}
		}
		return wantError(answer, v.Expect.Error)
	}
	want := fmt.Sprintf("the %d octets that the member holds", len(v.Expect.Plain))
	if !answer.OK {
		return &probe.Violation{Want: want, Got: "the error " + answer.Error}
	}
	plain, err := answer.Hex("hex")
	if err != nil {
		return probe.Malformed("decompress", err)
	}
	if !bytes.Equal(plain, v.Expect.Plain) {
		return &probe.Violation{Want: want, Got: fmt.Sprintf("%d octets: %s", len(plain), probe.Shorten(hex.EncodeToString(plain)))}
	}
	return nil
}

// gzipOf is a member that holds these octets.
func gzipOf(plain []byte) ([]byte, error) {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(plain); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
