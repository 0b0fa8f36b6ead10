// Command plot draws how a cost grows with n: time or memory, on logarithmic axes, on
// which what grows in proportion is a straight line with a slope of one.
//
//	go run ./plot -codec -json curves.json -o curves.svg   measure the codec and draw it
//	go run ./plot -o curves.svg curves.json                draw what has been measured
//
// The file has this form; ns and bytes may each be left out:
//
//	{"title": "…", "n": "connections", "series": [
//	  {"name": "idle", "points": [{"n": 1, "ns": 12.5, "bytes": 4096}, …]}]}
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
)

// Curves is what is drawn in one picture.
type Curves struct {
	Title  string   `json:"title"`
	N      string   `json:"n"` // what is counted
	Series []Series `json:"series"`
}

// Series is one curve.
type Series struct {
	Name   string  `json:"name"`
	Points []Point `json:"points"`
}

// Point is what one of n takes: nanoseconds, octets of memory, or both.
type Point struct {
	N     float64 `json:"n"`
	NS    float64 `json:"ns,omitempty"`
	Bytes float64 `json:"bytes,omitempty"`
}

func main() {
	codec := flag.Bool("codec", false, "measure frames of 0 to 8 MiB instead of reading a file")
	out := flag.String("o", "", "write the picture to `file`, .svg or .png")
	save := flag.String("json", "", "write what was measured to `file`")
	y := flag.String("y", "ns", "what to draw: ns or bytes")
	flag.Parse()
	if *codec == (flag.NArg() == 1) || flag.NArg() > 1 || *out == "" {
		fmt.Fprintln(flag.CommandLine.Output(), "plot needs -o, and either -codec or the name of one file")
		flag.Usage()
		os.Exit(2)
	}
	if err := run(*codec, flag.Arg(0), *save, *out, *y); err != nil {
		fmt.Fprintln(os.Stderr, "plot:", err)
		os.Exit(1)
	}
}

func run(codec bool, from, save, out, y string) error {
	var curves Curves
	var err error
	if codec {
		runtime.GOMAXPROCS(1)
		curves, err = measureCodec()
	} else {
		curves, err = read(from)
	}
	if err != nil {
		return err
	}
	if save != "" {
		b, err := json.MarshalIndent(curves, "", "  ")
		if err != nil {
			return err
		}
		if err := os.WriteFile(save, append(b, '\n'), 0o644); err != nil {
			return err
		}
	}
	return draw(curves, y, out)
}

func read(name string) (Curves, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return Curves{}, err
	}
	var c Curves
	if err := json.Unmarshal(b, &c); err != nil {
		return Curves{}, fmt.Errorf("%s: %w", name, err)
	}
	if len(c.Series) == 0 {
		return Curves{}, fmt.Errorf("%s: %w", name, errors.New("there is no series"))
	}
	return c, nil
}
