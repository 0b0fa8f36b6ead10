package conformance

import (
	"context"
	"fmt"
	"slices"

	"github.com/vstp-project/vstp/conformance/probe"
	"github.com/vstp-project/vstp/conformance/target"
)

// What is declared is tested, what is not declared is checked for a correct
// refusal and then not applicable, and what was declared and could not be tested
// is said.

// refusing are the operations by which a codec shows that it does not offer a
// capability.
var refusing = map[string]string{
	"varint": "varint_decode",
	"string": "string_decode",

	capabilityGzip: "decompress",
}

// refuses wants an operation of a capability that the adapter did not declare to
// be refused; then the case is not about this codec.
func (a adapterCalls) refuses(ctx context.Context, capability string) error {
	answer, err := a.call(ctx, refusing[capability], map[string]any{"hex": "00"})
	if err != nil {
		return err
	}
	if answer.OK || answer.Error != unsupported {
		return &probe.Violation{
			Requirement: "OBS-4",
			Want:        fmt.Sprintf("the error Unsupported, since the capability %s is not declared", capability),
			Got:         probe.Shorten(string(answer.Line())),
		}
	}
	return &probe.NotApplicable{Reason: fmt.Sprintf("the codec does not offer %s", capability)}
}

// declared are the capabilities that the target says it has.
func (r *runner) declared() []string {
	if a := r.adapter(); a != nil {
		return a.Hello().Capabilities
	}
	return r.opts.Capabilities
}

// unexercised are the declared capabilities about which there were cases to run,
// none of which came to an outcome. What does not go over the link of a run was not to
// run.
func (r *runner) unexercised() []string {
	var list []string
	for _, capability := range r.declared() {
		cases, exercised := 0, false
		for i, c := range r.cases {
			if c.Capability != capability || r.beyondLink(c) != "" {
				continue
			}
			cases++
			v := r.results[i].Verdict
			exercised = exercised || v != NotApplicable && v != NotExercised
		}
		if cases > 0 && !exercised {
			list = append(list, capability)
		}
	}
	return list
}

// checkRole refuses an adapter that does not claim to be what it is to be judged
// as.
func checkRole(t target.Target, inst target.Instance, role string) error {
	driven, ok := inst.(target.Driven)
	if !ok {
		return nil
	}
	roles := driven.Adapter().Hello().Roles
	if slices.Contains(roles, role) {
		return nil
	}
	return &target.UnreachableError{
		Target: t.String(), Tried: "it was started once",
		Err: fmt.Errorf("its answer to start does not name the role %s: roles has %q", role, roles),
	}
}
