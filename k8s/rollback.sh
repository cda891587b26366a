#!/bin/sh
# rollback.sh: what the last deploy.sh changed goes back to the revision before it; what it did not change stays. The schema stays too:
# each version works with the next one's.
set -eu
on() { kubectl --namespace harvestman "$@"; }
previous=$(on get configmap previous --ignore-not-found --output 'go-template={{range $name, $revision := .data}}{{$name}}={{$revision}} {{end}}')
if [ -z "$previous" ]; then
  echo "no previous version to go back to" >&2
  exit 1
fi
for was in $previous; do
  name=${was%%=*}
  now=$(on get deployment "$name" --ignore-not-found --output 'jsonpath={.metadata.annotations.deployment\.kubernetes\.io/revision}')
  if [ -n "$now" ] && [ -n "${was#*=}" ] && [ "$now" != "${was#*=}" ]; then
    on rollout undo "deployment/$name" --to-revision="${was#*=}"
  fi
done
for was in $previous; do
  on rollout status "deployment/${was%%=*}" --timeout="${DEPLOY_TIMEOUT:-600}s"
done
# It counts for one deploy: going back twice would be going forth.
on delete configmap previous
