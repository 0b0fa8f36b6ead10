package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/vstp-project/vstp/conformance/capture"
	"github.com/vstp-project/vstp/conformance/dissect"
)

// maxInput bounds what decode reads, in octets of a file.
const maxInput = 64 << 20

func newDecode(s streams) *cobra.Command {
	var registry registryFlag
	var udp, asJSON bool
	var ports []uint
	cmd := &cobra.Command{
		Use:   "decode HEX|FILE|-",
		Short: "Take frames apart and say what is wrong with them",
		Long: `decode takes VSTP frames apart, field by field, and marks every rule that they
break with its requirement.

The octets are given as hex digits (blanks, line ends and 0x do not matter; several
arguments are put together), as the name of a file, or as - for the standard input. A
file holds the octets themselves, hex digits, or a capture of packets in one of the
formats pcap and pcapng. An argument that names an existing file is taken for it.

The octets are those of one direction of a TCP connection: frames one after the other.
With --udp they are one datagram, which has to be one frame and nothing else.

In a capture (Ethernet, raw IP, loopback, Linux cooked; IPv4 and IPv6) each conversation
is taken for VSTP in which a datagram or a stream begins with 56 54, and with --port
whatever goes to or from that port. TCP segments are put in order.

On a terminal the fields are coloured; NO_COLOR switches that off.

Exit status: 0 where no rule is broken, 1 where one is, 2 where the input cannot be
read as octets.`,
		Example: `  vstp-conform decode 5654010400000000000000d8429a00
  vstp-conform decode 5654 0104 00 0000 00000000 d8429a00
  vstp-conform decode --udp datagram.bin
  vstp-conform decode --port 4701 capture.pcapng
  xxd -p capture.bin | vstp-conform decode --json -`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("hex digits, the name of a file, or - are missing")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			in, err := readInput(args, s.in)
			if err != nil {
				return err
			}
			known, err := registry.load()
			if err != nil {
				return err
			}
			o := dissect.Options{Registry: known}
			var found dissection
			switch {
			case !in.capture && len(ports) > 0:
				return usagef("--port chooses from a capture, and this is none")
			case !in.capture:
				found = splitOctets(in.octets, udp, o)
			case udp:
				return usagef("--udp: a capture says itself what is a datagram")
			default:
				if found, err = splitCapture(in, ports, o); err != nil {
					return err
				}
			}
			return found.show(s, asJSON)
		},
	}
	registry.register(cmd)
	cmd.Flags().BoolVar(&udp, "udp", false, "the octets are one datagram")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON, in the form of \"report --schema decode\"")
	cmd.Flags().UintSliceVar(&ports, "port", nil, "in a capture, take what goes to or from the port `NUMBER` for VSTP; repeatable")
	return cmd
}

// An input is what the arguments of decode stand for.
type input struct {
	name    string
	octets  []byte
	capture bool
}

func readInput(args []string, stdin io.Reader) (input, error) {
	name, content := "", []byte(nil)
	switch {
	case len(args) == 1 && args[0] == "-":
		b, err := io.ReadAll(io.LimitReader(stdin, maxInput+1))
		if err != nil {
			return input{}, usagef("standard input: %v", err)
		}
		name, content = "standard input", b
	case len(args) == 1 && isFile(args[0]):
		f, err := os.Open(args[0])
		if err != nil {
			return input{}, usagef("%v", err)
		}
		defer f.Close()
		if content, err = io.ReadAll(io.LimitReader(f, maxInput+1)); err != nil {
			return input{}, usagef("%v", err)
		}
		name = args[0]
	default:
		octets, err := readArguments(args)
		return input{octets: octets}, err
	}
	if len(content) > maxInput {
		return input{}, usagef("%s: more than %d octets", name, maxInput)
	}
	if capture.Is(content) {
		return input{name, content, true}, nil
	}
	octets, err := readContent(content)
	if err != nil {
		return input{}, usagef("%s: %v", name, err)
	}
	return input{name: name, octets: octets}, nil
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

// readContent reads the content of a file, octets or hex digits. It is text where
// every character is: octets that begin like a frame are no hex digits, so that
// nothing that could be a frame is mistaken.
func readContent(content []byte) ([]byte, error) {
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
