#!/usr/bin/env python3
"""Writes what is derived: prometheusrule.yaml from alerts.yaml, dashboards/*.json from the panels below. `make rules`.

With --check nothing is written; the exit code says whether the files are as they should be.
"""
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
RULE_HEAD = """# Written from alerts.yaml by `make rules`.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: harvestman
spec:
"""


def rate(metric, by="", where=""):
    return f"sum{f' by ({by}) ' if by else ''}(rate({metric}{where}[$__rate_interval]))"


def quantile(q, metric):
    return f"histogram_quantile({q}, sum by (le) (rate({metric}_bucket[$__rate_interval])))"


def quantiles(metric):
    return [(quantile(q, metric), f"p{q * 100:.0f}") for q in (0.5, 0.95, 0.99)]


#: file -> (title, [(panel, unit, [(expression, legend)])]). Units as Grafana names them: reqps is requests, cps anything else a second;
#: what is "none" is counted whole.
DASHBOARDS = {
    "fleet": ("Harvestman: fleet", [
        ("Services up", "none", [('sum by (component) (up{component=~"dispatcher|worker|worker-browser|parser|api"})', "{{component}}")]),
        ("Versions", "none", [("sum by (service, version) (harvestman_build_info)", "{{service}} {{version}}")]),
        ("Visits", "reqps", [(rate("harvestman_worker_visits_total"), "visits")]),
        ("Pages ended", "cps", [(rate("harvestman_parser_pages_total", "end"), "{{end}}")]),
        ("Leases that run", "none", [("sum(harvestman_worker_leases_active)", "leases")]),
        ("Segments that are parsed", "none", [("sum(harvestman_parser_segments_active)", "segments")]),
        ("Processor", "short", [("sum by (component) (rate(process_cpu_seconds_total[$__rate_interval]))", "{{component}}")]),
        ("Memory of the largest", "bytes", [("max by (component) (process_resident_memory_bytes)", "{{component}}")]),
        ("Open files of the most", "none", [("max by (component) (process_open_fds)", "{{component}}")]),
        ("API calls by status", "reqps", [(rate("harvestman_api_requests_total", "status"), "{{status}}")]),
        ("API: how long", "s", quantiles("harvestman_api_request_seconds")),
    ]),
    "run": ("Harvestman: runs", [
        ("Unfinished runs", "none", [("max by (state) (harvestman_runs_active)", "{{state}}")]),
        ("Oldest unfinished run", "s", [("max(harvestman_oldest_run_seconds)", "age")]),
        ("Open URLs", "none", [("max(harvestman_backlog_urls)", "open")]),
        ("Admitted and ended", "cps", [(rate("harvestman_parser_urls_admitted_total"), "admitted"), (rate("harvestman_parser_pages_total"), "ended")]),
        ("URLs by their end", "cps", [(rate("harvestman_parser_pages_total", "end"), "{{end}}")]),
        ("Records", "cps", [(rate("harvestman_parser_records_total", "valid"), "valid: {{valid}}")]),
        ("Another try, by reason", "cps", [(rate("harvestman_parser_retries_total", "reason"), "{{reason}}")]),
        ("Links not followed, by reason", "cps", [(rate("harvestman_parser_links_refused_total", "reason"), "{{reason}}")]),
        ("Cut without a visit", "cps", [(rate("harvestman_dispatcher_urls_cut_total"), "cut")]),
        ("Bytes archived", "Bps", [(rate("harvestman_worker_segment_bytes_total"), "segments")]),
    ]),
    "politeness": ("Harvestman: host politeness", [
        ("Visits by outcome", "reqps", [(rate("harvestman_worker_visits_total", "outcome"), "{{outcome}}")]),
        ("Visits by status", "reqps", [(rate("harvestman_worker_visits_total", "status"), "{{status}}")]),
        ("Failures by reason", "cps", [(rate("harvestman_worker_failures_total", "reason"), "{{reason}}")]),
        ("How long a visit takes", "s", quantiles("harvestman_worker_fetch_seconds")),
        ("Pages run in a browser", "cps", [(rate("harvestman_worker_rendered_total", "end"), "{{end}}")]),
        ("How long a page runs there", "s", quantiles("harvestman_worker_render_seconds")),
        ("Leases: offered, lapsed, expired", "cps", [
            (rate("harvestman_dispatcher_leases_offered_total"), "offered"),
            (rate("harvestman_dispatcher_offers_lapsed_total"), "lapsed"),
            (rate("harvestman_dispatcher_leases_expired_total"), "expired"),
        ]),
        ("Claims by answer", "cps", [(rate("harvestman_dispatcher_claims_total", "answer"), "{{answer}}")]),
        ("Offers taken, by their end", "cps", [(rate("harvestman_worker_leases_total", "end"), "{{end}}")]),
        ("Reports", "cps", [(rate("harvestman_dispatcher_reports_total", "fresh"), "fresh: {{fresh}}")]),
        ("Due for another try", "cps", [(rate("harvestman_dispatcher_retries_due_total"), "due")]),
    ]),
    "broker-and-store": ("Harvestman: broker and store", [
        ("Messages that wait", "none", [("max by (lane) (harvestman_queue_depth)", "{{lane}}")]),
        ("Published", "cps", [(rate("harvestman_queue_published_total", "lane"), "{{lane}}")]),
        ("Delivered; again", "cps", [(rate("harvestman_queue_delivered_total", "lane, redelivered"), "{{lane}}, again: {{redelivered}}")]),
        ("How long a confirmed publish takes", "s", quantiles("harvestman_queue_publish_seconds")),
        ("Broker failures", "cps", [
            (rate("harvestman_queue_publish_failures_total", "lane"), "publish {{lane}}"), (rate("harvestman_queue_settle_failures_total", "how"), "settle {{how}}")]),
        ("Settled", "cps", [(rate("harvestman_queue_settled_total", "how"), "{{how}}")]),
        ("Queues of the broker", "none", [("max by (queue) (rabbitmq_detailed_queue_messages)", "{{queue}}")]),
        ("Consumers of the broker", "none", [("max by (queue) (rabbitmq_detailed_queue_consumers)", "{{queue}}")]),
        ("Memory of the broker", "bytes", [("rabbitmq_detailed_process_resident_memory_bytes", "{{instance}}")]),
        ("Database: how long a segment takes to apply", "s", quantiles("harvestman_parser_apply_seconds")),
        ("Database: how long a transaction takes", "s", quantiles("harvestman_store_transaction_seconds")),
        ("Database: transactions by their end", "cps", [(rate("harvestman_store_transaction_seconds_count", "end"), "{{end}}")]),
        ("Database: how long a connection is waited for", "s", quantiles("harvestman_store_wait_seconds")),
        ("Database: connections", "none", [("max by (component, state) (harvestman_store_connections)", "{{component}} {{state}}")]),
        ("Segments, by what came of them", "cps", [
            (rate("harvestman_parser_segments_total", "end"), "{{end}}"), (rate("harvestman_dispatcher_segments_announced_again_total"), "announced again")]),
        ("Object store: how long a write takes", "s", quantiles("harvestman_archive_put_seconds")),
        ("Object store: how long a read takes", "s", quantiles("harvestman_archive_read_seconds")),
        ("Object store: bytes", "Bps", [(rate("harvestman_archive_put_bytes_total"), "written"), (rate("harvestman_archive_read_bytes_total"), "read")]),
        ("Object store: failures", "cps", [(rate("harvestman_archive_failures_total", "call, error"), "{{call}} {{error}}")]),
    ]),
}


def dashboard(uid, title, panels):
    drawn = []
    for i, (name, unit, queries) in enumerate(panels):
        drawn.append({
            "id": i + 1, "type": "timeseries", "title": name, "datasource": {"type": "prometheus", "uid": "${source}"},
            "gridPos": {"x": i % 3 * 8, "y": i // 3 * 8, "w": 8, "h": 8},
            "fieldConfig": {"defaults": {"unit": unit, "min": 0, **({"decimals": 0} if unit == "none" else {}), "custom": {"fillOpacity": 10, "showPoints": "never"}}, "overrides": []},
            "options": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi", "sort": "desc"}},
            "targets": [{"refId": chr(65 + n), "expr": expr, "legendFormat": legend} for n, (expr, legend) in enumerate(queries)],
        })
    return {
        "uid": f"harvestman-{uid}", "title": title, "tags": ["harvestman"], "schemaVersion": 39, "version": 1, "editable": True,
        "time": {"from": "now-3h", "to": "now"}, "refresh": "30s",
        "templating": {"list": [{"name": "source", "label": "Source", "type": "datasource", "query": "prometheus", "current": {}, "hide": 0}]},
        "links": [{"type": "dashboards", "title": "Harvestman", "tags": ["harvestman"], "asDropdown": True, "includeVars": False, "keepTime": True}],
        "panels": drawn,
    }


def rule():
    lines = (HERE / "alerts.yaml").read_text().splitlines()
    return RULE_HEAD + "".join(f"  {line}\n" if line else "\n" for line in lines if not line.startswith("#"))


def files():
    yield HERE / "prometheusrule.yaml", rule()
    for name, (title, panels) in DASHBOARDS.items():
        yield HERE / "dashboards" / f"{name}.json", json.dumps(dashboard(name, title, panels), indent=1) + "\n"


def main():
    stale = [path for path, text in files() if not path.exists() or path.read_text() != text]
    if "--check" in sys.argv[1:]:
        sys.exit(f"not as `make rules` writes them: {', '.join(p.name for p in stale)}" if stale else 0)
    for path, text in files():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    print(f"{len(stale)} files changed")


if __name__ == "__main__":
    main()
