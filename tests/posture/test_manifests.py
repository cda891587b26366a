"""The rendered overlays are valid, whole and in order."""
import kubernetes_validate
import pytest
from conftest import EVERYWHERE, OVERLAYS, ROOT, SERVICES, kustomize, named, template, with_components, workloads

CUSTOM = {"keda.sh", "external-secrets.io", "monitoring.coreos.com", "rabbitmq.com", "postgresql.cnpg.io"}


@pytest.mark.parametrize("overlay", EVERYWHERE)
def test_every_object_fits_the_schema_of_kubernetes(overlays, overlay):
    for found in overlays[overlay]:
        if found["apiVersion"].split("/")[0] not in CUSTOM:
            kubernetes_validate.validate(found, "1.33", strict=True)


@pytest.mark.parametrize("overlay", EVERYWHERE)
def test_no_object_is_there_twice_and_all_are_in_the_namespace(overlays, overlay):
    seen = [(o["kind"], o["metadata"]["name"]) for o in overlays[overlay]]
    assert len(seen) == len(set(seen))
    assert {o["metadata"].get("namespace") for o in overlays[overlay] if o["kind"] != "Namespace"} == {"harvestman"}


@pytest.mark.parametrize("overlay", EVERYWHERE)
def test_selectors_share_no_pod(overlays, overlay):
    chosen = [tuple(sorted(w["spec"]["selector"]["matchLabels"].items())) for w in workloads(overlays[overlay]) if w["kind"] == "Deployment"]
    assert len(chosen) == len(set(chosen))


@pytest.mark.parametrize("overlay", EVERYWHERE)
def test_what_pods_need_comes_before_them(overlays, overlay):
    """`make deploy` applies what is labelled so first; the schema's Job is among it, the services are not."""
    for found in overlays[overlay]:
        before = found["metadata"].get("labels", {}).get("harvestman/phase") == "before"
        if found["kind"] in {"Namespace", "ConfigMap", "Secret", "ServiceAccount", "NetworkPolicy", "Job", "ExternalSecret", "SecretStore", "RabbitmqCluster", "Cluster"} \
                and found["metadata"]["name"] != "keda":
            assert before, f"{found['kind']}/{found['metadata']['name']}"
        if found["kind"] == "Deployment":
            assert not before


@pytest.mark.parametrize("overlay", EVERYWHERE)
@pytest.mark.parametrize("service", SERVICES)
def test_services_are_probed_bounded_spread_and_drained(overlays, overlay, service):
    deployment = named(overlays[overlay], "Deployment", service)
    pod = template(deployment)["spec"]
    main = pod["containers"][0]
    assert {"startupProbe", "readinessProbe", "livenessProbe"} <= set(main)
    assert set(main["resources"]["limits"]) == set(main["resources"]["requests"]) == {"cpu", "memory"}
    assert {c["topologyKey"] for c in pod["topologySpreadConstraints"]} == {"topology.kubernetes.io/zone", "kubernetes.io/hostname"}
    assert deployment["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    named(overlays[overlay], "PodDisruptionBudget", service)
    drain = int(next(e["value"] for e in main["env"] if e["name"] == "HARVESTMAN_DRAIN_SECONDS"))
    pause = main.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
    assert pod["terminationGracePeriodSeconds"] >= pause + drain + 10
    assert (pause > 0) == (service == "api"), "only the API has endpoints that must go first"


@pytest.mark.parametrize("overlay", ["eks", "gke", "aks"])
def test_what_terraform_says_reaches_the_manifests(overlays, overlay):
    text = str(overlays[overlay])
    assert "registry.invalid" not in text and ":0.0.0" not in text
    settings = next(o["data"] for o in overlays[overlay] if o["kind"] == "ConfigMap" and "HARVESTMAN_LOG_LEVEL" in o["data"])
    assert settings["HARVESTMAN_ARCHIVE"].split(":")[0] == {"eks": "s3", "gke": "gs", "aks": "az"}[overlay]
    for scaled in ("worker", "parser", "api"):
        target = named(overlays[overlay], "ScaledObject", scaled)["spec"]["scaleTargetRef"]["name"]
        assert "replicas" not in named(overlays[overlay], "Deployment", target)["spec"], "KEDA owns the number"


@pytest.mark.parametrize("overlay", ["local", "eks", "gke", "aks"])
def test_the_canary_is_the_stable_pod_but_for_image_and_track(tmp_path, overlay):
    """Taken in after what patches the services, it would be without the broker's address on Google and Azure."""
    objects = kustomize(with_components(tmp_path, overlay, "canary"))
    service = named(objects, "Service", "api")["spec"]["selector"]
    for name in ("worker", "api"):
        stable, canary = template(named(objects, "Deployment", name)), template(named(objects, "Deployment", f"{name}-canary"))
        assert canary["metadata"]["labels"] == stable["metadata"]["labels"] | {"harvestman/track": "canary"}
        images = [pod["spec"]["containers"][0].pop("image") for pod in (stable, canary)]
        assert images[0].rsplit(":", 1)[0] == images[1].rsplit(":", 1)[0]
        assert canary["spec"] == stable["spec"]
    assert service.items() <= canary["metadata"]["labels"].items()


def test_quantities_are_strings(overlays):
    """As the API server gives them back; a number makes a later server-side apply a conflict."""
    for objects in overlays.values():
        for workload in workloads(objects):
            for container in template(workload)["spec"]["containers"]:
                for kind in ("requests", "limits"):
                    assert all(isinstance(quantity, str) for quantity in container["resources"][kind].values()), workload["metadata"]["name"]


def test_who_deploys_finds_the_namespace_there():
    """A Role cannot be made in a namespace that is not there yet."""
    kinds = [o["kind"] for o in kustomize(ROOT / "k8s" / "access")]
    assert kinds.index("Namespace") < kinds.index("Role")


@pytest.mark.parametrize("overlay", ["eks", "gke", "aks"])
def test_workers_with_a_browser_are_workers_with_more_memory_and_a_queue_of_their_own(tmp_path, overlay):
    objects = kustomize(with_components(tmp_path, overlay, "browser-workers", "browser-workers/scaled"))
    plain, browser = (template(named(objects, "Deployment", name)) for name in ("worker", "worker-browser"))
    assert browser["metadata"]["labels"] == plain["metadata"]["labels"] | {"harvestman/track": "browser"}
    main, other = browser["spec"]["containers"][0], plain["spec"]["containers"][0]
    assert main.pop("image").split(":")[0] == other.pop("image").split(":")[0] + "-browser"
    environment, others = ({e["name"]: e for e in container.pop("env")} for container in (main, other))
    assert environment["HARVESTMAN_WORKER_LEASES"]["value"] == environment["HARVESTMAN_WORKER_URGENT_LEASES"]["value"] == "0"
    assert others.items() <= environment.items(), "the broker's and the store's addresses are the other workers'"
    assert main.pop("resources") != other.pop("resources") and main == other
    scaled = named(objects, "ScaledObject", "worker-browser")["spec"]
    assert "render" in scaled["triggers"][0]["metadata"]["queueName"]
    assert "replicas" not in named(objects, "Deployment", "worker-browser")["spec"], "KEDA owns the number"
    budget = named(objects, "PodDisruptionBudget", "worker")["spec"]["selector"]["matchLabels"]
    assert budget.items() <= browser["metadata"]["labels"].items()
