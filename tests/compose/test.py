#!/usr/bin/env python3
"""`make compose-test`: builds the images, starts everything, harvests a shop that is known exactly, and while that goes on scales the
workers, restarts the broker and kills one container of each service and each server. Nothing may be lost and nothing doubled. Pages that
their scripts make are harvested by the worker with Chromium, and a real Prometheus is asked everything that the dashboards ask; with
GRAFANA=1 through Grafana too. The images are those that are shipped (profile `dist`): others are larger than may be.

Runs under a project name of its own, with volumes of its own, and takes both away at the end. KEEP=1 leaves them; BUILD=0 takes the images that are there.
"""
import json
import os
import pathlib
import subprocess
import time

PRODUCTS = 3000
PER_LISTING = 20
#: A final image's most bytes on top of its base.
MOST_BYTES = 32_500_000
SERVICES = ["dispatcher", "worker", "parser", "api"]
SERVERS = ["rabbitmq", "postgres", "seaweedfs"]
#: Pages of the shop that are empty until their script has run.
SCRIPTED = 20

os.environ |= {"DEMO_PRODUCTS": str(PRODUCTS), "API_PORT": os.environ.get("API_PORT", "18080"), "RABBITMQ_PORT": os.environ.get("RABBITMQ_PORT", "18672"),
               "PROMETHEUS_PORT": os.environ.get("PROMETHEUS_PORT", "19091"), "GRAFANA_PORT": os.environ.get("GRAFANA_PORT", "13000"),
               "HARVESTMAN_ALLOW": "demo:8000"}
import client  # noqa: E402  (reads the port)
import grafana  # noqa: E402
import observed  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
COMPOSE = ["docker", "compose", "-f", str(ROOT / "docker" / "compose.yaml"), "-p", "harvestman-test", "--profile", "demo", "--profile", "browser"]
started = time.monotonic()


def say(text):
    print(f"[{time.monotonic() - started:6.1f} s] {text}", flush=True)


def run(*command):
    result = subprocess.run([*command], cwd=ROOT, text=True, capture_output=True)
    if result.returncode:
        raise SystemExit(f"{' '.join(command)}:\n{result.stdout[-4000:]}{result.stderr[-4000:]}")
    return result.stdout


def compose(*command):
    return run(*COMPOSE, *command)


def containers(service):
    return compose("ps", "--quiet", service).split()


def check(fact, text):
    if not fact:
        raise SystemExit(f"FAILED: {text}")
    say(f"ok: {text}")


def images():
    base = json.loads(run("docker", "image", "inspect", os.environ.get("RUNTIME", "gcr.io/distroless/cc-debian13:nonroot")))[0]["Size"]
    for name in [*SERVICES, "cli"]:
        size = json.loads(run("docker", "image", "inspect", f"harvestman/{name}:{os.environ.get('TAG', 'local')}"))[0]["Size"] - base
        check(size < MOST_BYTES, f"image {name}: {size / 1e6:.1f} MB on its base of {base / 1e6:.0f} MB")


def locked():
    """What the engine says of the running containers, not what the file says."""
    for service in [*SERVICES, "worker-browser"]:
        for container in containers(service):
            host = json.loads(run("docker", "inspect", container))[0]["HostConfig"]
            check(host["ReadonlyRootfs"] and host["CapDrop"] == ["ALL"] and not host["CapAdd"] and "no-new-privileges:true" in host["SecurityOpt"],
                  f"{service}: read-only, no capabilities, no new privileges")


def harvested(number, name):
    """Every product once, with its fields; every listing and product page once."""
    found = client.records(number)
    truth = {f"Thing no. {n}": (3 + n * 7 % 90 + n * 13 % 100 / 100, n * 11 % 40) for n in range(PRODUCTS)}
    got = [r["fields"]["name"] for r in found]
    check(len(got) == len(set(got)), f"{name}: no record twice")
    check(set(got) == set(truth), f"{name}: {len(got)} records, every product, no other")
    for record in found:
        fields = record["fields"]
        price, stock = truth[fields["name"]]
        if abs(fields["price"] - price) > 1e-9 or fields["stock"] != stock:
            raise SystemExit(f"FAILED: {name}: {fields}")
    urls = [p["url"] for p in client.all_of(f"/v1/runs/{number}/pages") if "/product/" in p["url"] or "/list/" in p["url"]]
    listings = (PRODUCTS + PER_LISTING - 1) // PER_LISTING
    check(len(urls) == len(set(urls)) == PRODUCTS + listings - 1, f"{name}: {len(urls)} pages, each once")


def done(number, name):
    state = client.until(number, "done", lambda s: s["state"] == "done")
    counts = state["counts"]
    check(counts["admitted"] == counts["closed"], f"{name}: all that was admitted is closed: {counts}")


def quiet_run():
    number = client.start(client.shop())
    done(number, "a run")
    harvested(number, "a run")


def scripted_run():
    job = {
        "seeds": {"urls": ["http://demo:8000/scripted/0"]},
        "politeness": {"delay": 0},
        "request": {"engine": "browser"},
        "extract": {"each": ".product", "fields": {"name": "h1"}},
    }
    number = client.start(job)
    done(number, "a run in the browser")
    got = sorted(record["fields"]["name"] for record in client.records(number))
    check(got == sorted(f"Thing no. {n}" for n in range(SCRIPTED)), f"a run in the browser: {len(got)} records, each from a page that its script made")


def watched():
    """What the dashboards and alerts ask, while there is something to see."""
    compose("--profile", "observability", "up", "--detach", "--no-recreate", "prometheus")
    expected = {service: 4 if service == "worker" else 1 for service in [*SERVICES, "worker-browser"]} | {"rabbitmq": 1}
    check(observed.targets(expected), "Prometheus: every replica of every service and the broker are up")
    number = client.start(client.shop(delay="10ms", pages=500))
    # Rates need two looks, ten seconds apart.
    client.until(number, "done", lambda s: s["state"] == "done")
    observed.settle()
    count, empty = observed.dashboards()
    check(count, f"Prometheus: {count} queries of the dashboards are answered; {len(empty)} about what did not happen have no series")
    count, firing = observed.alerts()
    check(count and not firing, f"Prometheus: {count} alerts are evaluated, none fires {firing or ''}")
    if os.environ.get("GRAFANA") == "1":
        drawn()


def drawn():
    """The same through Grafana, which takes an image that not every machine can have."""
    compose("--profile", "observability", "up", "--detach", "--no-recreate", "grafana")
    version = grafana.health()
    source, found = grafana.source(), sorted(grafana.dashboards())
    check(source == [("prometheus", "prometheus", "http://prometheus:9090", True)], f"Grafana {version}: its data source is there")
    check(len(found) == len(list(observed.DASHBOARDS.glob("*.json"))), f"Grafana: every visitor finds {', '.join(found)}")
    count, _ = observed.dashboards(grafana.prometheus(version))
    check(count, f"Grafana: {count} queries of the dashboards are answered through it")


def kill(service):
    container = containers(service)[0]
    run("docker", "kill", container)
    # Before it is started again: an engine that is still taking it down may lose count of its networks.
    run("docker", "wait", container)


def rough_run():
    compose("up", "--detach", "--no-recreate", "--scale", "worker=4")
    check(len(containers("worker")) == 4, "four workers")
    number = client.start(client.shop(delay="5ms"))
    steps = [("restart the broker", lambda: compose("restart", "--timeout", "5", "rabbitmq"))]
    steps += [(f"kill {service}", lambda service=service: kill(service)) for service in [*SERVICES, *SERVERS]]
    for i, (name, step) in enumerate(steps):
        share = (i + 1) / (len(steps) + 2)
        state = client.until(number, f"at {share:.0%}", lambda s: s["state"] == "done" or s["counts"]["pages"] >= share * PRODUCTS)
        check(state["state"] != "done", f"{name}, at {state['counts']['pages']} pages")
        step()
        # A killed container is not started again by the engine: a person did it.
        compose("up", "--detach", "--no-recreate", "--scale", "worker=4")
    done(number, "the rough run")
    harvested(number, "the rough run")


def take_away():
    """What was seen counts, also where the engine keeps something back."""
    try:
        compose("--profile", "*", "down", "--volumes", "--timeout", "5")
    except SystemExit as error:
        say(f"not everything could be taken away: {error}")


def main():
    try:
        if os.environ.get("BUILD") != "0":
            say("building")
            compose("build")
        say("starting")
        begun = time.monotonic()
        compose("up", "--wait", "--wait-timeout", "180")
        say(f"healthy after {time.monotonic() - begun:.0f} seconds")
        images()
        locked()
        quiet_run()
        scripted_run()
        rough_run()
        compose("up", "--wait", "--no-recreate", "--scale", "worker=4", "--wait-timeout", "180")
        watched()
        locked()
        say("nothing lost, nothing doubled")
    except SystemExit:
        print(subprocess.run([*COMPOSE, "logs", "--tail", "60"], text=True, capture_output=True).stdout[-20000:], flush=True)
        print(compose("ps", "--all"), flush=True)
        raise
    finally:
        if not os.environ.get("KEEP"):
            take_away()


if __name__ == "__main__":
    main()
