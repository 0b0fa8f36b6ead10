//go:build !linux

// Command transport measures on Linux only, where the processor time of another
// process can be read and both can be bound to a processor.
package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "transport: measures on Linux only")
	os.Exit(1)
}
