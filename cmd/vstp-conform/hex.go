package main

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// A hexError says where text stops being hex.
type hexError struct {
	position int // of the character, from 1
	problem  string
}

func (e *hexError) Error() string { return fmt.Sprintf("character %d: %s", e.position, e.problem) }

// parseHex reads octets from hex digits. Blanks and line ends can stand anywhere,
// and "0x" at the beginning of a word.
func parseHex(text string) ([]byte, error) {
	var (
		octets    []byte
		digits    int
		last      int // position of the last digit
		high      byte
		wordBegan = true
	)
	position := 0
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		position++
		switch {
		case strings.ContainsRune(" \t\r\n", r):
			wordBegan = true
			i += size
			continue
		case wordBegan && (strings.HasPrefix(text[i:], "0x") || strings.HasPrefix(text[i:], "0X")):
			wordBegan = false
			position++
			i += 2
			continue
		}
		wordBegan = false
		value, ok := hexDigit(r)
		if !ok {
			return nil, &hexError{position, fmt.Sprintf("%q is no hex digit", r)}
		}
		if digits%2 == 0 {
			high = value
		} else {
			octets = append(octets, high<<4|value)
		}
		digits++
		last = position
		i += size
	}
	if digits%2 != 0 {
		return nil, &hexError{last, fmt.Sprintf("the number of hex digits is odd (%d): half of the last octet is missing", digits)}
	}
	return octets, nil
}

func hexDigit(r rune) (byte, bool) {
	switch {
	case r >= '0' && r <= '9':
		return byte(r - '0'), true
	case r >= 'a' && r <= 'f':
		return byte(r-'a') + 10, true
	case r >= 'A' && r <= 'F':
		return byte(r-'A') + 10, true
	}
	return 0, false
}
