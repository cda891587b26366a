"""Who may reach what: the table of docs/ARCHITECTURE.md's zones, held against NetworkPolicies, networks and secrets."""
import ipaddress

import pytest
from conftest import EVERYWHERE, OVERLAYS, named, template, workloads

#            internet, webhooks, object store, broker, database
ZONES = {
    "dispatcher": {"webhooks", "broker", "database"},
    "worker": {"internet", "object-store", "broker"},
    "parser": {"object-store", "broker", "database"},
    "api": {"object-store", "broker", "database"},
    "migrate": {"database"},
    "database-roles": {"database"},
    "bucket": {"object-store"},
    # The shop of the overlay `demo`.
    "demo": set(),
}
RIGHTS = {"internet", "webhooks", "object-store", "broker", "database"}
#: What no pod may be sent to by a page, whatever its own checks say.
FORBIDDEN = ["10.1.2.3", "172.16.0.1", "192.168.1.1", "127.0.0.1", "169.254.169.254", "100.64.0.1", "224.0.0.1", "255.255.255.255", "0.0.0.0"]


def policies(objects):
    return [o for o in objects if o["kind"] == "NetworkPolicy"]


def matches(selector, labels):
    return selector.get("matchLabels", {}).items() <= labels.items() and "matchExpressions" not in selector


def reaches(rule, address):
    """Whether an egress rule lets a public or private address through, by its blocks."""
    if not rule.get("to"):
        return True
    for peer in rule["to"]:
        block = peer.get("ipBlock")
        if not block or ipaddress.ip_network(block["cidr"]).version != 4:
            continue
        if address in ipaddress.ip_network(block["cidr"]) and not any(address in ipaddress.ip_network(e) for e in block.get("except", [])):
            return True
    return False


@pytest.mark.parametrize("overlay", EVERYWHERE)
def test_nothing_goes_in_or_out_by_default(overlays, overlay):
    spec = named(overlays[overlay], "NetworkPolicy", "default-deny")["spec"]
    assert spec["podSelector"] == {} and sorted(spec["policyTypes"]) == ["Egress", "Ingress"]
    assert "ingress" not in spec and "egress" not in spec


@pytest.mark.parametrize("overlay", EVERYWHERE)
def test_each_pod_has_the_rights_of_its_row(overlays, overlay):
    for workload in workloads(overlays[overlay]):
        labels = template(workload)["metadata"]["labels"]
        component = labels["app.kubernetes.io/component"]
        if component == "seaweedfs":
            continue
        rights = {right for right in RIGHTS if labels.get(f"harvestman/{right}") == "yes"}
        assert rights == ZONES[component], component


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_only_a_worker_reaches_the_internet_and_nobody_reaches_private_hosts_by_it(overlays, overlay):
    public = ipaddress.ip_address("93.184.216.34")
    for workload in workloads(overlays[overlay]):
        labels = template(workload)["metadata"]["labels"]
        rules = [rule for policy in policies(overlays[overlay]) if matches(policy["spec"]["podSelector"], labels) for rule in policy["spec"].get("egress", [])]
        ports = {(p.get("port"), p.get("endPort")) for rule in rules if reaches(rule, public) for p in rule["ports"]}
        expected = {"worker": {(1, 65535)}, "dispatcher": {(443, None)}}.get(labels["app.kubernetes.io/component"], set())
        assert ports == expected, labels
    for name in ("internet", "webhooks"):
        for rule in named(overlays[overlay], "NetworkPolicy", name)["spec"]["egress"]:
            for address in FORBIDDEN:
                assert not reaches(rule, ipaddress.ip_address(address)), f"{name}: {address}"


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_address_was_filled_in(overlays, overlay):
    for policy in policies(overlays[overlay]):
        for rule in policy["spec"].get("egress", []) + policy["spec"].get("ingress", []):
            for peer in rule.get("to", []) + rule.get("from", []):
                assert peer.get("ipBlock", {}).get("cidr") != "192.0.2.0/24", policy["metadata"]["name"]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_worker_is_not_told_where_the_database_is(overlays, overlay):
    pod = template(named(overlays[overlay], "Deployment", "worker"))["spec"]
    assert not any("STORE" in e["name"] for e in pod["containers"][0]["env"])
    assert "harvestman-db" not in str(pod)


def test_each_service_has_a_secret_of_its_own(overlays):
    for service in ("dispatcher", "worker", "parser", "api"):
        volumes = template(named(overlays["eks"], "Deployment", service))["spec"]["volumes"]
        secrets = [s["secret"]["name"] for v in volumes for s in v.get("projected", {}).get("sources", [])]
        assert secrets == [service]
        named(overlays["eks"], "ExternalSecret", service)


def test_compose_networks_are_the_zones(compose):
    networks = {name: set(service.get("networks", [])) for name, service in compose["services"].items()}
    assert networks["worker"] == networks["worker-browser"] == {"broker", "store", "internet"}
    assert networks["dispatcher"] == {"broker", "database", "internet"}
    assert networks["parser"] == {"broker", "database", "store"}
    assert networks["api"] == {"broker", "database", "store", "front"}
    assert networks["migrate"] == networks["postgres"] == {"database"}
    for zone in ("broker", "database", "store"):
        assert compose["networks"][zone]["internal"] is True
    assert compose["networks"]["front"]["driver_opts"]["com.docker.network.bridge.enable_ip_masquerade"] == "false"
    for worker in ("worker", "worker-browser"):
        assert not any("STORE" in name for name in compose["services"][worker]["environment"])
