#!/bin/bash
# Builds every target of the package fuzz for libFuzzer and packs its seeds beside
# it. Runs in the image of the Dockerfile in this directory, which sets SRC, WORK
# and OUT.
set -euo pipefail

package=github.com/vstp-project/vstp/fuzz
corpora=$WORK/corpora

targets=$(go test "$package" -list '^Fuzz' | grep '^Fuzz')
rm -rf "$corpora"
VSTP_SEED_CORPORA=$corpora go test "$package" -run '^TestSeedCorporaAreWritten$' -count=1

for target in $targets; do
  compile_native_go_fuzzer_v2 "$package" "$target" "$target"
  # The compiler of targets says so in words, and not by its exit code, if it has
  # not found one.
  [ -x "$OUT/$target" ] || { echo "$target was not built" >&2; exit 1; }
  (cd "$corpora/$target" && zip -q -r "$OUT/${target}_seed_corpus.zip" .)
done
