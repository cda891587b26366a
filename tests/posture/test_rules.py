"""Alerts and dashboards ask only for what is measured, and every alert has its page in the runbook."""
import json
import re

import grafana_foundation_sdk.models.dashboard as grafana
import pytest
import yaml
from conftest import ROOT, run, tool
from grafana_foundation_sdk.cog import plugins
from grafana_foundation_sdk.cog.encoder import JSONEncoder

MONITORING = ROOT / "k8s" / "components" / "monitoring"
DASHBOARDS = sorted((MONITORING / "dashboards").glob("*.json"))
#: Of RabbitMQ's own exporter (/metrics/detailed, families queue_coarse_metrics, queue_consumer_count, node_metrics) and of Prometheus.
OTHERS = {
    "up", "rabbitmq_detailed_queue_messages", "rabbitmq_detailed_queue_consumers", "rabbitmq_detailed_process_resident_memory_bytes",
    "rabbitmq_detailed_disk_space_available_bytes", "rabbitmq_detailed_disk_space_available_limit_bytes",
}


def alerts():
    return [rule for group in yaml.safe_load((MONITORING / "alerts.yaml").read_text())["groups"] for rule in group["rules"]]


def names(expression):
    found = re.findall(r"\b(?:harvestman|process|rabbitmq)_[a-z_]+|\bup\b", re.sub(r'"[^"]*"', '""', expression))
    return {re.sub(r"_(bucket|sum|count)$", "", name) if name.startswith("harvestman_") else name for name in found}


def measured():
    """The names in docs/METRICS.md, which is written from the code."""
    return set(re.findall(r"`((?:harvestman|process)_[a-z_]+)(?:{[^`]*})?`", (ROOT / "docs" / "METRICS.md").read_text())) | OTHERS


def test_alerts_ask_for_what_is_measured():
    for alert in alerts():
        assert names(alert["expr"]), alert["alert"]
        assert names(alert["expr"]) <= measured(), alert["alert"]


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_dashboards_ask_for_what_is_measured(path):
    dashboard = json.loads(path.read_text())
    assert dashboard["uid"] and dashboard["title"] and dashboard["panels"]
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            assert names(target["expr"]), panel["title"]
            assert names(target["expr"]) <= measured(), panel["title"]


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_grafana_knows_all_that_a_dashboard_says(path):
    """Read by Grafana's own model and written again: what that does not know would be gone."""
    plugins.register_default_plugins()
    said = json.loads(path.read_text())
    known = json.loads(JSONEncoder().encode(grafana.Dashboard.from_json(said)))
    assert list(unknown(said, known)) == []


def unknown(said, known, at=""):
    if isinstance(said, dict):
        for name, value in said.items():
            yield from unknown(value, known[name], f"{at}/{name}") if name in known else [f"{at}/{name}"]
    elif isinstance(said, list):
        for i, (one, other) in enumerate(zip(said, known, strict=True)):
            yield from unknown(one, other, f"{at}/{i}")
    elif said != known:
        yield at


def test_every_query_is_one(tmp_path):
    rules = [{"record": f"q{i}", "expr": target["expr"].replace("$__rate_interval", "5m")} for i, target in enumerate(
        target for path in DASHBOARDS for panel in json.loads(path.read_text())["panels"] for target in panel["targets"])]
    file = tmp_path / "queries.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboards", "rules": rules}]}))
    result = run(tool("promtool", "Debian's package prometheus"), "check", "rules", file)
    assert result.returncode == 0, result.stderr


def test_promtool_finds_nothing_and_alerts_fire_when_they_should():
    promtool = tool("promtool", "Debian's package prometheus")
    for command in (["check", "rules", MONITORING / "alerts.yaml"], ["test", "rules", ROOT / "tests" / "posture" / "alerts_test.yaml"]):
        result = run(promtool, *command)
        assert result.returncode == 0, result.stdout + result.stderr
    config = (ROOT / "docker" / "prometheus" / "prometheus.yml").read_text().replace("/etc/prometheus/alerts.yaml", str(MONITORING / "alerts.yaml"))
    result = run(promtool, "check", "config", "/dev/stdin", input=config)
    assert result.returncode == 0, result.stdout + result.stderr


def test_what_is_derived_is_up_to_date():
    result = run("python3", MONITORING / "generate.py", "--check")
    assert result.returncode == 0, result.stderr
    rule = yaml.safe_load((MONITORING / "prometheusrule.yaml").read_text())
    assert rule["spec"] == yaml.safe_load((MONITORING / "alerts.yaml").read_text())


def test_every_alert_has_its_page_in_the_runbook():
    sections = re.findall(r"^## (\w+)$", (ROOT / "docs" / "RUNBOOK.md").read_text(), re.M)
    assert sections == [alert["alert"] for alert in alerts()]
    for alert in alerts():
        assert alert["annotations"]["runbook_url"] == f"docs/RUNBOOK.md#{alert['alert'].lower()}"
        assert alert["labels"]["severity"] in ("critical", "warning")


def test_the_sizing_table_is_what_the_script_computes():
    text = (ROOT / "docs" / "SCALING.md").read_text()
    table = text[text.index("<!-- docs/sizing.py -->\n") + 24:text.index("<!-- end -->")]
    assert table == run("python3", "docs/sizing.py").stdout
