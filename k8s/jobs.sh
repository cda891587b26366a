#!/bin/sh
# jobs.sh SECONDS: waits for the Jobs that come before the services. 0 when all are complete, 1 when one has failed, time is up, or an image
# could not be pulled for PULL_TIMEOUT seconds (120): it is not there.
set -eu
end=$(($(date +%s) + ${1:?most seconds}))
pulled=$(date +%s)
while :; do
  state=$(kubectl --namespace harvestman get job --selector harvestman/phase=before \
    --output 'jsonpath={range .items[*]}{.metadata.name} {.status.conditions[*].type}{"\n"}{end}')
  if echo "$state" | grep ' .*Failed'; then
    echo "failed; the services were not touched" >&2
    exit 1
  fi
  # What is complete goes after a while by itself.
  waiting=$(echo "$state" | grep -v ' .*Complete' | tr -d '\n') || true
  if [ -z "$waiting" ]; then
    echo "the schema and what else comes first: done"
    exit 0
  fi
  missing=$(kubectl --namespace harvestman get pods --selector batch.kubernetes.io/job-name \
    --output 'jsonpath={range .items[*]}{.spec.containers[*].image} {..waiting.reason}{"\n"}{end}' | grep -E ' (ErrImage|ImagePull|InvalidImage)') || pulled=$(date +%s)
  if [ "$(date +%s)" -ge "$((pulled + ${PULL_TIMEOUT:-120}))" ]; then
    echo "no such image; the services were not touched: $missing" >&2
    exit 1
  fi
  if [ "$(date +%s)" -ge "$end" ]; then
    echo "not done in $1 seconds: $waiting; the services were not touched" >&2
    kubectl --namespace harvestman get pods --selector batch.kubernetes.io/job-name >&2
    exit 1
  fi
  sleep 2
done
