package selftest

var wireMutants []Mutant
