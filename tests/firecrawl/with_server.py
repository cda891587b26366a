"""Starts the known site and `harvestman serve`, runs the clients against them, and ends both.

    with_server.py BENCH HARVESTMAN -- COMMAND...

COMMAND is run with a key, without one, and with a made-up one for a server that asks for none. It finds in its environment: API (the server's address), SITE (the
site's), KEY (what the client sends; empty: nothing), and SLOW (a site that answers after a second).
"""

import os
import re
import subprocess
import sys
import tempfile

KEY = "a-key-for-the-clients-of-firecrawl"


def start(command, env=None, stderr=False):
    """A process, and what its first line that names an address says."""
    stream = {"stderr" if stderr else "stdout": subprocess.PIPE}
    process = subprocess.Popen(command, text=True, env=env, **stream)
    for line in process.stderr if stderr else process.stdout:
        if found := re.search(r"http://[^\s,/]+", line):
            return process, found[0]
    raise SystemExit(f"{command[0]} did not start")


def end(process):
    process.terminate()
    for stream in (process.stdout, process.stderr):
        if stream:
            stream.read()
    process.wait()


def main():
    bench, harvestman, _, *command = sys.argv[1:]
    site, site_url = start([bench, "site", "--pages", "160", "--links", "20", "--page-bytes", "3000"])
    slow, slow_url = start([bench, "site", "--pages", "60", "--host", "127.0.0.2", "--latency-ms", "1000"])
    codes = []
    try:
        for key in (KEY, ""):
            with tempfile.TemporaryDirectory() as data:
                env = {name: text for name, text in os.environ.items() if name != "HARVESTMAN_API_KEY"}
                if key:
                    env["HARVESTMAN_API_KEY"] = key
                allow = ",".join(url.removeprefix("http://") for url in (site_url, slow_url))
                serve = [harvestman, "serve", "--data", data, "--listen", "127.0.0.1:0", "--allow", allow]
                server, api = start(serve, env, stderr=True)
                try:
                    for sent in (key,) if key else ("", "fc-made-up"):
                        env.update(API=api, SITE=site_url, SLOW=slow_url, KEY=sent)
                        env.pop("FIRECRAWL_API_KEY", None)
                        codes.append(subprocess.run(command, env=env).returncode)
                finally:
                    end(server)
    finally:
        end(site)
        end(slow)
    sys.exit(max(codes))


if __name__ == "__main__":
    main()
