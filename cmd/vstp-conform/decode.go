package main

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/conformance/dissect"
)

// maxInput bounds what decode reads, in octets of a file.
const maxInput = 64 << 20

func newDecode(s streams) *cobra.Command {
	var registry registryFlag
	var udp, asJSON bool
	cmd := &cobra.Command{
		Use:   "decode HEX|FILE|-",
		Short: "Take frames apart and say what is wrong with them",
		Long: `decode takes VSTP frames apart, field by field, and marks every rule that they
break with its requirement.

The octets are given as hex digits (blanks, line ends and 0x do not matter; several
arguments are put together), as the name of a file, or as - for the standard input. A
file holds the octets themselves or hex digits. An argument that names an existing
file is taken for it.

The octets are those of one direction of a TCP connection: frames one after the other.
With --udp they are one datagram, which has to be one frame and nothing else.

Exit status: 0 where no rule is broken, 1 where one is, 2 where the input cannot be
read as octets.`,
		Example: `  vstp-conform decode 5654010400000000000000d8429a00
  vstp-conform decode 5654 0104 00 0000 00000000 d8429a00
  vstp-conform decode --udp datagram.bin
  xxd -p capture.bin | vstp-conform decode --json -`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("hex digits, the name of a file, or - are missing")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			octets, err := readInput(args, s.in)
			if err != nil {
				return err
			}
			known, err := registry.load()
			if err != nil {
				return err
			}
			frames := split(octets, udp, dissect.Options{Registry: known})
			if asJSON {
				err = writeJSON(s.out, decodedFrames(frames))
			} else {
				err = printFrames(s.out, frames)
			}
			if err != nil {
				return err
			}
			for _, f := range frames {
				if len(f.Violations) > 0 {
					return status(conformance.ExitNonConformant)
				}
			}
			return nil
		},
	}
	registry.register(cmd)
	cmd.Flags().BoolVar(&udp, "udp", false, "the octets are one datagram")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// readInput returns the octets that the arguments of decode stand for.
func readInput(args []string, stdin io.Reader) ([]byte, error) {
	name, content := "", []byte(nil)
	switch {
	case len(args) == 1 && args[0] == "-":
		b, err := io.ReadAll(io.LimitReader(stdin, maxInput+1))
		if err != nil {
			return nil, usagef("standard input: %v", err)
		}
		name, content = "standard input", b
	case len(args) == 1 && isFile(args[0]):
		f, err := os.Open(args[0])
		if err != nil {
			return nil, usagef("%v", err)
		}
		defer f.Close()
		if content, err = io.ReadAll(io.LimitReader(f, maxInput+1)); err != nil {
			return nil, usagef("%v", err)
		}
		name = args[0]
	default:
		return readArguments(args)
	}
	if len(content) > maxInput {
		return nil, usagef("%s: more than %d octets", name, maxInput)
	}
	octets, err := readContent(content)
	if err != nil {
		return nil, usagef("%s: %v", name, err)
	}
	return octets, nil
}

func isFile(name string) bool {
	info, err := os.Stat(name)
	return err == nil && !info.IsDir()
}

func readArguments(args []string) ([]byte, error) {
	text := strings.Join(args, " ")
	octets, err := parseHex(text)
	if err != nil {
		if _, statErr := os.Stat(args[0]); len(args) == 1 && (statErr == nil || errors.Is(statErr, fs.ErrNotExist) && strings.ContainsAny(text, "/.\\")) {
			return nil, usagef("%q is no file", text)
		}
		return nil, usagef("%q is neither hex digits nor a file: %v", text, err)
	}
	if len(octets) == 0 {
		return nil, usagef("there are no octets to decode")
	}
	return octets, nil
}

// captures are the first octets of files in the formats of packet captures.
var captures = []string{
	"\xd4\xc3\xb2\xa1", "\xa1\xb2\xc3\xd4", "\x4d\x3c\xb2\xa1", "\xa1\xb2\x3c\x4d", "\x0a\x0d\x0d\x0a",
}

// readContent reads the content of a file, octets or hex digits. It is text where
// every character is: octets that begin like a frame are no hex digits, so that
// nothing that could be a frame is mistaken.
func readContent(content []byte) ([]byte, error) {
	for _, magic := range captures {
		if bytes.HasPrefix(content, []byte(magic)) {
			return nil, errors.New("this is a packet capture, which this edition does not read: give it the octets of one direction")
		}
	}
	if bytes.HasPrefix(content, []byte("VT")) || !isText(content) {
		return content, nil
	}
	octets, err := parseHex(string(content))
	var at *hexError
	if errors.As(err, &at) {
		line, column := place(string(content), at.position)
		return nil, fmt.Errorf("line %d, character %d: %s", line, column, at.problem)
	}
	if len(octets) == 0 {
		return nil, errors.New("there are no octets to decode")
	}
	return octets, nil
}

func isText(content []byte) bool {
	if !utf8.Valid(content) {
		return false
	}
	for _, r := range string(content) {
		if !unicode.IsPrint(r) && !strings.ContainsRune("\t\r\n", r) {
			return false
		}
	}
	return true
}

// place turns the position of a character into line and character of it.
func place(text string, position int) (line, column int) {
	line, column = 1, 0
	newLine := false
	for _, r := range text {
		if newLine {
			line, column = line+1, 0
		}
		column++
		newLine = r == '\n'
		if position--; position == 0 {
			break
		}
	}
	return line, column
}

// split cuts the octets into frames, what is left over being the last.
func split(octets []byte, datagram bool, o dissect.Options) []dissect.Frame {
	if datagram {
		return []dissect.Frame{dissect.DecodeDatagram(octets, o)}
	}
	frames, rest := dissect.Split(octets, o)
	if len(rest) > 0 {
		frames = append(frames, dissect.Decode(rest, o))
	}
	return frames
}

func printFrames(w io.Writer, frames []dissect.Frame) error {
	p := printer{w: w}
	offset := 0
	for i, f := range frames {
		if i > 0 {
			p.line("")
		}
		if len(frames) > 1 {
			p.line("frame %d, from octet %d", i+1, offset)
		}
		p.text(f.Dump())
		offset += len(f.Raw)
	}
	return p.err
}

// The frames of decode in JSON.
type (
	decoded struct {
		Frames []decodedFrame `json:"frames"`
	}
	decodedFrame struct {
		Offset     int                `json:"offset"` // in the input
		Length     int                `json:"length"` // of what is there
		Hex        string             `json:"hex"`
		Summary    string             `json:"summary"`
		Class      string             `json:"class"` // the error that a receiver reports; empty for none
		Needed     int                `json:"needed,omitempty"`
		Version    int                `json:"version"`
		Type       int                `json:"type"`
		TypeName   string             `json:"type_name"`
		Flags      int                `json:"flags"`
		FlagNames  string             `json:"flag_names"`
		Headers    []decodedHeader    `json:"headers"`
		Payload    string             `json:"payload"`
		Fields     []decodedField     `json:"fields"`
		Violations []decodedViolation `json:"violations"`
	}
	decodedHeader struct {
		Key    string `json:"key"`
		Value  string `json:"value"`
		Offset int    `json:"offset"`
	}
	decodedField struct {
		Name   string `json:"name"`
		Value  string `json:"value"`
		Offset int    `json:"offset"`
		Length int    `json:"length"`
	}
	decodedViolation struct {
		Class       string `json:"class"` // empty for a rule that binds the sender alone
		Requirement string `json:"requirement"`
		Offset      int    `json:"offset"`
		Length      int    `json:"length"`
		Text        string `json:"text"`
	}
)

// decodedFrames writes keys, values and payloads in hex, as they can be any
// octets.
func decodedFrames(frames []dissect.Frame) decoded {
	out := decoded{Frames: make([]decodedFrame, len(frames))}
	offset := 0
	for i, f := range frames {
		d := decodedFrame{
			Offset: offset, Length: len(f.Raw), Hex: hex.EncodeToString(f.Raw), Summary: f.String(),
			Class: f.Class(), Needed: f.Needed(),
			Version: int(f.Version), Type: int(f.Type), TypeName: f.TypeName(),
			Flags: int(f.Flags), FlagNames: f.FlagNames(),
			Headers: []decodedHeader{}, Payload: hex.EncodeToString(f.Payload),
			Fields: []decodedField{}, Violations: []decodedViolation{},
		}
		for _, h := range f.Headers {
			d.Headers = append(d.Headers, decodedHeader{hex.EncodeToString(h.Key), hex.EncodeToString(h.Value), h.Offset})
		}
		for _, field := range f.Fields {
			d.Fields = append(d.Fields, decodedField(field))
		}
		for _, v := range f.Violations {
			d.Violations = append(d.Violations, decodedViolation{v.Class, v.Requirement, v.Offset, v.Length, v.Text})
		}
		out.Frames[i] = d
		offset += len(f.Raw)
	}
	return out
}
