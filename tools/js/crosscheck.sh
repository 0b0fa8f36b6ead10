#!/bin/sh
# Decodes the frame vectors with two decoders that share no code with the Go
# packages: the parser that Kaitai Struct generates from spec/vstp.ksy, and
# tshark with spec/wireshark/vstp.lua. What is not installed is skipped, and said
# to be. Exits with 1 if any decoder differs from the vectors.
set -eu
cd "$(dirname "$0")"

status=0

skip() { echo "crosscheck: $1 skipped: $2"; }

why_no_node() {
  if ! command -v node >/dev/null; then
    echo 'node is not installed'
  elif ! node -e 'process.exit(require("node:zlib").crc32 ? 0 : 1)'; then
    echo "node $(node --version) is too old, 20.15 or newer is needed"
  fi
}

# The packages of the lock file are there and not older than it.
installed() { [ node_modules/.package-lock.json -nt package-lock.json ]; }

why_no_tshark() {
  if ! command -v tshark >/dev/null; then
    echo 'tshark is not installed'
  elif ! tshark --version 2>/dev/null | tr '\n' ' ' | grep -q 'with Lua'; then
    echo 'tshark is built without Lua'
  fi
}

kaitai() {
  reason=$(why_no_node)
  if [ -z "$reason" ] && ! installed && ! command -v npm >/dev/null; then
    reason='npm is not installed, and without it the Kaitai Struct compiler is not either'
  fi
  [ -z "$reason" ] || { skip kaitai "$reason"; return 0; }
  { installed || npm ci --no-audit --no-fund; } && node crosscheck.mjs
}

tshark_check() {
  reason=$(why_no_node)
  [ -n "$reason" ] || reason=$(why_no_tshark)
  [ -z "$reason" ] || { skip tshark "$reason"; return 0; }
  node tshark.mjs
}

kaitai || status=1
tshark_check || status=1
exit "$status"
