#!/bin/sh
# deploy.sh OVERLAY [TAG]: onto the cluster that kubectl talks to. First what the pods need, the schema with it; then the pods; then a look
# whether they work. If they do not, what this deploy changed goes back to what it was. DEPLOY_TIMEOUT: most seconds for a rollout.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
overlay=$here/overlays/${1:?which overlay: local, demo, eks, gke, aks}
tag=${2:-}
patience=${DEPLOY_TIMEOUT:-600}
rendered=$(mktemp)
trap 'rm -f "$rendered"' EXIT
on() { kubectl --namespace harvestman "$@"; }

# A cloud's overlay has its tag in cluster.yaml; the others' images are named in the overlay.
if [ -n "$tag" ] && [ -f "$overlay/cluster.yaml" ]; then
  sed -i "s/^  tag: .*/  tag: \"$tag\"/" "$overlay/cluster.yaml"
fi
kubectl kustomize "$overlay" >"$rendered"
if [ -n "$tag" ] && ! [ -f "$overlay/cluster.yaml" ]; then
  sed -i "s#^\( *image: harvestman/[a-z]*\):.*#\1:$tag#" "$rendered"
fi

# A Job cannot be changed, only made again.
on delete job --selector harvestman/phase=before --ignore-not-found --wait
kubectl apply --filename "$rendered" --selector harvestman/phase=before
"$here/jobs.sh" "${JOBS_TIMEOUT:-900}"

# What there is now, for rollback.sh.
was=$(on get deployment --selector app.kubernetes.io/part-of=harvestman \
  --output 'jsonpath={range .items[*]}--from-literal={.metadata.name}={.metadata.annotations.deployment\.kubernetes\.io/revision}{"\n"}{end}')
# shellcheck disable=SC2086  # one argument a service
on create configmap previous $was --dry-run=client --output yaml | kubectl apply --filename -

kubectl apply --filename "$rendered"
for name in $(sed -n '/^kind: Deployment$/,/^spec:/s/^  name: //p' "$rendered"); do
  on rollout status "deployment/$name" --timeout="${patience}s" || { failed=$name; break; }
done
if [ -z "${failed:-}" ] && "$here/smoke.sh"; then
  echo "deployed $overlay"
  exit 0
fi
echo "not well (${failed:-smoke test}):" >&2
on get pods >&2
on get events --field-selector type=Warning --sort-by .lastTimestamp 2>/dev/null | tail -n 20 >&2
"$here/rollback.sh"
exit 1
