#!/bin/sh
# deploy.sh OVERLAY [TAG]: onto the cluster that kubectl talks to. First what the pods need, the schema with it; then the pods; then a look
# whether they work. If they do not, the services become what they were. DEPLOY_TIMEOUT: most seconds for a rollout.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
overlay=$here/overlays/${1:?which overlay: local, demo, eks, gke, aks}
tag=${2:-}
patience=${DEPLOY_TIMEOUT:-600}
rendered=$(mktemp)
was=$(mktemp)
trap 'rm -f "$rendered" "$was"' EXIT
on() { kubectl --namespace harvestman "$@"; }
# A signal is heard while the shell waits, not while a command runs before it.
heard() { "$@" & child=$!; wait "$child"; }
stop() { trap "" INT TERM; kill "${child:-}" 2>/dev/null || true; echo "interrupted:" >&2; }
trap 'stop; echo "the services were not touched" >&2; exit 130' INT TERM

# A cloud's overlay has its tag in cluster.yaml; the others' images are named in the overlay.
if [ -n "$tag" ] && [ -f "$overlay/cluster.yaml" ]; then
  sed -i "s/^  tag: .*/  tag: \"$tag\"/" "$overlay/cluster.yaml"
fi
kubectl kustomize "$overlay" >"$rendered"
if [ -n "$tag" ] && ! [ -f "$overlay/cluster.yaml" ]; then
  sed -i "s#^\( *image: harvestman/[a-z-]*\):.*#\1:$tag#" "$rendered"
fi

# A Job cannot be changed, only made again.
on delete job --selector harvestman/phase=before --ignore-not-found --wait
kubectl apply --filename "$rendered" --selector harvestman/phase=before
heard "$here/jobs.sh" "${JOBS_TIMEOUT:-900}"

# What was applied last, for rollback.sh.
on get deployment --output 'jsonpath={range .items[*]}---{"\n"}{.metadata.annotations.kubectl\.kubernetes\.io/last-applied-configuration}{"\n"}{end}' >"$was"
on create configmap previous --from-file="deployments.yaml=$was" --dry-run=client --output yaml | kubectl apply --filename -

# Who interrupts it from here on gets back what was there.
trap 'stop; "$here/rollback.sh"; exit 130' INT TERM
kubectl apply --filename "$rendered"
deployments=$(sed -n '/^kind: Deployment$/,/^spec:/s/^  name: //p' "$rendered")
for name in $deployments; do
  heard kubectl --namespace harvestman rollout status "deployment/$name" --timeout="${patience}s" || { failed=$name; break; }
done
if [ -z "${failed:-}" ] && heard "$here/smoke.sh"; then
  # shellcheck disable=SC2086  # one argument a service
  "$here/only.sh" $deployments
  echo "deployed $overlay"
  exit 0
fi
echo "not well (${failed:-smoke test}):" >&2
on get pods >&2
on get events --field-selector type=Warning --sort-by .lastTimestamp 2>/dev/null | tail -n 20 >&2
"$here/rollback.sh"
exit 1
