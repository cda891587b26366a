#!/bin/sh
# only.sh DEPLOYMENT...: takes away the services that are not among these, as a canary that has ended: `kubectl apply` leaves them.
set -eu
for deployment in $(kubectl --namespace harvestman get deployment --selector app.kubernetes.io/part-of=harvestman --output name); do
  case " $* " in
    *" ${deployment#*/} "*) ;;
    *) kubectl --namespace harvestman delete "$deployment" ;;
  esac
done
