#!/usr/bin/env python3
"""`make demo`: harvests the demo's shop through the API and shows what came out."""
import json

import client


def main():
    run = client.start(client.shop())
    state = client.until(run, "over", lambda s: s["state"] in ("done", "cancelled"))
    found = client.records(run)
    print(f"run {run}: {state['counts']['pages']} pages, {len(found)} records; the first three:")
    for record in found[:3]:
        print(json.dumps(record["fields"], ensure_ascii=False), record["page"]["url"])
    print(f"{client.BASE}/ shows the rest")


if __name__ == "__main__":
    main()
