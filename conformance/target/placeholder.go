package target

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// A placeholder is a name in braces: lower-case letters and hyphens. Other
// braces, those of JSON for instance, are left alone.
var placeholderRE = regexp.MustCompile(`\{[a-z]+(?:-[a-z]+)*\}`)

// placeholders says what becomes of each placeholder; a sentence instead of ""
// refuses it.
var placeholders = map[string]string{
	"{tcp}":        "",
	"{udp}":        "",
	"{easy-tcp}":   "",
	"{easy-udp}":   "",
	"{time-scale}": "",
	"{tls}":        "",
	"{tls-verify}": "",
	"{cert}":       "",
	"{key}":        "",
	"{client-ca}":  "",
}

// parseCommand splits the command and checks its placeholders.
func parseCommand(command string) ([]string, error) {
	words, err := SplitCommand(command)
	if err != nil {
		return nil, err
	}
	for _, word := range words {
		for _, name := range placeholderRE.FindAllString(word, -1) {
			refusal, known := placeholders[name]
			switch {
			case !known:
				return nil, &CommandError{command, fmt.Sprintf("the placeholder %s is unknown: there are {tcp}, {udp}, {tls}, {tls-verify}, {easy-tcp}, {easy-udp}, {cert}, {key}, {client-ca} and {time-scale}", name)}
			case refusal != "":
				return nil, &CommandError{command, fmt.Sprintf("the placeholder %s is not yet supported: %s", name, refusal)}
			}
		}
	}
	for _, needed := range []struct{ name, by, why string }{
		{"{key}", "{cert}", "a certificate is of no use without its key"},
		{"{cert}", "{key}", "a key is of no use without its certificate"},
		{"{client-ca}", "{tls-verify}", "a listener that verifies its clients has to be told whom to trust"},
	} {
		if hasPlaceholder(words, needed.by) && !hasPlaceholder(words, needed.name) {
			return nil, &CommandError{command, fmt.Sprintf("the placeholder %s needs %s beside it: %s", needed.by, needed.name, needed.why)}
		}
	}
	return words, nil
}

// hasPlaceholder says whether any word contains the placeholder.
func hasPlaceholder(words []string, name string) bool {
	for _, word := range words {
		if strings.Contains(word, name) {
			return true
		}
	}
	return false
}

// fill replaces the placeholders in every word.
func fill(words []string, addrs Addrs, scale float64) []string {
	r := strings.NewReplacer(
		"{tcp}", addrs.TCP,
		"{udp}", addrs.UDP,
		"{tls}", addrs.TLS,
		"{tls-verify}", addrs.TLSVerify,
		"{easy-tcp}", addrs.EasyTCP,
		"{easy-udp}", addrs.EasyUDP,
		"{time-scale}", strconv.FormatFloat(scale, 'g', -1, 64),
	)
	filled := make([]string, len(words))
	for i, word := range words {
		filled[i] = r.Replace(word)
	}
	return filled
}
