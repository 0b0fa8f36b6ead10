package main

import (
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestBuildText(t *testing.T) {
	revision := []debug.BuildSetting{{Key: "vcs.revision", Value: "0123abc"}}
	modified := append(revision[:1:1], debug.BuildSetting{Key: "vcs.modified", Value: "true"})
	for _, c := range []struct {
		info debug.BuildInfo
		want string
	}{
		{debug.BuildInfo{}, ""},
		{debug.BuildInfo{Main: debug.Module{Version: "(devel)"}}, ""},
		{debug.BuildInfo{Main: debug.Module{Version: "v0.1.0"}, Settings: revision}, " (module v0.1.0)"},
		{debug.BuildInfo{Main: debug.Module{Version: "(devel)"}, Settings: revision}, " (revision 0123abc)"},
		{debug.BuildInfo{Settings: modified}, " (revision 0123abc, modified)"},
	} {
		assert.Equal(t, c.want, buildText(&c.info))
	}
}
