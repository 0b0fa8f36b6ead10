package conformance

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	tagexpressions "github.com/cucumber/tag-expressions/go/v6"

	"github.com/vstp-project/vstp/conformance/probe"
	"github.com/vstp-project/vstp/conformance/steps"
	"github.com/vstp-project/vstp/features"
	"github.com/vstp-project/vstp/spec"
	"github.com/vstp-project/vstp/vectors"
)

// A SelectionError says that what the caller chose matches nothing or cannot be
// parsed. It is a usage error, never a verdict.
type SelectionError struct{ Problem string }

func (e *SelectionError) Error() string { return e.Problem }

// Cases returns the cases that opts select, in the order of the specification:
// by the place of their first requirement in the text, scenarios before vectors.
// It fails with a *SelectionError where nothing is left.
func Cases(opts Options) ([]Case, error) {
	all, err := allCases(opts)
	if err != nil {
		return nil, err
	}
	return selectCases(all, opts)
}

func allCases(opts Options) ([]Case, error) {
	registry := opts.Registry
	if registry == nil {
		registry = spec.DefaultRegistry()
	}
	vs, err := loadVectors(opts)
	if err != nil {
		return nil, &SelectionError{Problem: err.Error()}
	}
	var cases []Case
	switch opts.Role {
	case "", RoleServer:
		cases, err = networkCases(RoleServer, opts, registry, vs)
	case RoleClient:
		cases, err = networkCases(RoleClient, opts, registry, vs)
	case RoleCodec:
		for _, v := range vs.All() {
			if c, ok := codecCase(v, registry); ok {
				cases = append(cases, c)
			}
		}
	default:
		err = &SelectionError{Problem: fmt.Sprintf("the role %q does not exist: server, client or codec", opts.Role)}
	}
	if err != nil {
		return nil, err
	}
	sortBySpecification(cases)
	return cases, nil
}

// networkCases are the scenarios of a role, and the vectors that it can be sent.
func networkCases(role string, opts Options, registry *spec.Registry, vs vectors.Set) ([]Case, error) {
	featureFS := opts.Features
	if featureFS == nil {
		featureFS = features.FS
	}
	scenarios, err := steps.Load(featureFS, registry, vs)
	if err != nil {
		return nil, &SelectionError{Problem: err.Error()}
	}
	var cases []Case
	for _, s := range scenarios {
		if slices.Contains(s.Tags, "@"+role) {
			cases = append(cases, scenarioCase(s, role))
		}
	}
	for _, v := range vs.All() {
		for _, transport := range []string{"tcp", "udp", "easy-tcp", "easy-udp"} {
			if !steps.Live(v, transport) {
				continue
			}
			if c, ok := vectorCase(v, role, transport, registry); ok {
				cases = append(cases, c)
			}
		}
	}
	return cases, nil
}

func loadVectors(opts Options) (vectors.Set, error) {
	if opts.Vectors != nil {
		return vectors.LoadFS(opts.Vectors)
	}
	return vectors.Load()
}

func scenarioCase(s steps.Scenario, role string) Case {
	req, _ := spec.Lookup(s.Requirements[0]) // steps.Load has refused unknown ones
	c := Case{
		ID: s.ID, Title: s.Title, Requirements: s.Requirements,
		Level: req.Level, Profile: req.Profile, Roles: []string{role},
		Tags: s.Tags, Source: s.Source, Wait: s.Wait,
		Exclusive: slices.Contains(s.Tags, "@exclusive"),
		Hostile:   slices.Contains(s.Tags, "@hostile"),
		Run:       s.Run,
	}
	if slices.Contains(s.Tags, "@compression") {
		c.Capability = "compression"
	}
	for _, transport := range transports {
		if slices.Contains(s.Tags, "@"+transport) {
			c.Transport = transport
		}
	}
	return c
}

// vectorCase is the case of a vector for a role over one transport. There is none
// where the vector's requirement is not about the role or not about the transport.
func vectorCase(v vectors.Vector, role, transport string, registry *spec.Registry) (Case, bool) {
	req, ok := spec.Lookup(v.Requirements[0])
	if !ok || !slices.Contains(req.Roles, role) || !slices.Contains(req.Transports, strings.TrimPrefix(transport, "easy-")) {
		return Case{}, false
	}
	c := Case{
		ID:    fmt.Sprintf("vector/%s/%s@%s", v.Family, v.Name, transport),
		Title: v.Comment, Requirements: v.Requirements,
		Level: req.Level, Profile: req.Profile, Roles: []string{role}, Transport: transport,
		Tags:    []string{"@vector", "@" + transport, "@" + role},
		Source:  fmt.Sprintf("vectors/%s.json", v.Family),
		Hostile: v.Expect.Result != "accept",
		Run: func(ctx context.Context, t *probe.T) error {
			if err := outdated(v, registry); err != nil {
				return err
			}
			if role == RoleClient {
				return steps.RunClientVector(ctx, t, v, transport, registry)
			}
			return steps.RunVector(ctx, t, v, transport, registry)
		},
	}
	for _, r := range v.Requirements {
		c.Tags = append(c.Tags, "@"+r)
	}
	if c.Hostile {
		c.Tags = append(c.Tags, "@hostile")
	}
	return c, true
}

// outdated says, of a vector for a TYPE that is not known, that the registry has
// come to know it; otherwise it is nil.
func outdated(v vectors.Vector, registry *spec.Registry) error {
	for _, value := range v.UnknownTypes() {
		if t, ok := registry.Type(value); ok {
			return &probe.NotApplicable{Reason: fmt.Sprintf("it takes TYPE 0x%02x to be unknown, and the registry has it as %s", value, t.Name)}
		}
	}
	return nil
}

func sortBySpecification(cases []Case) {
	place := map[string]int{}
	for i, r := range spec.Requirements() {
		place[r.ID] = i
	}
	isVector := func(c Case) int {
		if strings.HasPrefix(c.ID, "vector/") {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(cases, func(a, b Case) int {
		return cmp.Or(
			cmp.Compare(place[a.Requirements[0]], place[b.Requirements[0]]),
			cmp.Compare(isVector(a), isVector(b)),
			cmp.Compare(a.ID, b.ID),
		)
	})
}

// selectCases applies profile, globs and tag expression.
func selectCases(all []Case, opts Options) ([]Case, error) {
	switch opts.Profile {
	case "", "core", "strict":
	default:
		return nil, &SelectionError{Problem: fmt.Sprintf("the profile %q does not exist: core or strict", opts.Profile)}
	}
	run, err := globs("--run", opts.Run, all)
	if err != nil {
		return nil, err
	}
	skip, err := globs("--skip", opts.Skip, all)
	if err != nil {
		return nil, err
	}
	tags, err := tagExpression(opts.Tags, all)
	if err != nil {
		return nil, err
	}
	var chosen []Case
	beyond := 0
	for _, c := range all {
		if (len(run) > 0 && !matchAny(run, c.ID)) || matchAny(skip, c.ID) || !tags(c) {
			continue
		}
		if c.Profile == "strict" && opts.Profile != "strict" {
			beyond++
			continue
		}
		chosen = append(chosen, c)
	}
	if len(chosen) == 0 {
		problem := "the selection leaves no case to run"
		if beyond > 0 {
			problem += fmt.Sprintf(": the %d cases that match belong to the profile strict (--profile strict)", beyond)
		}
		return nil, &SelectionError{Problem: problem}
	}
	return opts.Shard.cut(chosen)
}

// tagExpression parses a standard tag expression and refuses tags that no case
// has: they would quietly select nothing.
func tagExpression(expr string, all []Case) (func(Case) bool, error) {
	if strings.TrimSpace(expr) == "" {
		return func(Case) bool { return true }, nil
	}
	parsed, err := parseTags(expr)
	if err != nil {
		return nil, &SelectionError{Problem: fmt.Sprintf("the tag expression %q cannot be parsed: %v", expr, err)}
	}
	known := map[string]bool{}
	for _, c := range all {
		for _, tag := range c.Tags {
			known[tag] = true
		}
	}
	for _, word := range strings.FieldsFunc(expr, func(r rune) bool { return r == ' ' || r == '(' || r == ')' }) {
		if strings.HasPrefix(word, "@") && !known[word] {
			return nil, &SelectionError{Problem: fmt.Sprintf("no case has the tag %s", word)}
		}
	}
	return func(c Case) bool { return parsed.Evaluate(c.Tags) }, nil
}

// parseTags parses a tag expression. The library panics on some expressions that
// are cut short.
func parseTags(expr string) (parsed tagexpressions.Evaluatable, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("it is not complete (%v)", p)
		}
	}()
	return tagexpressions.Parse(expr)
}
