package main

import (
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// program is how the user calls this program: a build by "go run" has no name
// that could be called again.
func program() string {
	exe, err := os.Executable()
	if err == nil && strings.Contains(exe, "go-build") {
		return "go run ./cmd/vstp-conform"
	}
	return "vstp-conform"
}

// The flags that say where reports go, and those that select cases: the former
// are not part of a command that repeats a run, the latter not of one that runs
// a single case. Nor is the record that it would write over.
var (
	reportFlags = []string{"out", "pcap", "json", "quiet", "verbose", "github", "write-baseline", "update-baseline"}
	recordFlags = []string{"record"}
	selectFlags = []string{"run", "skip", "tags", "shard"}
)

// repeatCommand is a command line with the flags that were given, in the order
// of their names, without those left out.
func repeatCommand(command string, flags *pflag.FlagSet, leaveOut []string, more ...string) string {
	words := []string{program(), command}
	flags.Visit(func(f *pflag.Flag) {
		if slices.Contains(leaveOut, f.Name) {
			return
		}
		name := "--" + f.Name
		switch v := f.Value.(type) {
		case pflag.SliceValue:
			values := v.GetSlice()
			if f.Value.Type() == "stringSlice" {
				values = []string{strings.Join(values, ",")}
			}
			for _, value := range values {
				words = append(words, name, quote(value))
			}
		default:
			if f.Value.Type() == "bool" {
				if f.Value.String() == "true" {
					words = append(words, name)
				}
				return
			}
			words = append(words, name, quote(f.Value.String()))
		}
	})
	return strings.Join(append(words, more...), " ")
}

var plainWord = regexp.MustCompile(`^[A-Za-z0-9_@%+=:,./-]+$`)

// quote writes a word so that a shell takes it as it is.
func quote(word string) string {
	if plainWord.MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
