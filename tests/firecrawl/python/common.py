"""What the checks share: the places, a client, and the wait for something."""

import json
import os
import time
import urllib.request

from firecrawl import Firecrawl
from firecrawl.v2.utils.error_handler import FirecrawlError

API, TLS, SITE, SLOW, ODD, HOOK, KEY = (os.environ[name] for name in ("API", "TLS", "SITE", "SLOW", "ODD", "HOOK", "KEY"))
NOWHERE = "00000000-0000-8000-8000-00000fffffff"
PATIENCE = 60


def client_of(api):
    return Firecrawl(api_key=KEY or None, api_url=api)


def refused(call, status):
    """The error of a call that is to be refused."""
    try:
        call()
    except FirecrawlError as error:
        assert getattr(error, "status_code", None) == status, (status, error)
        return error
    raise AssertionError(f"{status} was expected")


def ask(url, method="GET", body=None):
    """An answer of /v1, or of the receiver."""
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {KEY}"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, headers if KEY else {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def until(what, told="what was waited for"):
    """Asks again and again until there is an answer that counts."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if found := what():
            return found
        time.sleep(0.1)
    raise AssertionError(f"{told} did not come")


def run_of(job):
    """The run of /v1 that a job is."""
    return int(job.split("-")[-1], 16)
