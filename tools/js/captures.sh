#!/bin/sh
# Judges the reference peer and a broken one, keeps a capture of every case, and holds
# what tshark makes of them with spec/wireshark/vstp.lua against what vstp-conform
# decode does, field by field. What is not installed is skipped, and said to be. Exits
# with 1 if the two differ.
#
#   captures.sh [FLAG…]      FLAG: for vstp-conform server, such as --run 'links/*'
set -eu
cd "$(dirname "$0")"

skip() { echo "captures skipped: $1"; exit 0; }

command -v node >/dev/null || skip 'node is not installed'
command -v tshark >/dev/null || skip 'tshark is not installed'
tshark --version 2>/dev/null | tr '\n' ' ' | grep -q 'with Lua' || skip 'tshark is built without Lua'

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
(cd ../.. && "${GO:-go}" build -o "$out/vstp-conform" ./cmd/vstp-conform)

# judge FOLDER STATUS FLAG…
judge() {
  folder=$1 wanted=$2 status=0
  shift 2
  "$out/vstp-conform" server --quiet --pcap all --out "$out/$folder" "$@" >"$out/text" 2>&1 || status=$?
  [ "$status" = "$wanted" ] || { cat "$out/text"; echo "captures: $folder was judged with exit status $status"; exit 1; }
}

judge reference 0 "$@"
judge broken 1 --exec 'node broken-peer.mjs {tcp}' --run 'tcp/*' --seed 1

status=0
for folder in reference broken; do
  echo "captures: $folder"
  node captures.mjs "$out/vstp-conform" "$out/$folder" || status=1
done
exit "$status"
