package target

import (
	"fmt"
	"net"
	"sync"
)

// handedOut remembers the ports that this process has reserved, so that two
// targets started at the same time are never given the same one although
// neither has bound it yet.
var handedOut struct {
	sync.Mutex
	ports map[string]bool
}

// reserve finds a loopback address that is free in the given network ("tcp" or
// "udp"). It is only reserved against other callers of this package: whoever
// binds it first has it.
func reserve(network string) (string, error) {
	handedOut.Lock()
	defer handedOut.Unlock()
	if handedOut.ports == nil {
		handedOut.ports = map[string]bool{}
	}
	var err error
	for range 100 {
		var addr string
		if addr, err = freeAddr(network); err != nil {
			continue
		}
		if key := network + " " + addr; !handedOut.ports[key] {
			handedOut.ports[key] = true
			return addr, nil
		}
	}
	if err == nil {
		err = fmt.Errorf("every port that the system offers was handed out before")
	}
	return "", fmt.Errorf("no free %s port on 127.0.0.1: %w", network, err)
}

// release gives a reserved address back.
func release(network, addr string) {
	handedOut.Lock()
	defer handedOut.Unlock()
	delete(handedOut.ports, network+" "+addr)
}

func freeAddr(network string) (string, error) {
	if network == "udp" {
		c, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			return "", err
		}
		defer c.Close()
		return c.LocalAddr().String(), nil
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}
