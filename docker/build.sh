#!/bin/sh
# build.sh PROFILE: every program of the images. Two builds, because features are united within one: a worker must not get a
# database driver by that. The Dockerfile runs it twice: on the skeleton (dependencies), then on the code.
set -eu
build() { cargo build --locked --profile "$profile" "$@"; }
profile=$1
# Addresses that the loader has to correct, in the short form that glibc 2.36 understands: megabytes less in each program.
export RUSTFLAGS="-C link-arg=-Wl,-z,pack-relative-relocs"
build -p harvestman-dispatcher -p harvestman-parser -p harvestman-api -p harvestman --features harvestman/cluster
build -p harvestman-worker
