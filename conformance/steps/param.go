package steps

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/cucumber/godog"
)

// A param is a typed piece of a step's text: where it stands, {} is written.
type param[T any] struct {
	re    string
	parse func(string) (T, error)
}

var (
	number   = param[int]{`(\d+)`, strconv.Atoi}
	duration = param[time.Duration]{`(\d+(?:ms|s))`, time.ParseDuration}
	name     = param[string]{`([A-Z][0-9]*)`, verbatim}
	id       = param[string]{`([A-Z]+-\d+)`, verbatim}
	typeName = param[string]{`([A-Z][A-Z0-9_]*)`, verbatim}

	// A frame begins with a type by its name, of three characters or more, or by
	// number, or with one of the words of the notation.
	frame = param[string]{`((?:[A-Z][A-Z0-9_]{2,}\b|0x|vector |octets |first \d+ octets of |corrupt ).*?)`, verbatim}
)

func verbatim(s string) (string, error) { return s, nil }

// A definition is a step: its pattern, and its handler as godog wants it.
type definition struct {
	text    string
	params  []string // the pattern of each parameter
	re      *regexp.Regexp
	handler any
	// doc checks the block below the step; nil is for one with lines of the notation.
	doc func(n notation, content string) error
}

// definitions are all steps, in the order in which they were defined. Patterns
// are compiled once; the state of a scenario travels in its context.
var definitions []definition

// compile turns a step's text into its pattern: anchored, everything but the
// parameters literal.
func compile(text string, params ...string) *regexp.Regexp {
	parts := strings.Split(text, "{}")
	if len(parts) != len(params)+1 {
		panic(fmt.Sprintf("steps: %q has %d places for %d parameters", text, len(parts)-1, len(params)))
	}
	var b strings.Builder
	for i, part := range parts {
		b.WriteString(regexp.QuoteMeta(part))
		if i < len(params) {
			b.WriteString(params[i])
		}
	}
	return regexp.MustCompile("^" + b.String() + "$")
}

func define(text string, params []string, handler any) bool {
	definitions = append(definitions, definition{text: text, params: params, re: compile(text, params...), handler: handler})
	return true
}

func step0(text string, fn func(context.Context, *world) error) bool {
	return define(text, nil, func(ctx context.Context) error {
		return run(ctx, func(w *world) error { return fn(ctx, w) })
	})
}

func step1[A any](text string, a param[A], fn func(context.Context, *world, A) error) bool {
	return define(text, []string{a.re}, func(ctx context.Context, s string) error {
		return run(ctx, func(w *world) error {
			v, err := a.parse(s)
			if err != nil {
				return err
			}
			return fn(ctx, w, v)
		})
	})
}

func step2[A, B any](text string, a param[A], b param[B], fn func(context.Context, *world, A, B) error) bool {
	return define(text, []string{a.re, b.re}, func(ctx context.Context, s, t string) error {
		return run(ctx, func(w *world) error {
			v, err := a.parse(s)
			if err != nil {
				return err
			}
			u, err := b.parse(t)
			if err != nil {
				return err
			}
			return fn(ctx, w, v, u)
		})
	})
}

func step3[A, B, C any](text string, a param[A], b param[B], c param[C], fn func(context.Context, *world, A, B, C) error) bool {
	return define(text, []string{a.re, b.re, c.re}, func(ctx context.Context, s, t, u string) error {
		return run(ctx, func(w *world) error {
			v, err := a.parse(s)
			if err != nil {
				return err
			}
			x, err := b.parse(t)
			if err != nil {
				return err
			}
			y, err := c.parse(u)
			if err != nil {
				return err
			}
			return fn(ctx, w, v, x, y)
		})
	})
}

// stepDoc is a step with a block of lines below it.
func stepDoc(text string, fn func(context.Context, *world, []string) error) bool {
	return define(text, nil, func(ctx context.Context, doc *godog.DocString) error {
		return run(ctx, func(w *world) error { return fn(ctx, w, docLines(doc)) })
	})
}

func docLines(doc *godog.DocString) []string {
	var lines []string
	for line := range strings.Lines(doc.Content) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// Definitions lists the texts of all steps, {} for a parameter.
func Definitions() []string {
	texts := make([]string, len(definitions))
	for i, d := range definitions {
		texts[i] = d.text
	}
	return texts
}
