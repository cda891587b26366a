#!/bin/sh
# smoke.sh: asks the API inside the cluster whether it is ready. 0 if it is.
set -eu
port=${SMOKE_PORT:-18080}
kubectl --namespace harvestman port-forward deployment/api "$port:9090" >/dev/null &
forward=$!
# The answer counts, also where the forwarding has ended by itself.
trap 'kill $forward 2>/dev/null || true' EXIT
trap 'exit 143' TERM
for _ in 1 2 3 4 5 6 7 8 9 10; do
  if curl --silent --fail --max-time 5 "http://127.0.0.1:$port/readyz" >/dev/null; then
    echo "the API is ready"
    exit 0
  fi
  sleep 1
done
echo "the API is not ready" >&2
exit 1
