"""What the tests of this folder read: the Dockerfile, the compose file and the rendered overlays."""
import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
OVERLAYS = ["local", "demo", "eks", "gke", "aks"]
#: Components that no overlay takes in by itself, taken in by that of EKS.
OPTIONAL = {"canary": ["canary", "tracing"], "browser": ["browser-workers", "browser-workers/scaled"]}
EVERYWHERE = [*OVERLAYS, *OPTIONAL]
SERVICES = ["dispatcher", "worker", "parser", "api"]
WORKLOADS = {"Deployment", "Job", "StatefulSet"}


def tool(name, package):
    """The path of a program; a missing one fails the test, with the package that has it."""
    beside = pathlib.Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    assert found, f"`{name}` is not installed: {package}"
    return found


def run(*command, **more):
    return subprocess.run([str(part) for part in command], cwd=ROOT, text=True, capture_output=True, **more)


def kustomize(folder):
    kubectl = tool("kubectl", "the Kubernetes command line; `kubectl kustomize` renders the overlays")
    result = run(kubectl, "kustomize", folder)
    assert result.returncode == 0, result.stderr
    return [document for document in yaml.safe_load_all(result.stdout) if document]


@pytest.fixture(scope="session")
def overlays(tmp_path_factory):
    """name -> objects; with `canary` and `browser`, the EKS overlay and the components that no overlay takes in by itself."""
    rendered = {name: kustomize(ROOT / "k8s" / "overlays" / name) for name in OVERLAYS}
    for name, components in OPTIONAL.items():
        rendered[name] = kustomize(with_components(tmp_path_factory.mktemp(name), "eks", *components))
    return rendered


def with_components(folder, overlay, *components):
    """A copy of an overlay that takes in more components, before its own, as docs/DEPLOY.md says."""
    source = ROOT / "k8s" / "overlays" / overlay
    shutil.copytree(source, folder, dirs_exist_ok=True)
    k8s = os.path.relpath(ROOT / "k8s", folder.resolve())
    kustomization = yaml.safe_load((source / "kustomization.yaml").read_text())
    for key in ("resources", "components"):
        kustomization[key] = [path.replace("../..", k8s, 1) for path in kustomization[key]]
    kustomization["components"] = [f"{k8s}/components/{name}" for name in components] + kustomization["components"]
    (folder / "kustomization.yaml").write_text(json.dumps(kustomization))
    return folder


@pytest.fixture(scope="session")
def compose():
    return yaml.safe_load((ROOT / "docker" / "compose.yaml").read_text())


def workloads(objects):
    return [o for o in objects if o["kind"] in WORKLOADS]


def template(workload):
    return workload["spec"]["template"]


def named(objects, kind, name):
    return next(o for o in objects if o["kind"] == kind and o["metadata"]["name"] == name)
