#!/usr/bin/env bash
# Tests and judges each implementation in this directory whose toolchain is
# there, and says which were skipped. Run it from anywhere:
#
#     conformance/adapters/run.sh [python] [node] [rust-vstp]
#
# Without a name it runs all three. The published crate behind rust-vstp is known
# not to conform: what it fails stands in its baselines, and only a change is a fault.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
suite=$work/vstp-conform
failed=()
skipped=()

# step NAME COMMAND... runs a command that has to succeed.
step() {
  local name=$1
  shift
  echo "== $name: $*"
  if ! "$@" >"$work/log" 2>&1; then
    tail -n 60 "$work/log"
    failed+=("$name: $*")
    return 1
  fi
  tail -n 1 "$work/log"
}

skip() {
  echo "== $1: SKIPPED, $2"
  skipped+=("$1 ($2)")
}

run_python() {
  if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
    skip python "there is no python3 of version 3.10 or newer"
    return
  fi
  cd "$here/python" || return
  step python python3 -m unittest -q
  step python "$suite" codec --quiet --profile strict --exec 'python3 -m vstp adapter'
  step python "$suite" server --quiet --profile strict --time-scale 0.1 \
    --exec 'python3 -m vstp serve --tcp {tcp} --udp {udp} --time-scale {time-scale}'
  step python "$suite" client --quiet --profile strict --time-scale 0.1 --exec 'python3 -m vstp adapter'
}

run_node() {
  if ! node -e 'process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)' 2>/dev/null; then
    skip node "there is no node of version 18 or newer"
    return
  fi
  cd "$here/node" || return
  step node node --test
  step node "$suite" codec --quiet --profile strict --exec 'node adapter.js'
}

run_rust_vstp() {
  if ! command -v cargo >/dev/null; then
    skip rust-vstp "there is no cargo"
    return
  fi
  cd "$here/rust-vstp" || return
  if ! cargo fetch --locked --quiet 2>"$work/log"; then
    tail -n 5 "$work/log"
    skip rust-vstp "its crates cannot be fetched"
    return
  fi
  step rust-vstp cargo build --release --locked --quiet || return
  local adapter=target/release/vstp-adapter
  step rust-vstp "$suite" codec --quiet --profile core --exec "$adapter adapter" --baseline baseline-codec.json
  # What is skipped comes to another verdict from run to run (docs/rust-crate.md).
  step rust-vstp "$suite" client --quiet --profile core --skip client-udp/random-datagrams \
    --exec "$adapter adapter" --baseline baseline-client.json
  step rust-vstp "$suite" server --quiet --profile core --capabilities '' \
    --skip limits/random-datagrams --skip fragments/full-table-goes-on \
    --exec "$adapter serve --tcp {tcp} --udp {udp}" --baseline baseline-server.json
}

cd "$here/../.." || exit 1
go build -o "$suite" ./cmd/vstp-conform || exit 1

[ $# -gt 0 ] || set -- python node rust-vstp
for name in "$@"; do
  case $name in
    python) run_python ;;
    node) run_node ;;
    rust-vstp) run_rust_vstp ;;
    *)
      echo "run.sh: there is no $name here; python, node and rust-vstp are" >&2
      exit 2
      ;;
  esac
done

for what in ${skipped[@]+"${skipped[@]}"}; do
  echo "skipped: $what"
done
for what in ${failed[@]+"${failed[@]}"}; do
  echo "FAILED: $what"
done
[ ${#failed[@]} -eq 0 ]
