package peer

import (
	"context"
	"encoding/json"
	"math"
	"time"

	"github.com/vstp-project/vstp/ref/easy"
)

// errEasyFail is how a handler fails when it is asked to.
const errEasyFail = easy.Failure("the handler was asked to fail")

// easyConfig returns the settings of an Easy endpoint.
func (o Options) easyConfig() easy.Config {
	return easy.Config{TCP: o.tcpConfig(), UDP: o.udpConfig(), Log: o.Log}
}

// serveEasy serves Easy requests and returns where.
func (o Options) serveEasy(ctx context.Context, network, addr string) (*easy.Server, error) {
	return easy.Listen(ctx, network, addr, o.easyConfig(), easyEcho)
}

// easyEcho is the application of the Easy endpoints: it returns the value that it was
// given. If that is an object, "x-delay-ms" says how many milliseconds it takes, and
// "x-fail" that it fails.
func easyEcho(ctx context.Context, value json.RawMessage) (json.RawMessage, error) {
	var wish map[string]json.RawMessage
	if json.Unmarshal(value, &wish) != nil { // no object
		return value, nil
	}
	if !wait(ctx, easyDelay(wish["x-delay-ms"])) {
		return nil, ctx.Err()
	}
	if string(wish["x-fail"]) == "true" {
		return nil, errEasyFail
	}
	return value, nil
}

// easyDelay reads a number of milliseconds; anything else is none.
func easyDelay(raw json.RawMessage) time.Duration {
	var ms float64
	if raw == nil || json.Unmarshal(raw, &ms) != nil || ms < 0 || ms != math.Trunc(ms) {
		return 0
	}
	if ms > float64(maxDelay/time.Millisecond) {
		return maxDelay
	}
	return time.Duration(ms) * time.Millisecond
}
