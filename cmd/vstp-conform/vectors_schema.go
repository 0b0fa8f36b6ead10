package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/vstp-project/vstp/vectors"
)

// vectorSchema is the JSON Schema of the vectors.
var vectorSchema = sync.OnceValue(func() *jsonschema.Schema {
	const name = "vectors.schema.json"
	schema, err := compileSchema(vectors.Files(), name)
	if err != nil {
		panic(fmt.Sprintf("the embedded %s: %v", name, err)) // a broken build
	}
	return schema
})

func compileSchema(fsys fs.FS, name string) (*jsonschema.Schema, error) {
	data, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, err
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource(name, document); err != nil {
		return nil, err
	}
	return compiler.Compile(name)
}

// schema holds every file against the schema. What the reader has found wrong
// with a vector, or with a file, it has said better.
func (f *findings) schema() {
	for _, file := range f.files {
		document, err := jsonschema.UnmarshalJSON(bytes.NewReader(file.data))
		if err != nil {
			continue // the reader has said so
		}
		var invalid *jsonschema.ValidationError
		if !errors.As(vectorSchema().Validate(document), &invalid) {
			continue
		}
		names := file.names()
		for _, leaf := range leaves(invalid) {
			fault := file.schemaFault(leaf, names)
			if !slices.ContainsFunc(f.faults, func(known *vectors.Error) bool {
				return known.File == fault.File && known.Vector == fault.Vector && known.Rule != "differs from the canonical form here"
			}) {
				f.faults = append(f.faults, fault)
			}
		}
	}
}

// leaves are the errors in which others end.
func leaves(e *jsonschema.ValidationError) []*jsonschema.ValidationError {
	if len(e.Causes) == 0 {
		return []*jsonschema.ValidationError{e}
	}
	var list []*jsonschema.ValidationError
	for _, cause := range e.Causes {
		list = append(list, leaves(cause)...)
	}
	return list
}

// names are those of the vectors in the file, "" for one without.
func (f *vectorFile) names() []string {
	var names []string
	for _, v := range f.places().at("vectors").elements {
		name := ""
		if member := v.members["name"]; member != nil {
			name = member.text
		}
		names = append(names, name)
	}
	return names
}

// schemaFault is an error of the schema with its place in the file.
func (f *vectorFile) schemaFault(e *jsonschema.ValidationError, names []string) *vectors.Error {
	fault := &vectors.Error{File: f.name, Rule: "does not match the schema"}
	if unit := e.BasicOutput(); unit.Error != nil {
		fault.Rule = unit.Error.String()
	}
	at := e.InstanceLocation
	fault.Line = f.line(fieldPath(at))
	if len(at) >= 2 && at[0] == "vectors" {
		if i, err := strconv.Atoi(at[1]); err == nil && i < len(names) && names[i] != "" {
			fault.Vector, at = names[i], at[2:]
		}
	}
	fault.Field = fieldPath(at)
	return fault
}

// fieldPath writes the steps to a value as expect.frames[3].
func fieldPath(steps []string) string {
	var path strings.Builder
	for _, step := range steps {
		if _, err := strconv.Atoi(step); err == nil {
			path.WriteString("[" + step + "]")
			continue
		}
		path.WriteString("." + step)
	}
	return strings.TrimPrefix(path.String(), ".")
}
