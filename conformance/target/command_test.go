package target_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance/target"
)

func TestSplitCommandWords(t *testing.T) {
	for _, c := range []struct {
		command string
		words   []string
	}{
		{`srv`, []string{"srv"}},
		{"  srv \t --tcp\n{tcp}  ", []string{"srv", "--tcp", "{tcp}"}},
		{`srv 'two words' "and two"`, []string{"srv", "two words", "and two"}},
		{`srv a'b c'd"e f"g`, []string{"srv", "ab cde fg"}},
		{`srv '' ""`, []string{"srv", "", ""}},
		{`srv 'a"b$c\d|e'`, []string{"srv", `a"b$c\d|e`}},
		{`srv "a'b\"c\\d\$e\f|g"`, []string{"srv", `a'b"c\d$e\f|g`}},
		{`srv a\ b \'c \\ \$HOME`, []string{"srv", "a b", "'c", `\`, "$HOME"}},
		{`srv *.conf a~b a#b`, []string{"srv", "*.conf", "a~b", "a#b"}},
		{`sh -c 'exec ./srv --tcp {tcp} >log 2>&1'`, []string{"sh", "-c", "exec ./srv --tcp {tcp} >log 2>&1"}},
		{`'C:\bin\srv.exe' -ä ö`, []string{`C:\bin\srv.exe`, "-ä", "ö"}},
	} {
		words, err := target.SplitCommand(c.command)
		require.NoError(t, err, c.command)
		assert.Equal(t, c.words, words, c.command)
	}
}

func TestSplitCommandRefuses(t *testing.T) {
	for _, c := range []struct{ command, problem string }{
		{``, "it names no program"},
		{"  \t\n", "it names no program"},
		{`'' --tcp`, "it names no program"},
		{`srv 'a b`, "the quote ' opened at character 5 is never closed"},
		{`srv ä"a b`, `the quote " opened at character 6 is never closed`},
		{`srv "a\"`, `the quote " opened at character 5 is never closed`},
		{`srv a\`, "it ends in a backslash that escapes nothing"},
		{`srv > log`, "> at character 5 would need a shell"},
		{`srv | tee log`, "| at character 5 would need a shell"},
		{`srv && true`, "& at character 5 would need a shell"},
		{`a; b`, "; at character 2 would need a shell"},
		{`srv $HOME`, "$ at character 5 would need a shell"},
		{`srv "$HOME"`, "$ at character 6 would need a shell"},
		{"srv `date`", "` at character 5 would need a shell"},
		{`(srv)`, "( at character 1 would need a shell"},
		{`~/srv`, "~ at character 1 would need a shell"},
	} {
		words, err := target.SplitCommand(c.command)
		assert.Nil(t, words, c.command)
		var refused *target.CommandError
		require.ErrorAs(t, err, &refused, c.command)
		assert.Equal(t, c.command, refused.Command)
		assert.Contains(t, refused.Problem, c.problem)
	}
}

func TestExecCheckPlaceholders(t *testing.T) {
	for _, command := range []string{
		`srv --tcp {tcp} --udp={udp} --scale {time-scale}`,
		`srv '{"a":1}' {} {A} {tcp}`,
		`sh -c './srv {tcp}'`,
		`srv --tls {tls} --tls-verify {tls-verify} --cert {cert} --key {key} --ca {client-ca}`,
		`srv {easy-tcp} {easy-udp}`,
	} {
		assert.NoError(t, target.Exec{Command: command}.Check(), command)
	}
	for _, c := range []struct{ command, problem string }{
		{`srv {tls} --cert={cert}`, "the placeholder {cert} needs {key} beside it"},
		{`srv {tls} {key}`, "the placeholder {key} needs {cert} beside it"},
		{`srv {tls-verify} {cert} {key}`, "the placeholder {tls-verify} needs {client-ca} beside it: a listener that verifies its clients has to be told whom to trust"},
		{`srv {port}`, "the placeholder {port} is unknown: there are {tcp}, {udp}, {tls}, {tls-verify}, {easy-tcp}, {easy-udp}, {cert}, {key}, {client-ca} and {time-scale}"},
		{`srv 'x`, "never closed"},
	} {
		var refused *target.CommandError
		require.ErrorAs(t, target.Exec{Command: c.command}.Check(), &refused, c.command)
		assert.Contains(t, refused.Problem, c.problem)
	}
}
