// Package steps reads the feature files and runs their scenarios: the Gherkin
// steps, typed, on top of package probe. godog stays behind this door.
//
// Each scenario runs as a godog suite of its own, strictly, and every way in
// which godog would let a scenario pass that did not really run is closed: an
// undefined, pending, ambiguous or skipped step, a scenario without steps, a step
// that was not reached.
package steps

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	gherkin "github.com/cucumber/gherkin/go/v42"
	"github.com/cucumber/godog"
	messages "github.com/cucumber/messages/go/v34"

	"github.com/vstp-project/vstp/conformance/probe"
	"github.com/vstp-project/vstp/spec"
	"github.com/vstp-project/vstp/vectors"
)

// A Scenario is one scenario of a feature file.
type Scenario struct {
	ID           string   // its permanent name, from the tag @case:NAME
	Title        string   // its name in the feature file
	Requirements []string // from its tags, in their order; the first is the one that it judges
	Tags         []string // all of its tags, with the @, the feature's included
	Source       string   // file:line
	Wait         time.Duration

	steps    int
	defined  []string // the definitions of its steps
	contents []byte   // its file, with everything blanked that belongs to other scenarios
	file     string
	notation notation
}

// knownTags are the tags beside requirement IDs, @case: and @wait:.
var knownTags = map[string]string{
	"@tcp":            "needs the TCP listener",
	"@udp":            "needs the UDP listener",
	"@tls":            "needs the TLS listener",
	"@tls-verify":     "needs the TLS listener that verifies its clients",
	"@easy-tcp":       "needs the Easy endpoint over TCP",
	"@easy-udp":       "needs the Easy endpoint over UDP",
	"@server":         "judges a server",
	"@client":         "judges a client",
	"@exclusive":      "fills a limit of the whole server: runs alone",
	"@hostile":        "sends what only a hostile or broken peer would",
	"@memory":         "looks at the target's memory: needs a target that the judge started",
	"@compression":    "needs a target that offers compression",
	"@no-compression": "needs a target that does not offer compression",
	"@link":           "goes over a link between judge and target",
}

var (
	requirementTag = regexp.MustCompile(`^@([A-Z]+-\d+)$`)
	caseTag        = regexp.MustCompile(`^@case:([a-z0-9]+(?:-[a-z0-9]+)*/[a-z0-9]+(?:-[a-z0-9]+)*)$`)
	vectorName     = regexp.MustCompile(`\bvector ([a-z]+/[a-z0-9-]+)`)
	waitTag        = regexp.MustCompile(`^@wait:(\d+(?:ms|s))$`)
)

// Load reads every *.feature file of features. It fails on the first scenario
// that breaks a rule, naming file and line, and where there is none at all.
func Load(features fs.FS, registry *spec.Registry, vs vectors.Set) ([]Scenario, error) {
	files, err := fs.Glob(features, "*.feature")
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, errors.New("there is no feature file")
	}
	var all []Scenario
	seen := map[string]string{}
	for _, file := range files {
		contents, err := fs.ReadFile(features, file)
		if err != nil {
			return nil, err
		}
		scenarios, err := parse(file, contents, notation{registry: registry, vectors: vs})
		if err != nil {
			return nil, err
		}
		for _, s := range scenarios {
			if at, ok := seen[s.ID]; ok {
				return nil, fmt.Errorf("%s: the case %s has been defined at %s", s.Source, s.ID, at)
			}
			seen[s.ID] = s.Source
		}
		all = append(all, scenarios...)
	}
	if len(all) == 0 {
		return nil, errors.New("there is no scenario")
	}
	return all, nil
}

// parse reads one feature file.
func parse(file string, contents []byte, n notation) ([]Scenario, error) {
	ids := (&messages.Incrementing{}).NewId
	doc, err := gherkin.ParseGherkinDocument(bytes.NewReader(contents), ids)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if doc.Feature == nil {
		return nil, fmt.Errorf("%s: there is no feature", file)
	}
	var spans []span
	background := 0
	for _, child := range doc.Feature.Children {
		switch {
		case child.Rule != nil:
			return nil, fmt.Errorf("%s:%d: rules are not used here", file, child.Rule.Location.Line)
		case child.Background != nil:
			background = len(child.Background.Steps)
			spans = append(spans, span{first: int(child.Background.Location.Line)})
		case child.Scenario != nil:
			first := child.Scenario.Location.Line
			for _, tag := range child.Scenario.Tags {
				first = min(first, tag.Location.Line)
			}
			spans = append(spans, span{first: int(first), scenario: child.Scenario})
		}
	}
	var scenarios []Scenario
	for i, sp := range spans {
		if sp.scenario == nil {
			continue
		}
		s, err := describe(file, doc.Feature.Tags, sp.scenario)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, sp.scenario.Location.Line, err)
		}
		for _, st := range sp.scenario.Steps {
			definition, err := n.check(st)
			if err != nil {
				return nil, fmt.Errorf("%s:%d: %w", file, st.Location.Line, err)
			}
			s.defined = append(s.defined, definition)
		}
		s.steps = background + len(sp.scenario.Steps)
		s.contents = blankOthers(contents, spans, i)
		s.file, s.notation = file, n
		scenarios = append(scenarios, s)
	}
	return scenarios, nil
}

// check finds at once what would otherwise only show when the step runs: a step
// that is not defined, or by two definitions, a frame that cannot be read, a type
// or a vector that does not exist.
func (n notation) check(st *messages.Step) (text string, err error) {
	var matches []definition
	var texts []string
	for _, d := range definitions {
		if d.re.MatchString(st.Text) {
			matches, texts = append(matches, d), append(texts, d.text)
		}
	}
	switch len(matches) {
	case 0:
		return "", fmt.Errorf("there is no step %q", st.Text)
	case 1:
	default:
		return "", fmt.Errorf("the step %q has several definitions: %q", st.Text, texts)
	}
	if err := n.checkVectors(st); err != nil {
		return "", err
	}
	values := matches[0].re.FindStringSubmatch(st.Text)[1:]
	for i, p := range matches[0].params {
		switch p {
		case frame.re:
			err = n.checkLine(values[i])
		case typeName.re:
			_, err = n.frameType(values[i])
		case profileName.re:
			_, err = profileName.parse(values[i])
		}
		if err != nil {
			return "", fmt.Errorf("%q: %w", st.Text, err)
		}
	}
	switch doc := matches[0].doc; {
	case st.DocString == nil:
	case doc != nil:
		if err := doc(n, st.DocString.Content); err != nil {
			return "", fmt.Errorf("the block of %q: %w", st.Text, err)
		}
	default:
		for i, line := range docLines(&godog.DocString{Content: st.DocString.Content}) {
			if err := n.checkLine(line); err != nil {
				return "", fmt.Errorf("line %d of the block: %q: %w", i+1, line, err)
			}
		}
	}
	return matches[0].text, nil
}

// checkVectors wants every vector to be there that a step names.
func (n notation) checkVectors(st *messages.Step) error {
	text := st.Text
	if st.DocString != nil {
		text += "\n" + st.DocString.Content
	}
	for _, m := range vectorName.FindAllStringSubmatch(text, -1) {
		if _, ok := n.vectors.Lookup(m[1]); !ok {
			return fmt.Errorf("there is no vector %s", m[1])
		}
	}
	return nil
}

// A span is a scenario or background and its first line, tags included.
type span struct {
	first    int
	scenario *messages.Scenario
}

// describe reads the tags of a scenario and holds it to the rules.
func describe(file string, featureTags []*messages.Tag, sc *messages.Scenario) (Scenario, error) {
	s := Scenario{Title: sc.Name, Source: fmt.Sprintf("%s:%d", path.Join("features", file), sc.Location.Line)}
	if len(sc.Examples) > 0 {
		return s, errors.New("a scenario outline: what comes in bulk belongs in vectors")
	}
	if len(sc.Steps) == 0 {
		return s, errors.New("a scenario without steps")
	}
	if strings.TrimSpace(sc.Description) != "" {
		return s, fmt.Errorf("%q is no step: a word like Given is missing or misspelt", strings.TrimSpace(sc.Description))
	}
	for _, tag := range slices.Concat(featureTags, sc.Tags) {
		s.Tags = append(s.Tags, tag.Name)
		if m := requirementTag.FindStringSubmatch(tag.Name); m != nil {
			if _, ok := spec.Lookup(m[1]); !ok {
				return s, fmt.Errorf("the specification has no requirement %s", m[1])
			}
			s.Requirements = append(s.Requirements, m[1])
		} else if m := caseTag.FindStringSubmatch(tag.Name); m != nil && s.ID == "" {
			s.ID = m[1]
		} else if m := waitTag.FindStringSubmatch(tag.Name); m != nil {
			s.Wait, _ = time.ParseDuration(m[1]) // the pattern admits nothing that fails
		} else if _, ok := knownTags[tag.Name]; !ok {
			return s, fmt.Errorf("the tag %s is not known", tag.Name)
		}
	}
	switch {
	case s.ID == "":
		return s, errors.New("no tag @case:area/name")
	case len(s.Requirements) == 0:
		return s, errors.New("no tag with a requirement")
	case slices.Contains(s.Tags, "@server") == slices.Contains(s.Tags, "@client"):
		return s, errors.New("one of the tags @server and @client is needed")
	}
	return s, nil
}

// blankOthers empties all lines that belong to other scenarios, so that line
// numbers in messages stay those of the file.
func blankOthers(contents []byte, spans []span, keep int) []byte {
	lines := bytes.SplitAfter(contents, []byte("\n"))
	for i, sp := range spans {
		if i == keep || sp.scenario == nil {
			continue
		}
		end := len(lines)
		if i+1 < len(spans) {
			end = spans[i+1].first - 1
		}
		for l := sp.first - 1; l < end; l++ {
			lines[l] = []byte("\n")
		}
	}
	return bytes.Join(lines, nil)
}

// Definitions lists the definitions of the scenario's steps, in their order.
func (s Scenario) Definitions() []string { return s.defined }

// An Ending says at which step a scenario ended early.
type Ending struct {
	Step string
	Err  error
}

func (e *Ending) Error() string { return e.Err.Error() }
func (e *Ending) Unwrap() error { return e.Err }

// Run runs the scenario with t. It returns nil when every step ran and held, an
// *Ending around one of the outcomes of package probe, or the judge's own fault.
func (s Scenario) Run(ctx context.Context, t *probe.T) error {
	w := newWorld(t, s.notation)
	w.judged = s.Requirements[0]
	w.tcp = slices.Contains(s.Tags, "@tcp")
	var finding error // what godog itself found, for instance an undefined step
	suite := godog.TestSuite{
		Name: s.ID,
		ScenarioInitializer: func(sc *godog.ScenarioContext) {
			for _, d := range definitions {
				sc.Step(d.re, d.handler)
			}
			sc.StepContext().Before(func(ctx context.Context, st *godog.Step) (context.Context, error) {
				w.stepText, w.given = st.Text, st.Type == messages.PickleStepType_CONTEXT
				return ctx, nil
			})
			sc.After(func(ctx context.Context, _ *godog.Scenario, err error) (context.Context, error) {
				finding = err
				return ctx, nil
			})
		},
		Options: &godog.Options{
			Format: "progress", Output: io.Discard, NoColors: true, Strict: true,
			DefaultContext:  context.WithValue(ctx, worldKey{}, w),
			FeatureContents: []godog.Feature{{Name: s.file, Contents: s.contents}},
		},
	}
	status := suite.Run()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case w.err != nil:
		return &Ending{Step: w.errStep, Err: w.err}
	case finding != nil:
		return fmt.Errorf("%s: %w", s.Source, finding)
	case status != 0:
		return fmt.Errorf("%s: godog ended with status %d and named no step", s.Source, status)
	case w.ran != s.steps:
		return fmt.Errorf("%s: %d of %d steps ran", s.Source, w.ran, s.steps)
	}
	return nil
}
