package main

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

//go:embed conform.schema.json
var configFiles embed.FS

// A config describes an implementation and how each role of it is reached.
type config struct {
	Profile   string         `json:"profile"`
	TimeScale float64        `json:"time_scale"`
	Server    *serverConfig  `json:"server"`
	Client    *adapterConfig `json:"client"`
	Codec     *adapterConfig `json:"codec"`
}

type serverConfig struct {
	Exec         string    `json:"exec"`
	TCP          string    `json:"tcp"`
	UDP          string    `json:"udp"`
	TLS          string    `json:"tls"`
	TLSVerify    string    `json:"tls_verify"`
	EasyTCP      string    `json:"easy_tcp"`
	EasyUDP      string    `json:"easy_udp"`
	ClientCert   string    `json:"client_cert"`
	ClientKey    string    `json:"client_key"`
	Transports   []string  `json:"transports"`
	Capabilities *[]string `json:"capabilities"`
	Wait         string    `json:"wait"`
	Baseline     string    `json:"baseline"`
}

type adapterConfig struct {
	Exec     string `json:"exec"`
	Wait     string `json:"wait"`
	Baseline string `json:"baseline"`
}

// readConfig reads a configuration. What is wrong with it is said with the line.
func readConfig(name string) (config, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return config{}, usagef("--config: %v", err)
	}
	if faults := configFaults(name, text); len(faults) > 0 {
		return config{}, usagef("--config: %s", strings.Join(faults, "\n"))
	}
	var c config
	if err := json.Unmarshal(text, &c); err != nil {
		return config{}, usagef("--config: %s: %v", name, err)
	}
	return c, nil
}

// configFaults are the faults of a configuration, each with its place.
func configFaults(name string, text []byte) []string {
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		line := lineAt(text, len(text))
		if syntax := (*json.SyntaxError)(nil); errors.As(err, &syntax) {
			line = lineAt(text, int(syntax.Offset))
		}
		return []string{fmt.Sprintf("%s:%d: this is no JSON: %v", name, line, err)}
	}
	const file = "conform.schema.json"
	schema, err := compileSchema(configFiles, file)
	if err != nil {
		panic(fmt.Sprintf("the embedded %s: %v", file, err)) // a broken build
	}
	var invalid *jsonschema.ValidationError
	if !errors.As(schema.Validate(document), &invalid) {
		return nil
	}
	places := parsePlaces(text)
	var faults []string
	for _, leaf := range ends(invalid) {
		at := fieldPath(leaf.InstanceLocation)
		line := lineAt(text, places.at(at).start)
		what := schemaProblem(leaf)
		if extra, ok := leaf.ErrorKind.(*kind.AdditionalProperties); ok {
			for _, field := range extra.Properties {
				where := strings.TrimPrefix(at+"."+field, ".")
				faults = append(faults, fmt.Sprintf("%s:%d: there is no field %q", name, lineOf(text, where), where))
			}
			continue
		}
		if at != "" {
			what = at + ": " + what
		}
		faults = append(faults, fmt.Sprintf("%s:%d: %s", name, line, what))
	}
	slices.Sort(faults)
	return slices.Compact(faults)
}

// ends are the errors to be told: those in which others end, and those that leave
// a choice, of which the ends say nothing useful.
func ends(e *jsonschema.ValidationError) []*jsonschema.ValidationError {
	switch e.ErrorKind.(type) {
	case *kind.OneOf, *kind.AnyOf:
		return []*jsonschema.ValidationError{e}
	}
	if len(e.Causes) == 0 {
		return []*jsonschema.ValidationError{e}
	}
	var list []*jsonschema.ValidationError
	for _, cause := range e.Causes {
		list = append(list, ends(cause)...)
	}
	return list
}

// schemaProblem is what an error of the schema says, without its place.
func schemaProblem(e *jsonschema.ValidationError) string {
	switch e.ErrorKind.(type) {
	case *kind.OneOf:
		return "give exec, or where it listens already: tcp, udp or both, and no transports then"
	case *kind.AnyOf:
		return "there is no role to judge: give server, client or codec"
	}
	if unit := e.BasicOutput(); unit.Error != nil {
		return unit.Error.String()
	}
	return "does not match the schema"
}
