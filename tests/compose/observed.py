"""What Prometheus sees of a run: every target up, every alert's rule evaluated, every query of every dashboard answered."""
import json
import os
import pathlib
import time
import urllib.error
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
DASHBOARDS = ROOT / "k8s" / "components" / "monitoring" / "dashboards"
#: What Grafana would put there.
INTERVAL = "1m"
#: Queries about what goes wrong have no answer where nothing has.
MAY_BE_EMPTY = ("failures", "retries", "refused", "cut", "lapsed", "expired", "again", "redelivered", "claims", "due_total")


def ask(path, **query):
    port = os.environ["PROMETHEUS_PORT"]
    url = f"http://127.0.0.1:{port}/api/v1/{path}?{urllib.parse.urlencode(query)}"
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return json.load(answer)["data"]
    except urllib.error.HTTPError as refused:
        raise SystemExit(f"FAILED: Prometheus refuses {query or path}: {refused.read().decode(errors='replace')}")


def targets(expected):
    """Waits until there are so many targets of each kind, and all are up."""
    end = time.monotonic() + 120
    while True:
        try:
            found = ask("targets", state="active")["activeTargets"]
        except OSError:
            found = []
        kinds = [target["labels"].get("component", target["labels"]["job"]) for target in found if target["health"] == "up"]
        up = {kind: kinds.count(kind) for kind in sorted(set(kinds))}
        if up == expected and len(found) == len(kinds):
            return up
        if time.monotonic() > end:
            raise SystemExit(f"FAILED: targets: {up}, not {expected}: {[(t['labels'], t['health'], t['lastError']) for t in found]}")
        time.sleep(1)


def settle():
    """Waits for two more looks at the services, so that every rate has its two points."""
    looks = lambda: {t["scrapeUrl"]: t["lastScrape"] for t in ask("targets", state="active")["activeTargets"]}  # noqa: E731
    for _ in range(2):
        before, end = looks(), time.monotonic() + 60
        while any(looks().get(url) == at for url, at in before.items()):
            if time.monotonic() > end:
                raise SystemExit("FAILED: Prometheus does not look at its targets")
            time.sleep(1)


def queries():
    """(dashboard, panel, query) of all of them."""
    for path in sorted(DASHBOARDS.glob("*.json")):
        for panel in json.loads(path.read_text())["panels"]:
            for target in panel["targets"]:
                yield path.stem, panel["title"], target["expr"].replace("$__rate_interval", INTERVAL)


def dashboards(ask=ask):
    """Asks every query; returns how many there are, and those without an answer."""
    everything = list(queries())
    empty = [(*which, query) for *which, query in everything if not ask("query", query=query)["result"]]
    wrong = [found for found in empty if not any(word in found[2] for word in MAY_BE_EMPTY)]
    if wrong:
        raise SystemExit("FAILED: queries that nothing answers:\n" + "\n".join(map(str, wrong)))
    return len(everything), empty


def alerts():
    rules = [rule for group in ask("rules")["groups"] for rule in group["rules"]]
    bad = [rule["name"] for rule in rules if rule["health"] != "ok"]
    if bad or not rules:
        raise SystemExit(f"FAILED: alerts that cannot be evaluated: {bad or 'there are none'}")
    return len(rules), [rule["name"] for rule in rules if rule["state"] == "firing"]
