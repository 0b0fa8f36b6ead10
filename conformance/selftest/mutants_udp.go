package selftest

var udpMutants []Mutant
