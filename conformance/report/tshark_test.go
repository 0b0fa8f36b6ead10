package report_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance/report"
)

// What is written as packets opens in tshark, with the dissector of this project.
func TestPcapngInTshark(t *testing.T) {
	tshark, err := exec.LookPath("tshark")
	if err != nil {
		t.Skip("not tried: tshark is not installed")
	}
	rep := sample()
	file := filepath.Join(t.TempDir(), "case.pcapng")
	require.NoError(t, os.WriteFile(file, report.Pcapng(rep, rep.Results[3]), 0o600))
	// Checksums of TCP are verified, so that wrong ones show.
	args := []string{"-r", file, "-o", "tcp.check_checksum:TRUE", "-T", "fields", "-e", "_ws.col.Protocol", "-e", "_ws.expert.message", "-e", "frame.comment"}
	lua, err := filepath.Abs("../../spec/wireshark/vstp.lua")
	require.NoError(t, err)
	withLua := false
	if version, err := exec.Command(tshark, "--version").Output(); err == nil {
		withLua = strings.Contains(strings.ReplaceAll(string(version), "\n", " "), "with Lua")
	}
	if withLua {
		args = append([]string{"-X", "lua_script:" + lua}, args...)
	}
	out, err := exec.Command(tshark, args...).Output()
	require.NoError(t, err)
	lines := strings.Split(strings.TrimRight(string(out), "\n"), "\n")
	require.Len(t, lines, 6)
	if withLua {
		assert.True(t, strings.HasPrefix(lines[3], "VSTP\t"), lines[3])
	}
	assert.Contains(t, lines[3], "Case sample/fail, requirement TST-1")
	for _, line := range lines[:4] {
		assert.NotContains(t, line, "Bad checksum")
	}
}
