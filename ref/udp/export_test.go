package udp

// Held is what a Server or a Conn keeps in memory.
type Held struct {
	Sessions int // messages of which fragments are missing
	Octets   int // of payload in them
	Records  int // messages remembered as delivered
	Sends    int // that an ACK may come for
}

// HeldBy returns what a server keeps.
func HeldBy(s *Server) Held {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Held{s.fragments.Sessions(), s.fragments.Octets(), s.duplicates.Len(), s.sender.Outstanding()}
}

// HeldByConn returns what a Conn keeps.
func HeldByConn(c *Conn) Held { return HeldBy(c.server) }
