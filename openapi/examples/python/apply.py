#!/usr/bin/env python3
"""Applies for a job: apply.py NAME EMAIL. Needs HEARBACK_URL, HEARBACK_JOB and HEARBACK_KEY; nothing but Python 3.9 or newer."""

import json
import os
import sys
import time
import urllib.error
import urllib.request
import uuid


def apply(url: str, job: str, api_key: str, applicant: dict) -> dict:
    """Returns the receipt: `id`, `status_url`, `received_at`. Raises ValueError with the problem if the application is refused."""
    # The same key for every try, so that a try whose answer was lost does no harm.
    headers = {
        "Authorization": f"Bearer {api_key}",
        "Content-Type": "application/json",
        "Idempotency-Key": str(uuid.uuid4()),
    }
    request = urllib.request.Request(f"{url}/v1/jobs/{job}/applications", json.dumps(applicant).encode(), headers)
    for attempt in range(6):
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            if error.code < 500 and error.code not in (409, 429):
                raise ValueError(json.load(error)) from None
            wait = float(error.headers.get("Retry-After") or 2**attempt)
        except OSError:
            wait = 2**attempt
        time.sleep(wait)
    raise TimeoutError("the application could not be sent; send it again with the same Idempotency-Key")


if __name__ == "__main__":
    name, email = sys.argv[1:3]
    environment = os.environ
    receipt = apply(environment["HEARBACK_URL"], environment["HEARBACK_JOB"], environment["HEARBACK_KEY"], {"name": name, "email": email})
    print(json.dumps(receipt))
