package conformance

import (
	"context"
	"time"

	"github.com/vstp-project/vstp/conformance/probe"
)

// The roles that an implementation can be judged in.
const (
	RoleServer = "server"
	RoleClient = "client"
	RoleCodec  = "codec"
)

// Roles are all of them, in the order in which an implementation is judged.
func Roles() []string { return []string{RoleServer, RoleClient, RoleCodec} }

// transportAdapter is the "transport" of the cases that speak to an adapter.
const transportAdapter = "adapter"

// transports are those that a case can be about, each with a listener of its own.
var transports = []string{"tcp", "udp", "tls", "tls-verify", "easy-tcp", "easy-udp"}

// A Case judges one requirement. Its ID is permanent: never reused, and a rename
// leaves an alias. The runner knows nothing of where a case came from, a
// scenario or a vector.
type Case struct {
	ID           string        // for instance "framing/crc-mismatch" or "vector/frame/crc-flipped@tcp"
	Title        string        // what it is about, in words
	Requirements []string      // the first is the one that it judges
	Level        string        // the key word of the first requirement
	Profile      string        // core or strict: the profile of the first requirement
	Roles        []string      // server, client or codec
	Transport    string        // one of transports, over which a client is judged as well; adapter for a codec
	Capability   string        // that the target must have declared; empty for none
	Tags         []string      // with their @
	Source       string        // where it is written, for instance "features/tcp.feature:42"
	Wait         time.Duration // how long it waits for timers of the target, before scaling
	Exclusive    bool          // fills a limit of the whole server: runs alone
	Hostile      bool          // sends what only a hostile or broken peer would

	// Run exercises the target and returns nil or one of the outcomes of package
	// probe; any other error is the judge's own fault.
	Run func(ctx context.Context, t *probe.T) error
}
