package target

import (
	"fmt"
	"strings"
)

// A CommandError says that a command line cannot be used as it is written. It is
// a usage error, never a verdict on the implementation.
type CommandError struct {
	Command string
	Problem string
}

func (e *CommandError) Error() string {
	return fmt.Sprintf("command %q: %s", e.Command, e.Problem)
}

// SplitCommand splits a command line into words as a POSIX shell does, without
// running a shell: blanks separate words; between single quotes every character
// stands for itself; between double quotes a backslash makes the next ", \, $ or
// ` stand for itself; outside quotes it does so for any character.
//
// Nothing is expanded. What a shell would expand or act upon when it is not
// quoted (variables, command substitution, pipes, redirections, a leading
// tilde) is refused, because it would silently mean something else; patterns
// such as *.conf are passed on as they are. The error is a *CommandError.
func SplitCommand(command string) ([]string, error) {
	s := splitter{command: command}
	for _, r := range command {
		if err := s.next(r); err != nil {
			return nil, err
		}
		s.pos++
	}
	switch s.state {
	case inSingle, inDouble:
		return nil, s.errorf("the quote %c opened at character %d is never closed", s.quote(), s.opened+1)
	}
	if s.escaped {
		return nil, s.errorf("it ends in a backslash that escapes nothing")
	}
	s.endWord()
	if len(s.words) == 0 || s.words[0] == "" {
		return nil, s.errorf("it names no program")
	}
	return s.words, nil
}

type splitState int

const (
	unquoted splitState = iota
	inSingle
	inDouble
)

type splitter struct {
	command string
	words   []string
	word    strings.Builder
	started bool // the word exists, even if it is empty so far ('')
	state   splitState
	escaped bool
	opened  int // where the open quote stands, in characters
	pos     int
}

func (s *splitter) errorf(format string, args ...any) error {
	return &CommandError{Command: s.command, Problem: fmt.Sprintf(format, args...)}
}

func (s *splitter) quote() rune {
	if s.state == inSingle {
		return '\''
	}
	return '"'
}

func (s *splitter) add(r rune) {
	s.word.WriteRune(r)
	s.started = true
}

func (s *splitter) endWord() {
	if s.started {
		s.words = append(s.words, s.word.String())
	}
	s.word.Reset()
	s.started = false
}

func (s *splitter) next(r rune) error {
	if s.escaped {
		s.escaped = false
		if s.state == inDouble && !strings.ContainsRune("\"\\$`", r) {
			s.add('\\')
		}
		s.add(r)
		return nil
	}
	switch s.state {
	case inSingle:
		if r == '\'' {
			s.state = unquoted
			return nil
		}
		s.add(r)
		return nil
	case inDouble:
		return s.nextDouble(r)
	}
	return s.nextUnquoted(r)
}

func (s *splitter) nextDouble(r rune) error {
	switch r {
	case '"':
		s.state = unquoted
	case '\\':
		s.escaped = true
	case '$', '`':
		return s.notShell(r)
	default:
		s.add(r)
	}
	return nil
}

func (s *splitter) nextUnquoted(r rune) error {
	switch {
	case r == ' ', r == '\t', r == '\n', r == '\r':
		s.endWord()
	case r == '\'':
		s.state, s.opened, s.started = inSingle, s.pos, true
	case r == '"':
		s.state, s.opened, s.started = inDouble, s.pos, true
	case r == '\\':
		s.escaped, s.started = true, true
	case strings.ContainsRune("|&;<>()$`", r), r == '~' && !s.started:
		return s.notShell(r)
	default:
		s.add(r)
	}
	return nil
}

// notShell refuses what only a shell could give a meaning.
func (s *splitter) notShell(r rune) error {
	return s.errorf("%c at character %d would need a shell, and none is used: quote it, or write sh -c '…'", r, s.pos+1)
}
