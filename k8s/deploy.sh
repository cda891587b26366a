#!/bin/sh
# deploy.sh OVERLAY [TAG]: onto the cluster that kubectl talks to. First what the pods need, the schema with it; then the pods; then a look
# whether they work. If they do not, the previous version comes back.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
overlay=$here/overlays/${1:?which overlay: local, eks, gke, aks}
tag=${2:-}
namespace=harvestman
if [ -n "$tag" ] && [ -f "$overlay/cluster.yaml" ]; then
  sed -i "s/^  tag: .*/  tag: \"$tag\"/" "$overlay/cluster.yaml"
fi
deployments=$(kubectl kustomize "$overlay" | sed -n '/^kind: Deployment$/,/^spec:/s/^  name: //p')

# A Job cannot be changed, only made again.
kubectl --namespace $namespace delete job --selector harvestman/phase=before --ignore-not-found --wait
kubectl apply --kustomize "$overlay" --selector harvestman/phase=before
kubectl --namespace $namespace wait job --selector harvestman/phase=before --for=condition=complete --timeout=900s

kubectl apply --kustomize "$overlay"
for name in $deployments; do
  kubectl --namespace $namespace rollout status "deployment/$name" --timeout=600s || failed=$name
done
if [ -z "${failed:-}" ] && "$here/smoke.sh"; then
  echo "deployed $overlay"
  exit 0
fi
echo "not well (${failed:-smoke test}): the previous version comes back" >&2
"$here/rollback.sh"
exit 1
