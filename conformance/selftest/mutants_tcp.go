package selftest

var tcpMutants []Mutant
