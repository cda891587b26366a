"""A few calls of the REST API, with the standard library only."""
import json
import os
import time
import urllib.error
import urllib.request

BASE = os.environ.get("HARVESTMAN_API", f"http://127.0.0.1:{os.environ.get('API_PORT', '8080')}")
KEY = os.environ.get("HARVESTMAN_API_KEY", "harvestman-local-key-0000000000000000")
#: Most seconds that anything is waited for.
PATIENCE = 600


def shop(delay="0s", **limits):
    """The job for the demo's shop: one record a product."""
    return {
        "version": 1,
        "name": "demo",
        "seeds": {"urls": ["http://demo:8000/"]},
        "politeness": {"delay": delay},
        # The shop turns its pages one by one.
        "limits": {"depth": 10_000, **limits},
        "extract": {
            "each": ".product",
            "fields": {
                "name": "h1",
                "price": {"css": ".price", "type": "number"},
                "stock": {"css": ".stock", "type": "integer"},
            },
        },
    }


def call(method, path, body=None):
    """The answer's JSON; what the API refuses ends the program with its words. An API that is just starting is asked again."""
    request = urllib.request.Request(
        BASE + path, method=method, data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"})
    until = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refused:
            if refused.code not in (502, 503) or method != "GET" or time.monotonic() > until:
                raise SystemExit(f"{method} {path}: {refused.code} {refused.read().decode(errors='replace')}")
        except (urllib.error.URLError, ConnectionError, TimeoutError) as gone:
            if method != "GET" or time.monotonic() > until:
                raise SystemExit(f"{method} {path}: {gone}")
        time.sleep(0.5)


def start(job):
    """A new run's number."""
    return call("POST", "/v1/runs", job)["id"]


def read(run):
    return call("GET", f"/v1/runs/{run}")


def until(run, what, wanted):
    """Waits until `wanted(run's state)`; says what it waited for if that never comes."""
    end = time.monotonic() + PATIENCE
    while True:
        state = read(run)
        if wanted(state):
            return state
        if time.monotonic() > end:
            raise SystemExit(f"run {run}: not {what} after {PATIENCE} seconds: {json.dumps(state['counts'])}")
        time.sleep(0.5)


def all_of(path):
    """Every row of a list, by its cursor."""
    cursor = None
    while True:
        answer = call("GET", f"{path}?limit=1000" + (f"&cursor={cursor}" if cursor else ""))
        yield from answer["data"]
        cursor = answer["next_cursor"]
        if not cursor:
            return


def records(run):
    return list(all_of(f"/v1/runs/{run}/records"))
