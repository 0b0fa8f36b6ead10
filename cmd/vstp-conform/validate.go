package main

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/spf13/cobra"

	"github.com/vstp-project/vstp/spec"
)

// validation is the flag --validate-adapter.
type validation struct{ validate bool }

func (v *validation) register(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&v.validate, "validate-adapter", false, "hold each answer of the adapter against the JSON Schema of the adapter protocol")
}

// inspect is what holds answers against the schema; nil without the flag.
func (v *validation) inspect() func(op string, answer []byte) error {
	if !v.validate {
		return nil
	}
	schemas := answerSchemas{compiled: map[string]*jsonschema.Schema{}}
	return schemas.check
}

// answerSchemas are the schemas of the answers to each operation. Adapters may be
// inspected beside each other.
type answerSchemas struct {
	mu       sync.Mutex
	compiler *jsonschema.Compiler
	compiled map[string]*jsonschema.Schema
}

const adapterSchemaName = "adapter.schema.json"

// answer is the schema of the answers to an operation.
func (s *answerSchemas) answer(op string) (*jsonschema.Schema, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.compiler == nil {
		document, err := jsonschema.UnmarshalJSON(bytes.NewReader(spec.AdapterSchema()))
		if err != nil {
			return nil, fmt.Errorf("the embedded %s: %w", adapterSchemaName, err)
		}
		s.compiler = jsonschema.NewCompiler()
		if err := s.compiler.AddResource(adapterSchemaName, document); err != nil {
			return nil, fmt.Errorf("the embedded %s: %w", adapterSchemaName, err)
		}
	}
	if s.compiled[op] == nil {
		schema, err := s.compiler.Compile(adapterSchemaName + "#/$defs/" + op + "-answer")
		if err != nil {
			return nil, fmt.Errorf("the embedded %s: %w", adapterSchemaName, err)
		}
		s.compiled[op] = schema
	}
	return s.compiled[op], nil
}

// check says in what an answer does not keep the schema.
func (s *answerSchemas) check(op string, answer []byte) error {
	schema, err := s.answer(op)
	if err != nil {
		return err
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(answer))
	if err != nil {
		return err
	}
	var invalid *jsonschema.ValidationError
	if !errors.As(schema.Validate(document), &invalid) {
		return nil
	}
	// An answer is a success or a failure: only what is wrong with the one that it
	// says it is helps.
	members, _ := document.(map[string]any)
	refused := members["ok"] == false
	var problems []string
	for _, leaf := range leaves(invalid) {
		about := fieldPath(leaf.InstanceLocation)
		problem := "does not match"
		if unit := leaf.BasicOutput(); unit.Error != nil {
			problem = unit.Error.String()
		}
		ofRefusal := slices.Contains([]string{"error", "remote", "needed", "message"}, about) || strings.Contains(problem, "'error'")
		if about == "ok" || about != "id" && ofRefusal != refused {
			continue
		}
		if about != "" {
			problem = about + ": " + problem
		}
		problems = append(problems, problem)
	}
	if len(problems) == 0 {
		return errors.New("it does not match the schema of answers to " + op)
	}
	slices.Sort(problems)
	return errors.New(strings.Join(slices.Compact(problems), "; "))
}
