"""Starts known sites, a receiver of webhooks and `harvestman serve` with a proxy before it, and runs clients against them.

    with_server.py BENCH HARVESTMAN -- COMMAND...

COMMAND is run with a key, without one, and with a made-up one for a server that asks for none. It finds in its
environment: API (the server's address), TLS (the proxy's, whose authority the usual variables name), KEY (what the
client sends; empty: nothing), SITE, SLOW (answers after a second), ODD (see `odd.py`), HOOK (see `receiver.py`).
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import odd  # noqa: E402
import proxy  # noqa: E402
import receiver  # noqa: E402
from programs import end, start  # noqa: E402

KEY = "a-key-for-the-clients-of-firecrawl"
# Where clients look for authorities.
TRUST = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS")


def with_server(harvestman, key, places, command):
    """The exit codes of the command, once for each key that a client may send."""
    codes = []
    with tempfile.TemporaryDirectory() as data:
        env = {name: text for name, text in os.environ.items() if name not in ("HARVESTMAN_API_KEY", "FIRECRAWL_API_KEY")}
        if key:
            env["HARVESTMAN_API_KEY"] = key
        allow = ",".join(url.removeprefix("http://") for url in places.values())
        serve = [harvestman, "serve", "--data", data + "/data", "--listen", "127.0.0.1:0", "--allow", allow]
        server, api = start(serve, env, stderr=True)
        tls, authority = proxy.serve(api, data)
        env.update(places, API=api, TLS=tls, **{name: authority for name in TRUST})
        try:
            for sent in (key,) if key else ("", "fc-made-up"):
                codes.append(subprocess.run(command, env=dict(env, KEY=sent)).returncode)
        finally:
            end(server)
    return codes


def main():
    bench, harvestman, _, *command = sys.argv[1:]
    site, site_url = start([bench, "site", "--pages", "360", "--links", "20", "--page-bytes", "3000"])
    slow, slow_url = start([bench, "site", "--pages", "60", "--host", "127.0.0.2", "--latency-ms", "1000"])
    places = {"SITE": site_url, "SLOW": slow_url, "ODD": odd.serve(), "HOOK": receiver.serve()}
    try:
        codes = [code for key in (KEY, "") for code in with_server(harvestman, key, places, command)]
    finally:
        end(site)
        end(slow)
    sys.exit(max(codes))


if __name__ == "__main__":
    main()
