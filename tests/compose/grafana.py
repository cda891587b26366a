"""What Grafana makes of the data source and the dashboards that the compose file gives it. Anonymously, as whoever opens the page."""
import base64
import json
import os
import time
import urllib.error
import urllib.parse
import urllib.request

import observed

PASSWORD = os.environ.get("GRAFANA_PASSWORD", "harvestman")


def ask(path, password=None):
    request = urllib.request.Request(f"http://127.0.0.1:{os.environ['GRAFANA_PORT']}/api/{path}")
    if password:
        request.add_header("Authorization", "Basic " + base64.b64encode(f"admin:{password}".encode()).decode())
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as refused:
        raise SystemExit(f"FAILED: Grafana refuses {path}: {refused.code} {refused.read().decode(errors='replace')}")


def health():
    """Waits until it answers; returns its version."""
    end = time.monotonic() + 120
    while True:
        try:
            return ask("health")["version"]
        except OSError:
            if time.monotonic() > end:
                raise SystemExit("FAILED: Grafana does not answer")
            time.sleep(1)


def source():
    """The data source as it was provisioned."""
    return [(s["uid"], s["type"], s["url"], s["isDefault"]) for s in ask("datasources", PASSWORD)]


def dashboards():
    """The uids that a visitor finds; each loads as it was provisioned, with all of its panels."""
    for found in ask("search?tag=harvestman"):
        loaded = ask(f"dashboards/uid/{found['uid']}")
        file = observed.DASHBOARDS / f"{found['uid'].removeprefix('harvestman-')}.json"
        panels = [panel["title"] for panel in json.loads(file.read_text())["panels"]]
        if not loaded["meta"]["provisioned"] or [panel["title"] for panel in loaded["dashboard"]["panels"]] != panels:
            raise SystemExit(f"FAILED: Grafana has another {found['uid']}")
        yield found["uid"]


def prometheus(version):
    """Asks Prometheus through Grafana, as its panels do. Before version 9 a data source had a number only."""
    which = "uid/prometheus" if int(version.split(".")[0]) >= 9 else ask("datasources", PASSWORD)[0]["id"]
    return lambda path, **query: ask(f"datasources/proxy/{which}/api/v1/{path}?{urllib.parse.urlencode(query)}")["data"]
