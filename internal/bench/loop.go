package bench

import "testing"

// Loop runs op for as long as b wants and reports the processor time of one, in
// nanoseconds, as "cpu-ns/op". It returns that time.
func Loop(b *testing.B, op func()) float64 {
	start := CPUTime()
	for b.Loop() {
		op()
	}
	each := float64(CPUTime()-start) / float64(b.N)
	b.ReportMetric(each, "cpu-ns/op")
	return each
}
