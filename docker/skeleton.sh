#!/bin/sh
# skeleton.sh FROM TO: copies a Cargo workspace without its code, so that building the copy builds the dependencies only.
# Every crate is an empty library, the programs too: linking an empty program would optimize all of its dependencies for nothing.
set -eu
from=$1 to=$2
cd "$from"
mkdir -p "$to"
cp -t "$to" Cargo.toml Cargo.lock
for manifest in */Cargo.toml; do
  crate=$to/${manifest%/Cargo.toml}
  mkdir -p "$crate/src"
  awk '/^\[/ { skip = $0 == "[[bin]]" || $0 == "[[test]]" } !skip' "$manifest" >"$crate/Cargo.toml"
  : >"$crate/src/lib.rs"
done
