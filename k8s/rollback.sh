#!/bin/sh
# rollback.sh: every service goes back to its previous version. The schema stays: each version works with the next one's schema.
set -eu
for name in dispatcher worker parser api; do
  kubectl --namespace harvestman rollout undo "deployment/$name"
done
for name in dispatcher worker parser api; do
  kubectl --namespace harvestman rollout status "deployment/$name" --timeout=600s
done
