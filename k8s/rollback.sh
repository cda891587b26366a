#!/bin/sh
# rollback.sh: the services become what they were before the last deploy.sh; what that did not change stays. The schema stays too: each
# version works with the next one's. What was applied is applied again: `kubectl rollout undo` would go back to before the last change, however
# long ago, and leave later deploys with fields that nobody takes out.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
was=$(mktemp)
trap 'rm -f "$was"' EXIT
on() { kubectl --namespace harvestman "$@"; }
on get configmap previous --ignore-not-found --output 'jsonpath={.data.deployments\.yaml}' >"$was"
if ! grep -q '"kind":"Deployment"' "$was"; then
  echo "no previous version to go back to" >&2
  exit 1
fi
back=$(on apply --filename "$was" --output name | sed 's#.*/##')
for name in $back; do
  on rollout status "deployment/$name" --timeout="${DEPLOY_TIMEOUT:-600}s"
done
# shellcheck disable=SC2086  # one argument a service
"$here/only.sh" $back
# It counts for one deploy: going back twice would be going forth.
on delete configmap previous
