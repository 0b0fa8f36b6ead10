//go:build !linux

package relay

func newWatcher() watcher { return blind{} }
