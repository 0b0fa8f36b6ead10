//go:build !linux

package relay

// socketDrops does not know: this host does not tell what its sockets drop.
func socketDrops() (dropTable, bool) { return nil, false }
