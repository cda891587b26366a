#!/bin/sh
# smoke.sh: asks the API inside the cluster whether it is ready. 0 if it is. SMOKE_PORT: the port on this machine for that, else a free one.
set -eu
said=$(mktemp)
kubectl --namespace harvestman port-forward deployment/api "${SMOKE_PORT:-}:9090" >"$said" &
forward=$!
# The answer counts, also where the forwarding has ended by itself.
trap 'kill $forward 2>/dev/null || true; rm -f "$said"' EXIT
trap 'exit 143' TERM
for _ in 1 2 3 4 5 6 7 8 9 10; do
  port=$(sed -n 's/^Forwarding from 127\.0\.0\.1:\([0-9]*\) .*/\1/p' "$said")
  if [ -n "$port" ] && curl --silent --fail --max-time 5 "http://127.0.0.1:$port/readyz" >/dev/null; then
    echo "the API is ready"
    exit 0
  fi
  sleep 1
done
echo "the API is not ready" >&2
exit 1
