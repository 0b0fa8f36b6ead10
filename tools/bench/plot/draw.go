package main

import (
	"fmt"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"
)

// draw draws the curves as far as they have points with a positive n and a positive
// value of y.
func draw(c Curves, y, out string) error {
	value, label := map[string]func(Point) float64{
		"ns":    func(p Point) float64 { return p.NS },
		"bytes": func(p Point) float64 { return p.Bytes },
	}[y], map[string]string{"ns": "nanoseconds", "bytes": "octets of memory"}[y]
	if value == nil {
		return fmt.Errorf("-y is ns or bytes, not %q", y)
	}
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = c.Title, c.N, label
	p.X.Scale, p.Y.Scale = plot.LogScale{}, plot.LogScale{}
	p.X.Tick.Marker, p.Y.Tick.Marker = plot.LogTicks{Prec: 0}, plot.LogTicks{Prec: 0}
	p.Legend.Top, p.Legend.Left = true, true
	p.Add(plotter.NewGrid())
	drawn := 0
	for i, s := range c.Series {
		var xys plotter.XYs
		for _, point := range s.Points {
			if v := value(point); v > 0 && point.N > 0 {
				xys = append(xys, plotter.XY{X: point.N, Y: v})
			}
		}
		if len(xys) == 0 {
			continue
		}
		line, dots, err := plotter.NewLinePoints(xys)
		if err != nil {
			return fmt.Errorf("series %s: %w", s.Name, err)
		}
		line.Color, line.Dashes = plotutil.Color(i), plotutil.Dashes(i)
		dots.Color, dots.Shape = plotutil.Color(i), plotutil.Shape(i)
		p.Add(line, dots)
		p.Legend.Add(s.Name, line, dots)
		drawn++
	}
	if drawn == 0 {
		return fmt.Errorf("no series has a point with a positive n and positive %s", y)
	}
	return p.Save(20*vg.Centimeter, 14*vg.Centimeter, out)
}
