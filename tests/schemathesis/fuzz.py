"""schemathesis against `harvestman serve` and its own description of the API, /v1 and /v2.

    fuzz.py SCHEMATHESIS BENCH HARVESTMAN [OPTION...]

Starts the known site and a server with a key, puts jobs, runs, records and a webhook into it, and lets schemathesis ask
it in every way that the description allows, and in many that it does not. In the environment: SEED (a new one if there
is none; it is printed), EXAMPLES (cases an operation and phase, 40), SECONDS (how long, if longer). More options go to
schemathesis: `--include-path /v1/jobs`. It never leaves this machine: see `hooks.py`.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "firecrawl")]

import odd  # noqa: E402
from programs import end, start  # noqa: E402

KEY = "a-key-for-the-tests-with-schemathesis"
PATIENCE = 120


def ask(api, method, path, body=None):
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(api + path, data, headers, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def until_over(api, run):
    until(lambda: ask(api, "GET", f"/v1/runs/{run}")["state"] in ("done", "cancelled"), f"run {run} did not end")


def until(found, otherwise):
    end_at = time.monotonic() + PATIENCE
    while time.monotonic() < end_at:
        if value := found():
            return value
        time.sleep(0.2)
    raise SystemExit(otherwise)


def fill(api, site):
    """What there is to find: a job with two runs, their pages and records, a crawl and a batch of /v2, an endpoint, a key.
    Returns what the parameters of paths may be, by their names."""
    job = {
        "seeds": {"urls": [site + "/"]},
        "limits": {"pages": 30},
        "politeness": {"delay": 0},
        "extract": {"fields": {"title": {"css": "title"}}, "content": {"formats": ["markdown"]}},
    }
    jobs = [ask(api, "POST", "/v1/jobs", {"job": job, "schedule": {"cron": "0 4 * * *"}})["id"] for _ in range(3)]
    runs = [ask(api, "POST", f"/v1/jobs/{jobs[0]}/runs")["id"] for _ in range(2)]
    for run in runs:
        until_over(api, run)
    hooks = [ask(api, "POST", "/v1/webhooks", {"url": site + "/", "events": ["run.ended"]})["id"] for _ in range(3)]
    event = ask(api, "POST", f"/v1/webhooks/{hooks[0]}/ping")["event"]
    keys = [ask(api, "POST", "/v1/keys", {"name": "a key"})["id"] for _ in range(3)]
    tenant = ask(api, "POST", "/v1/tenants", {"name": "another", "quotas": {}})["id"]
    version = ask(api, "POST", f"/v1/runs/{runs[0]}/reparse", {"extract": job["extract"]})["version"]
    ids = [ask(api, "POST", "/v2/crawl", {"url": site + "/", "limit": 5})["id"]]
    ids.append(ask(api, "POST", "/v2/batch/scrape", {"urls": [site + "/"]})["id"])
    # Hosts are listed while there is something to be asked of them: a run that is paused stays.
    paused = ask(api, "POST", f"/v1/jobs/{jobs[0]}/runs")["id"]
    ask(api, "POST", f"/v1/runs/{paused}/pause")
    hosts = [row["id"] for row in until(lambda: ask(api, "GET", "/v1/hosts")["data"], "no host is listed")]
    seqs = [row["seq"] for row in ask(api, "GET", f"/v1/runs/{runs[0]}/pages")["data"][:5]]
    return {
        "job": jobs, "run": runs, "webhook": hooks, "event": [event], "key": keys, "tenant": [tenant],
        "version": [0, version], "id": ids, "host": hosts, "seq": seqs,
    }


def settings(known):
    """What schemathesis is set to, with what there is to find: seven times of ten a parameter is one of these."""
    text = (HERE / "schemathesis.toml").read_text()
    for name, values in known.items():
        text += f"\n[dictionaries.{name}]\nvalues = {json.dumps(values)}\n"
    text += "\n[parameters]\n"
    for name in known:
        text += f'"path.{name}" = {{ dictionary = "{name}", probability = 0.7 }}\n'
    return text


def main():
    schemathesis, bench, harvestman, *options = sys.argv[1:]
    seed = int(os.environ.get("SEED") or random.SystemRandom().randrange(2**32))
    print(f"seed {seed}; SEED={seed} repeats it", flush=True)
    site, site_url = start([bench, "site", "--pages", "40", "--links", "10", "--page-bytes", "2000"])
    sites = [odd.serve(f"127.1.0.{n}") for n in range(1, 33)]
    with tempfile.TemporaryDirectory() as data:
        env = dict(os.environ, HARVESTMAN_API_KEY=KEY)
        allow = ",".join(url.removeprefix("http://") for url in [site_url, *sites])
        serve = [harvestman, "serve", "--data", data + "/data", "--listen", "127.0.0.1:0", "--allow", allow]
        server, api = start(serve, env, stderr=True)
        try:
            config = Path(data, "schemathesis.toml")
            config.write_text(settings(fill(api, site_url)))
            env.update(SITES=",".join(sites), SCHEMATHESIS_HOOKS=str(HERE / "hooks.py"), KEY=KEY)
            command = [os.path.abspath(schemathesis), "--config-file", str(config), "run", api + "/openapi.json"]
            command += ["--seed", str(seed), "-n", os.environ.get("EXAMPLES") or "40"]
            if seconds := os.environ.get("SECONDS"):
                command += ["--max-time", seconds]
            code = subprocess.run(command + options, env=env, cwd=data).returncode
            if server.poll() is not None:
                print("the server ended:\n" + "".join(server.said))
                code = 1
        finally:
            end(server)
            end(site)
    sys.exit(code)


if __name__ == "__main__":
    main()
