package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/conformance/probe"
	"github.com/vstp-project/vstp/conformance/report"
	"github.com/vstp-project/vstp/conformance/target"
	"github.com/vstp-project/vstp/spec"
)

// A lesson is a case that is explained at length.
type lesson struct {
	id    string // of the case
	about string // what goes on, for someone who does not know the protocol yet
	todo  string // where to look first when it does not pass
}

// serverLessons go from the first octets to the first bad ones.
var serverLessons = []lesson{
	{
		"tcp/hello-is-welcomed",
		"A client connects over TCP and sends HELLO, a frame without headers and payload: 15 octets. The server answers with WELCOME. Everything else builds on this exchange.",
		"If nothing came: does the server read from the connection before it has a whole buffer full? If something else came: compare it with the frame in the exchange, field by field (vstp-conform decode HEX explains any octets).",
	},
	{
		"tcp/ping-is-answered",
		"A PING may come at any time after HELLO, and a PONG with the same payload goes back at once.",
		"The payload of the PONG has to be that of the PING, octet for octet. A PONG that waits for the application comes too late.",
	},
	{
		"headers/order-and-repetition",
		"The echo application of the test contract sends a DATA back: the same payload, and the same headers in the same order, repeated keys included.",
		"Headers kept in a map lose their order and their repetitions: keep them as a list of pairs. The headers of the protocol itself, such as msg-id, are not echoed.",
	},
	{
		"framing/frames-follow-each-other",
		"TCP is a stream: several frames may come in one read, and a frame in several. Where the next one begins follows from the lengths in the one before, and from nothing else.",
		"If only the first frame is answered, the rest of the buffer is thrown away after it. Keep what is left over, and go on decoding until a frame is incomplete.",
	},
	{
		"vector/frame/crc-last-bit-flipped@tcp",
		"The last four octets of a frame are its CRC-32. Here one bit is wrong. The frame must not reach the application, and the server goes on serving.",
		"If the echo came back, the CRC is not compared. If the server hung up on everybody, a bad frame of one client costs all of them.",
	},
}

// clientLessons go from greeting a server to a message that has to be sent again.
var clientLessons = []lesson{
	{
		"client-tcp/hello-before-data",
		"The judge listens on a port of its own, and the adapter is asked to connect and to send a message. A client greets first: HELLO, a frame without headers and payload, comes before the first DATA.",
		"If nothing arrived: does connect in the adapter really connect, to the address that it is given? If DATA came first: send HELLO as soon as the connection stands, or in the same write.",
	},
	{
		"client-tcp/frames-are-whole",
		"The adapter is asked to send four messages, the last one of 70,000 octets. They arrive as frames, one behind the other, with the payload and the headers that were asked for, in their order.",
		"If headers are missing: the pairs in a request are hexadecimal, and a key may come twice. If the last frame is cut: write until everything is written.",
	},
	{
		"client-tcp/messages-before-connection-closed",
		"The server sends messages and ends the stream. Only when the application has received all of them does recv report ConnectionClosed.",
		"If a message is missing: what has been read is thrown away at the end of the stream. If ConnectionClosed never comes: an end of the stream is an answer to recv, and to each further one.",
	},
	{
		"client-udp/one-frame-per-datagram",
		"Over UDP nothing is greeted: each message is a frame, and each frame a datagram of its own.",
		"If two frames came in one datagram: write each by a call of its own. If nothing came: connect sends nothing over UDP, but notes the address that send goes to.",
	},
	{
		"client-ack/two-losses",
		"The adapter is asked to send a message and to wait for its acknowledgement (send_ack). The judge leaves the first two transmissions unanswered and acknowledges the third: the client has sent the message again by itself, 100 and 200 ms later, and the send succeeds.",
		"If there was one transmission only: send_ack over UDP has to retransmit. If the send did not end: an ACK names its message by the header msg-id, which has to be that of the DATA.",
	},
}

// codecLessons likewise.
var codecLessons = []lesson{
	{
		"vector/frame/hello-minimal",
		"The smallest frame: 11 octets of fixed part, no headers, no payload, four octets of CRC-32. The adapter decodes it, and encodes the same frame again to the same octets.",
		"MAGIC is 56 54, VERSION 1; HDR_LEN has its least significant octet first, PAY_LEN its most significant one (vstp-conform decode HEX shows each field).",
	},
	{
		"vector/frame/guide-example",
		"A DATA with one header and a payload. Each header is the length of its key in one octet, the length of its value in one octet, the key, the value.",
		"If the lengths look absurd, their octets are taken in the wrong order: HDR_LEN and PAY_LEN differ in that.",
	},
	{
		"vector/frame/crc-last-bit-flipped",
		"One bit of the CRC-32 is wrong. The decoder refuses the frame as CrcMismatch.",
		"The CRC is that of gzip and zip (polynomial 04C11DB7, reflected), over everything before it, and is written with its most significant octet first. Compare with crc32(b\"123456789\") = cbf43926.",
	},
	{
		"vector/frame/version-two",
		"A frame of a version that does not exist yet. It is refused as InvalidVersion before anything else in it is looked at, for what follows may mean something else there.",
		"The order of the checks is part of the specification: MAGIC, VERSION, then lengths, then CRC.",
	},
	{
		"vector/refuse/key-256",
		"A frame that cannot be encoded: the key of a header has 256 octets, and its length has one octet. The encoder refuses it instead of writing a wrong length.",
		"Look for a length that is cut to eight bits without a check. An error of any name will do, but not Unsupported: that refuses the operation, not the frame.",
	},
}

func newSmoke(s streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "smoke",
		Short: "Run five cases and explain them at length",
		Long: `smoke runs five cases, from the first octets to the first bad ones, and explains each:
what it is about, what was sent, what came back, what was expected, and what to do.

It is for the first hour with an implementation. Its exit status is that of the
commands server, client and codec, for these five cases.`,
		Example: `  vstp-conform smoke server --exec './my-server --tcp {tcp}'
  vstp-conform smoke client --exec 'python3 adapter.py' --validate-adapter
  vstp-conform smoke codec --exec 'python3 adapter.py' --validate-adapter`,
		RunE: func(*cobra.Command, []string) error {
			return usagef("say what to judge: smoke server, smoke client or smoke codec")
		},
	}
	cmd.AddCommand(newSmokeServer(s), newSmokeAdapter(s, smokeClient), newSmokeAdapter(s, smokeCodec))
	return cmd
}

// forSmoke are the flags of the judging commands that mean something for five fixed
// cases: those that say how the target is reached.
var forSmoke = []string{
	"exec", "wait", "tcp", "udp", "transports", "capabilities", "validate-adapter", "seed", "time-scale",
}

// reaching are the flags of a judging command that smoke takes too. The others keep
// their defaults.
func reaching(cmd *cobra.Command) *pflag.FlagSet {
	kept := pflag.NewFlagSet(cmd.Name(), pflag.ContinueOnError)
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if slices.Contains(forSmoke, f.Name) {
			kept.AddFlag(f)
		}
	})
	return kept
}

func newSmokeServer(s streams) *cobra.Command {
	var f serverFlags
	inner := &cobra.Command{Use: "server"}
	f.registerAll(inner)
	cmd := &cobra.Command{
		Use:   "server",
		Short: "Five cases for a server, explained",
		Long: `smoke server runs five cases against a server over TCP and explains them at length.
The server is reached as by "vstp-conform server".`,
		Example: `  vstp-conform smoke server
  vstp-conform smoke server --tcp 127.0.0.1:9000`,
		Args: exactly(0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.check(cmd); err != nil {
				return err
			}
			tgt, err := f.target()
			if err != nil {
				return err
			}
			return f.smoke(cmd, s, tgt, conformance.Options{Role: conformance.RoleServer, Capabilities: f.capabilities}, serverLessons)
		},
	}
	cmd.Flags().AddFlagSet(reaching(inner))
	return cmd
}

// An adapterSmoke is what smoke does with an adapter.
type adapterSmoke struct {
	role    string
	what    string // that is reached through the adapter
	lessons []lesson
}

var (
	smokeClient = adapterSmoke{conformance.RoleClient, "a client", clientLessons}
	smokeCodec  = adapterSmoke{conformance.RoleCodec, "an encoder and decoder", codecLessons}
)

func newSmokeAdapter(s streams, a adapterSmoke) *cobra.Command {
	var f adapterFlags
	inner := &cobra.Command{Use: a.role}
	f.registerAll(inner)
	cmd := &cobra.Command{
		Use:   a.role,
		Short: fmt.Sprintf("Five cases for a %s, explained", a.role),
		Long: fmt.Sprintf(`smoke %s runs five cases against %s and explains them at length.
It is reached through an adapter, as by "vstp-conform %[1]s".`, a.role, a.what),
		Example: fmt.Sprintf(`  vstp-conform smoke %[1]s
  vstp-conform smoke %[1]s --exec 'python3 adapter.py' --validate-adapter`, a.role),
		Args: exactly(0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.check(cmd, !cmd.Flags().Changed("exec")); err != nil {
				return err
			}
			tgt, err := f.target(a.role)
			if err != nil {
				return err
			}
			return f.smoke(cmd, s, tgt, conformance.Options{Role: a.role}, a.lessons)
		},
	}
	cmd.Flags().AddFlagSet(reaching(inner))
	return cmd
}

// smoke runs the cases of lessons and explains each.
func (f *judgeFlags) smoke(cmd *cobra.Command, s streams, tgt target.Target, opts conformance.Options, lessons []lesson) error {
	opts.Profile, opts.Seed, opts.TimeScale, opts.Jobs = "strict", f.seed, f.timeScale, len(lessons)
	for _, l := range lessons {
		opts.Run = append(opts.Run, l.id)
	}
	rep, err := conformance.Run(cmd.Context(), tgt, opts)
	if err != nil {
		return err
	}
	results := map[string]conformance.Result{}
	for _, res := range rep.Results {
		results[res.ID] = res
	}
	fmt.Fprintf(s.out, "Five cases against %s, explained. VSTP %s, seed %d.\n\n", rep.Target, rep.Spec, rep.Seed)
	good := 0
	for i, l := range lessons {
		res := results[l.id]
		if res.Verdict.Good() {
			good++
		}
		l.explain(s.out, i+1, len(lessons), rep, res)
	}
	next := fmt.Sprintf("Fix the first that failed, and run this again. One case alone: vstp-conform %s … --run CASE -v", opts.Role)
	if good == len(lessons) {
		next = fmt.Sprintf("All there is comes next: vstp-conform %s", opts.Role)
	}
	fmt.Fprintf(s.out, "%d of %d passed. %s\n", good, len(lessons), next)
	return status(rep.ExitCode(conformance.ExitOptions{}))
}

func (l lesson) explain(w io.Writer, n, of int, rep *conformance.Report, res conformance.Result) {
	fmt.Fprintf(w, "%d/%d  %s  %s\n\n", n, of, strings.ToUpper(string(res.Verdict)), l.id)
	paragraph(w, "", l.about)
	if len(res.Requirements) > 0 && res.Verdict.Good() {
		if req, ok := spec.Lookup(res.Requirements[0]); ok {
			paragraph(w, "The rule", fmt.Sprintf("[%s] %s", req.ID, req.Text))
		}
	}
	if res.Verdict.Good() {
		exchange(w, res)
		return
	}
	fmt.Fprintln(w, indented(report.Explain(rep, res)))
	fmt.Fprintln(w)
	paragraph(w, "What to do", l.todo)
}

// exchange is what went over the wire, a line for each event.
func exchange(w io.Writer, res conformance.Result) {
	if len(res.Exchange) == 0 {
		paragraph(w, "Nothing was sent", res.Message)
		return
	}
	fmt.Fprintln(w, "    What was sent (→) and what came back (←):")
	for _, e := range res.Exchange {
		mark := map[string]string{probe.EventSend: "→", probe.EventRecv: "←"}[e.Kind]
		if mark == "" {
			continue
		}
		text := printable(e.Text)
		fmt.Fprintf(w, "      %s %s\n", mark, text)
		if n := min(len(e.Octets), 32); n > 0 {
			more := ""
			if n < e.Length {
				more = "…"
			}
			fmt.Fprintf(w, "        %x%s\n", e.Octets[:n], more)
		}
	}
	fmt.Fprintln(w)
}

// paragraph is text of at most 90 characters a line, with a heading.
func paragraph(w io.Writer, heading, text string) {
	if heading != "" {
		text = heading + ": " + text
	}
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len(line)+1+len(word) > 86 {
			fmt.Fprintln(w, "    "+line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	fmt.Fprintf(w, "    %s\n\n", line)
}

func indented(text string) string {
	return "    " + strings.ReplaceAll(text, "\n", "\n    ")
}

// printable is text that a target had a hand in, on one line, without anything that
// could steer a terminal.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, text)
}
