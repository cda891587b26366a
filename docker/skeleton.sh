#!/bin/sh
# skeleton.sh FROM TO: copies a Cargo workspace without its code, so that building the copy builds the dependencies only.
# Every crate keeps its manifest; libraries are empty, programs do nothing. Tests are there only where a manifest names them: the
# fewer files, the less often the dependencies are built again.
set -eu
from=$1 to=$2
cd "$from"
cp --parents -t "$(mkdir -p "$to" && echo "$to")" Cargo.toml Cargo.lock
for manifest in */Cargo.toml; do
  crate=${manifest%/Cargo.toml}
  cp --parents -t "$to" "$manifest"
  named=$(awk -F '"' '/^\[/ { test = $0 == "[[test]]" } test && /^name = / { print $2 }' "$manifest")
  for code in "$crate"/src/lib.rs "$crate"/src/main.rs "$crate"/src/bin/*.rs "$crate"/build.rs $(printf "$crate/tests/%s.rs " $named); do
    [ -e "$code" ] || continue
    mkdir -p "$to/$(dirname "$code")"
    case $code in
      */lib.rs) : >"$to/$code" ;;
      *) echo 'fn main() {}' >"$to/$code" ;;
    esac
  done
done
