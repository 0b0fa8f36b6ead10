package selftest

import (
	"context"
	"errors"
	"sync"

	"github.com/vstp-project/vstp/conformance"
)

// How many cases a null peer and a null adapter are judged by at a time, and how many
// of either at a time: they all wait for answers that never come.
const (
	nullJobs        = 64
	nullAdapterJobs = 128
	nullsAtOnce     = 5
)

// NullAll judges all null peers as servers, and all null adapters as clients and as
// codecs, with every case there is. The results are in that order.
func NullAll(ctx context.Context, opts conformance.Options) ([]*NullResult, error) {
	var (
		results []*NullResult
		faults  []error
		running sync.WaitGroup
		mu      sync.Mutex // guards faults
		slots   = make(chan struct{}, nullsAtOnce)
	)
	judge := func(run func() (NullResult, error)) {
		result := new(NullResult)
		results = append(results, result)
		running.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			var err error
			if *result, err = run(); err != nil {
				mu.Lock()
				defer mu.Unlock()
				faults = append(faults, err)
			}
		})
	}
	opts.Jobs = nullJobs
	for _, p := range NullPeers() {
		judge(func() (NullResult, error) { return Null(ctx, p, opts) })
	}
	for _, role := range []string{conformance.RoleClient, conformance.RoleCodec} {
		opts := opts
		opts.Role, opts.Jobs = role, nullAdapterJobs
		for _, a := range NullAdapters() {
			if a.ClientOnly && role != conformance.RoleClient {
				continue
			}
			judge(func() (NullResult, error) { return NullAdapted(ctx, a, opts) })
		}
	}
	running.Wait()
	return results, errors.Join(faults...)
}
