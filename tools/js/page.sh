#!/bin/sh
# Makes the reports of a broken peer and has Chromium look at the page. What is
# not installed is skipped, and said to be. Exits with 1 if anything is wrong.
#
#   page.sh [FOLDER]      FOLDER: for screenshots
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:+$(mkdir -p "$1" && cd "$1" && pwd)}
cd "$here"

skip() { echo "page skipped: $1"; exit 0; }

command -v node >/dev/null || skip 'node is not installed'
[ -d node_modules/axe-core ] || command -v npm >/dev/null || skip 'npm is not installed, and without it axe is not either'
[ -d node_modules/axe-core ] || npm ci --no-audit --no-fund

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
status=0
(cd ../.. && "${GO:-go}" run ./cmd/vstp-conform server --exec 'node tools/js/broken-peer.mjs {tcp}' \
  --run 'tcp/*' --seed 1 --out "$out" >"$out/text" 2>&1) || status=$?
[ "$status" = 1 ] || { cat "$out/text"; echo "page: the broken peer was judged with exit status $status"; exit 1; }
node page.mjs "$out/report.html" ${folder:+"$folder"}
