package selftest

import (
	"context"
	"fmt"
	"os"
	"slices"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/conformance/target"
)

// A Contrarian is the reference peer that makes another of the choices which the
// specification leaves free, or a peer of its own that makes many. It has to pass: a case
// that fails it is a defect of the case.
type Contrarian struct {
	Name    string   // for instance "hello-ahead-of-first-data"
	Choice  string   // what it does, in words
	Where   string   // the requirement or section that leaves the choice
	Profile string   // that the choice is permitted in: core or strict
	Roles   []string // in which it shows
	Edits   []Edit   // none for the stranger, who is no reference peer
}

// An Edit is one textual replacement: Old has to stand in the file exactly once.
type Edit struct {
	File, Old, New string
}

var (
	bothRoles  = []string{conformance.RoleServer, conformance.RoleClient}
	serverOnly = []string{conformance.RoleServer}
	clientOnly = []string{conformance.RoleClient}
)

// Contrarians is the catalogue, in the order of section 25 of the specification.
func Contrarians() []Contrarian { return slices.Clone(contrarians) }

var contrarians = []Contrarian{
	{
		Name: "crc-flag-on-every-frame", Choice: "the CRC flag is set on every frame but ACK, whose FLAGS are 0",
		Where: "CRC-4", Profile: "strict", Roles: bothRoles,
		Edits: []Edit{{
			"ref/wire/frame.go",
			"byte(f.Type), byte(f.Flags))\n",
			"byte(f.Type), byte(f.Flags))\n	if f.Type != TypeAck {\n		b[start+4] |= byte(FlagCRC)\n	}\n",
		}},
	},
	{
		Name: "hello-ahead-of-first-data", Choice: "HELLO is sent just ahead of the first DATA and not at once",
		Where: "section 10.3", Profile: "strict", Roles: clientOnly,
		Edits: []Edit{{
			"ref/session/client.go",
			"	if c.state == StateOpen {\n		c.greet()\n	}\n	return c.actions\n",
			"	return c.actions\n",
		}},
	},
	{
		Name: "data-before-hello-refused", Choice: "a DATA that opens a connection is refused with ERR 13",
		Where: "TCP-3", Profile: "strict", Roles: serverOnly,
		Edits: []Edit{{
			"ref/session/server.go",
			"	s.spoken = true\n	if f.Flags.Has(wire.FlagFrag) {",
			"	if !s.spoken && f.Type == wire.TypeData {\n		s.refuse(f, wire.UnexpectedFrameType)\n		return s.actions\n	}\n	s.spoken = true\n	if f.Flags.Has(wire.FlagFrag) {",
		}},
	},
	{
		Name: "bye-for-bye", Choice: "a server answers BYE with BYE",
		Where: "section 10.5", Profile: "strict", Roles: serverOnly,
		Edits: []Edit{{"ref/session/server.go", "		s.endInput(0) // [TCP-8]", "		s.bye = true\n		s.endInput(0)"}},
	},
	{
		Name: "closes-by-reset", Choice: "a connection that is over is closed by RST",
		Where: "section 10.5", Profile: "strict", Roles: bothRoles,
		Edits: []Edit{{
			"ref/tcp/link.go",
			"	c.log = cfg.Log.With(\"peer\", c.peer)\n",
			"	c.log = cfg.Log.With(\"peer\", c.peer)\n	if t, ok := raw.(interface{ SetLinger(int) error }); ok {\n		t.SetLinger(0)\n	}\n",
		}},
	},
	{
		Name: "wrong-magic-after-one-octet", Choice: "a first octet that is already wrong is enough",
		Where: "TCP-17", Profile: "strict", Roles: bothRoles,
		Edits: []Edit{{
			"ref/wire/parse.go",
			"	if len(b) < offVersion {\n		return FixedLen, ErrShort\n	}\n	if b[offMagic] != magic0",
			"	if len(b) > 0 && b[offMagic] != magic0 {\n		return 0, fault(offMagic, InvalidMagic)\n	}\n	if len(b) < offVersion {\n		return FixedLen, ErrShort\n	}\n	if b[offMagic] != magic0",
		}},
	},
	{
		Name: "no-err-for-frag-over-tcp", Choice: "a frame with FRAG over TCP is discarded in silence",
		Where: "section 10.6", Profile: "strict", Roles: serverOnly,
		Edits: []Edit{{"ref/session/server.go", "		s.refuse(f, wire.BadFragment) // [FLG-6]", "		s.report(refusal(wire.BadFragment, \"discarded\"))"}},
	},
	{
		Name: "no-err-for-frag-over-tcp-at-a-client", Choice: "a client discards a frame with FRAG over TCP in silence",
		Where: "section 10.6", Profile: "strict", Roles: clientOnly,
		Edits: []Edit{{"ref/session/client.go", "		c.refuse(f, wire.BadFragment) // [FLG-6]", "		c.report(refusal(wire.BadFragment, \"discarded\"))"}},
	},
	{
		Name: "err-without-text", Choice: "an ERR has no text",
		Where: "ERR-2", Profile: "strict", Roles: bothRoles,
		Edits: []Edit{{"ref/session/reply.go", "Payload: []byte(errTexts[reason])}", "Payload: nil}"}},
	},
	{
		Name: "err-with-a-long-text", Choice: "the text of an ERR has 1,000 octets",
		Where: "ERR-2", Profile: "strict", Roles: bothRoles,
		Edits: []Edit{{"ref/session/reply.go", "Payload: []byte(errTexts[reason])}", "Payload: append([]byte(\"\\u00e9\"), make([]byte, 998)...)}"}},
	},
	{
		Name: "closes-when-idle", Choice: "a connection that is idle for more than 60 s is closed",
		Where: "TCP-30", Profile: "strict", Roles: serverOnly,
		Edits: []Edit{{"ref/tcp/config.go", "ReadTimeout: c.ReadTimeout}", "ReadTimeout: 2*c.StalledFrame + 1}"}},
	},
	{
		Name: "no-welcome-over-udp", Choice: "HELLO over UDP draws no WELCOME",
		Where: "section 13.3", Profile: "strict", Roles: serverOnly,
		Edits: []Edit{{"ref/session/endpoint.go", "		r.reply(welcome(newShortSessionID()), &budget)", "		_ = newShortSessionID"}},
	},
	{
		Name: "ack-behind-the-other-reply", Choice: "over UDP the ACK comes behind what else a datagram draws",
		Where: "section 13.3", Profile: "strict", Roles: bothRoles,
		Edits: []Edit{
			{
				"ref/session/endpoint.go",
				"	if id := msgID(f); wantsAck(f) && id != \"\" {\n		r.reply(ack(id), &budget) // [ACK-1] [ACK-4] [ACK-15]\n	}\n	switch",
				"	switch",
			},
			{
				"ref/session/endpoint.go",
				"			r.Deliver, r.Message, r.Received = true, f, f\n		}\n	}\n	return r\n",
				"			r.Deliver, r.Message, r.Received = true, f, f\n		}\n	}\n	if id := msgID(f); wantsAck(f) && id != \"\" {\n		r.reply(ack(id), &budget)\n	}\n	return r\n",
			},
		},
	},
	{
		Name: "small-fragments", Choice: "messages are cut into pieces of 700 octets",
		Where: "FRG-6", Profile: "strict", Roles: bothRoles,
		Edits: []Edit{{
			"ref/frag/split.go",
			"	if chunk < 1 {",
			"	if len(m.Payload) < 100_000 {\n		chunk = min(chunk, 700)\n	}\n	if chunk < 1 {",
		}},
	},
	{
		Name: "refuses-above-284325-octets", Choice: "a payload of 284,326 octets or more is refused over UDP",
		Where: "FRG-14", Profile: "strict", Roles: bothRoles,
		Edits: []Edit{{"ref/frag/split.go", "	if total > MaxFragments {", "	if total > MaxFragments || len(m.Payload) > 284_325 {"}},
	},
	{
		Name: "frag-ids-downwards", Choice: "frag-ids are taken from 255 downwards",
		Where: "section 14", Profile: "strict", Roles: bothRoles,
		Edits: []Edit{{"ref/frag/ids.go", "		id = want + uint8(i)\n", "		id = 255 - want - uint8(i)\n"}},
	},
	{
		Name: "msg-ids-from-zero", Choice: "the first msg-id is 0",
		Where: "ACK-11", Profile: "strict", Roles: bothRoles,
		Edits: []Edit{
			{"ref/reliable/sender.go", "	cfg = cfg.withDefaults()\n", "	cfg = cfg.withDefaults()\n	cfg.FirstMsgID = 0\n"},
		},
	},
	{
		Name: "sessions-end-at-28s", Choice: "an incomplete message is given up 28 s after its first fragment",
		Where: "RAS-10", Profile: "strict", Roles: bothRoles,
		Edits: []Edit{{"ref/udp/config.go", "Lifetime:     c.Reassembly,", "Lifetime:     c.Reassembly / 15 * 14,"}},
	},
	{
		Name: "no-ack-over-tcp", Choice: "nothing is acknowledged over TCP",
		Where: "ACK-13", Profile: "strict", Roles: bothRoles,
		Edits: []Edit{{"ref/session/action.go", "	if wantsAck(f) {\n		s.send(ack(msgID(f)))", "	if false && wantsAck(f) {\n		s.send(ack(msgID(f)))"}},
	},
	{
		Name: "only-data-acknowledged-over-tcp", Choice: "HELLO, PING and BYE are not acknowledged over TCP",
		Where: "ACK-13", Profile: "strict", Roles: bothRoles,
		Edits: []Edit{{"ref/session/action.go", "	if wantsAck(f) {\n		s.send(ack(msgID(f)))", "	if wantsAck(f) && f.Type == wire.TypeData {\n		s.send(ack(msgID(f)))"}},
	},
	{
		Name: "five-retransmissions", Choice: "an unacknowledged message is transmitted again five times",
		Where: "RTX-1", Profile: "core", Roles: clientOnly,
		Edits: []Edit{{"ref/reliable/config.go", "DefaultRetries       = 3 ", "DefaultRetries       = 5 "}},
	},
	{
		Name: "slow-retransmissions", Choice: "the first interval is 700 ms",
		Where: "RTX-3", Profile: "core", Roles: clientOnly,
		Edits: []Edit{{"ref/reliable/config.go", "DefaultRetryDelay    = 100 * time.Millisecond", "DefaultRetryDelay    = 700 * time.Millisecond"}},
	},
	{
		Name: "one-acknowledged-send-at-a-time", Choice: "acknowledged sends wait for each other",
		Where: "section 16.4", Profile: "strict", Roles: clientOnly,
		Edits: []Edit{
			{"ref/udp/conn.go", "import (\n	\"context\"\n", "import (\n	\"context\"\n	\"sync\"\n"},
			{
				"ref/udp/conn.go",
				"	return c.send(ctx, to, f, true)\n}",
				"	c.one.Lock()\n	defer c.one.Unlock()\n	return c.send(ctx, to, f, true)\n}",
			},
			{"ref/udp/conn.go", "type Conn struct {\n", "type Conn struct {\n	one sync.Mutex\n"},
		},
	},
	{
		Name: "seven-octets-to-a-write", Choice: "octets leave seven at a time",
		Where: "TCP-5", Profile: "strict", Roles: bothRoles,
		Edits: []Edit{{"ref/tcp/write.go", "writeChunk    = 64 << 10", "writeChunk    = 7"}},
	},
	{
		Name: "server-that-pings", Choice: "a server sends a PING behind every frame that it receives",
		Where: "section 10.2", Profile: "strict", Roles: serverOnly,
		Edits: []Edit{{
			"ref/session/server.go",
			"		s.acknowledge(f)\n		s.send(welcome(s.id)) // [TCP-1] [SES-3]\n	case wire.TypeData:\n		s.data(f)\n",
			"		s.acknowledge(f)\n		s.send(welcome(s.id)) // [TCP-1] [SES-3]\n		s.send(wire.Frame{Type: wire.TypePing, Payload: []byte(\"and you?\")})\n	case wire.TypeData:\n		s.data(f)\n		s.send(wire.Frame{Type: wire.TypePing})\n",
		}},
	},
	{
		Name: "udp-server-that-pings", Choice: "a server sends a PING to the source of every message over UDP, as far as the amplification limit lets it",
		Where: "section 13.3", Profile: "strict", Roles: serverOnly,
		Edits: []Edit{{
			"ref/session/endpoint.go",
			"		r.Deliver, r.Message, r.Received = true, m, f\n",
			"		r.Deliver, r.Message, r.Received = true, m, f\n		r.reply(wire.Frame{Type: wire.TypePing}, &budget)\n",
		}},
	},
	{
		Name: "client-that-pings", Choice: "a client sends a PING before every message",
		Where: "section 10.2", Profile: "strict", Roles: clientOnly,
		Edits: []Edit{{"ref/session/client.go", "	c.greeted = true\n}", "	c.greeted = true\n	c.send(wire.Frame{Type: wire.TypePing, Payload: []byte(\"and you?\")})\n}"}},
	},
	{
		Name: "stranger", Choice: "a server that owes the reference peer nothing, and chooses otherwise wherever it may",
		Where: "section 1.5", Profile: "core", Roles: serverOnly,
	},
}

// A ContrarianResult is what the suite made of a contrarian in one role.
type ContrarianResult struct {
	Contrarian Contrarian
	Role       string
	Report     *conformance.Report
	// Blamed are the results that count against it, though it does nothing wrong.
	Blamed []conformance.Result
}

// Oppose builds a contrarian and judges it by the whole suite in each of its roles.
func Oppose(ctx context.Context, c Contrarian, root string, opts conformance.Options) ([]ContrarianResult, error) {
	if len(c.Edits) == 0 {
		r, err := judgeContrarian(ctx, c, conformance.RoleServer, strangerTarget{opts.TimeScale}, withoutCapabilities(opts))
		return []ContrarianResult{r}, err
	}
	dir, err := os.MkdirTemp("", "vstp-contrarian-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	program, err := buildOverlay(ctx, root, dir, c.Name, c.Edits)
	if err != nil {
		return nil, err
	}
	var results []ContrarianResult
	for _, role := range c.Roles {
		var peer target.Target = target.Builtin(program, "--tcp", "127.0.0.1:0", "--udp", "127.0.0.1:0", "--time-scale", fmt.Sprint(opts.TimeScale))
		if role != conformance.RoleServer {
			peer = target.AdapterCommand{Name: c.Name, Path: program, Args: []string{"--adapter"}, TimeScale: opts.TimeScale, Seed: opts.Seed}
		}
		r, err := judgeContrarian(ctx, c, role, peer, opts)
		if err != nil {
			return results, err
		}
		results = append(results, r)
	}
	return results, nil
}

func withoutCapabilities(opts conformance.Options) conformance.Options {
	opts.Capabilities = []string{}
	return opts
}

// judgeContrarian judges a contrarian by the whole suite in one role.
func judgeContrarian(ctx context.Context, c Contrarian, role string, peer target.Target, opts conformance.Options) (ContrarianResult, error) {
	opts.Profile, opts.Role = c.Profile, role
	report, err := conformance.Run(ctx, peer, opts)
	if err != nil {
		return ContrarianResult{}, fmt.Errorf("contrarian %s: %w", c.Name, err)
	}
	r := ContrarianResult{Contrarian: c, Role: role, Report: report}
	for _, res := range report.Results {
		// What it does against a SHOULD is warned of, and rightly so.
		if res.Verdict.Bad() {
			r.Blamed = append(r.Blamed, res)
		}
	}
	return r, nil
}

// Apply says what keeps the edits from being made, or nil.
func (c Contrarian) Apply(root string) error {
	_, err := apply(root, c.Name, c.Edits)
	return err
}
