#!/usr/bin/env bash
# Applies for a job, with a résumé: apply.sh NAME EMAIL [FILE]. Needs HEARBACK_URL, HEARBACK_JOB and HEARBACK_KEY (pk_… or sk_…).
set -euo pipefail

# The same key for every try, so that a try whose answer was lost does no harm. curl itself tries again where the server is away or busy;
# to try once more by hand, give it the same key.
key=${IDEMPOTENCY_KEY:-$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')}
file=()
[[ $# -lt 3 ]] || file=(--form "resume=@$3")

curl --silent --show-error --fail-with-body --retry 5 --retry-connrefused "$HEARBACK_URL/v1/jobs/$HEARBACK_JOB/applications" \
  --header "Authorization: Bearer $HEARBACK_KEY" \
  --header "Idempotency-Key: $key" \
  --header "Accept: application/json" \
  --form-string "name=$1" --form-string "email=$2" "${file[@]}"
