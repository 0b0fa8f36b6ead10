package peer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/vstp-project/vstp/ref/metrics"
	"github.com/vstp-project/vstp/ref/metrics/metricshttp"
)

// metricsPatience is how long somebody who reads the metrics may take over a request.
const metricsPatience = 10 * time.Second

// counters are the metrics of the listeners that are offered, by their names.
type counters struct {
	off bool
	all []*metrics.Metrics
}

// of makes the metrics of a listener, nil if nobody is going to read them.
func (c *counters) of(listener string) *metrics.Metrics {
	if c.off {
		return nil
	}
	m := &metrics.Metrics{Endpoint: listener}
	c.all = append(c.all, m)
	return m
}

// serve serves what has been counted over HTTP: at /metrics for Prometheus, and at
// /debug/vars as expvar does; and at /debug/runtime what the process itself takes. It
// returns the address, and a function that ends it.
func (c *counters) serve(ctx context.Context, addr string, log *slog.Logger) (bound string, end func(), err error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return "", nil, fmt.Errorf("serving metrics: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("/metrics", metricshttp.Handler(c.all...))
	mux.Handle("/debug/vars", metricshttp.Vars(c.all...))
	mux.HandleFunc("/debug/runtime", serveRuntime)
	s := &http.Server{Handler: mux, ReadTimeout: metricsPatience, WriteTimeout: metricsPatience}
	if log != nil {
		s.ErrorLog = slog.NewLogLogger(log.Handler(), slog.LevelWarn)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) && log != nil {
			log.Error("peer: the metrics are no longer served", "err", err)
		}
	}()
	return l.Addr().String(), func() {
		s.Close()
		<-done
	}, nil
}
