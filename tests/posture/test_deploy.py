"""deploy.sh and rollback.sh against a stand-in for kubectl that keeps a cluster in a file: what goes back, and what stays."""
import json
import os
import re
import shutil
import subprocess

import pytest
from conftest import ROOT, SERVICES, tool

#: A cluster: each Deployment as it was applied last, its image alone. A service is well unless its tag is `broken`.
KUBECTL = r'''#!/usr/bin/env python3
import json, os, re, signal, subprocess, sys, time
words, path = [w for w in sys.argv[1:] if w not in ("--namespace", "harvestman")], os.environ["CLUSTER"]
if words[0] == "kustomize":
    sys.exit(subprocess.call([os.environ["REAL_KUBECTL"], *words]))
cluster = json.load(open(path))
deployments, verb = cluster["deployments"], " ".join(words[:2])
if words[0] == "port-forward":
    sys.exit(print("Forwarding from 127.0.0.1:40000 -> 9090"))
elif verb == "get job":
    print(cluster["jobs"])
elif verb == "get pods" and "batch.kubernetes.io/job-name" in words:
    print(cluster.get("pods", ""))
elif verb == "get deployment" and words[-1] == "name":
    print("\n".join("deployment.apps/" + name for name in deployments))
elif words[0] == "delete" and words[1].startswith("deployment"):
    del deployments[words[1].split("/")[1]]
elif verb == "get deployment":
    for name, image in deployments.items():
        print("---", json.dumps({"kind": "Deployment", "name": name, "image": image}, separators=(",", ":")), sep="\n")
elif verb == "create configmap":
    print(open(next(w for w in words if w.startswith("--from-file")).split("=")[2]).read())
elif verb == "get configmap":
    print(cluster.get("previous", ""))
elif verb == "delete configmap":
    del cluster["previous"]
elif words == ["apply", "--filename", "-"]:
    cluster["previous"] = sys.stdin.read()
elif words[0] == "apply" and "name" in words:
    for document in filter(None, re.split(r"^---\n", open(words[2]).read(), flags=re.M)):
        document = json.loads(document)
        deployments[document["name"]] = document["image"]
        print("deployment.apps/" + document["name"])
elif words[0] == "apply" and "--selector" not in words:
    for document in open(words[-1]).read().split("\n---\n"):
        if "\nkind: Deployment\n" in document:
            deployments[re.search(r"^  name: (\S+)", document, re.M)[1]] = re.search(r"image: (\S+)", document)[1]
elif verb == "rollout status" and deployments[words[2].split("/")[1]].endswith(":broken"):
    sys.exit("error: timed out waiting for the condition")
elif verb == "rollout status" and deployments[words[2].split("/")[1]].endswith(":interrupted"):
    # A pipeline that is cancelled tells the script alone, and the rollout hangs on.
    os.kill(os.getppid(), signal.SIGTERM)
    time.sleep(70)
# As a whole: the other end of a pipe reads it at the same time.
with open(f"{path}.{os.getpid()}", "w") as file:
    json.dump(cluster, file)
os.replace(file.name, path)
'''
CURL = "#!/bin/sh\nexit ${READY:-0}\n"


@pytest.fixture
def cluster(tmp_path):
    shutil.copytree(ROOT / "k8s", tmp_path / "k8s")
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, text in {"kubectl": KUBECTL, "curl": CURL, "sleep": "#!/bin/sh\nexec /bin/sleep 0.3\n"}.items():
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    return Cluster(tmp_path)


class Cluster:
    def __init__(self, folder):
        self.folder, self.file = folder, folder / "cluster.json"
        self.keep({"jobs": "migrate SuccessCriteriaMet Complete", "deployments": {}})

    def keep(self, state):
        self.file.write_text(json.dumps(state))

    def images(self):
        return {name: image.rsplit(":", 1)[1] for name, image in json.loads(self.file.read_text())["deployments"].items()}

    def run(self, script, *words, **environment):
        return subprocess.run([self.folder / "k8s" / script, *words], text=True, capture_output=True, timeout=60, env=os.environ | environment | {
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}", "CLUSTER": str(self.file), "REAL_KUBECTL": tool("kubectl", "the Kubernetes command line")})


@pytest.mark.parametrize("overlay", ["local", "eks"])
def test_a_tag_is_deployed_and_a_broken_one_goes_back(cluster, overlay):
    for tag in ("1", "2"):
        result = cluster.run("deploy.sh", overlay, tag)
        assert result.returncode == 0, result.stderr
        assert cluster.images() == dict.fromkeys(SERVICES, tag)
    assert cluster.run("deploy.sh", overlay, "broken").returncode == 1
    assert cluster.images() == dict.fromkeys(SERVICES, "2")
    assert cluster.run("rollback.sh").returncode == 1, "once is enough"
    assert cluster.images() == dict.fromkeys(SERVICES, "2")


def test_an_image_that_is_not_there_is_not_waited_for(cluster):
    """The Jobs may take a quarter of an hour, and such an image takes all of it."""
    cluster.run("deploy.sh", "local", "1")
    cluster.keep(json.loads(cluster.file.read_text()) | {"jobs": "migrate ", "pods": "harvestman/cli:nosuch ImagePullBackOff"})
    result = cluster.run("deploy.sh", "local", "nosuch", PULL_TIMEOUT="1")
    assert result.returncode == 1 and "harvestman/cli:nosuch ImagePullBackOff" in result.stderr, result.stderr
    assert cluster.images() == dict.fromkeys(SERVICES, "1")


def test_what_a_deploy_did_not_change_does_not_go_back(cluster):
    """`rollout undo` alone would bring what was before the last change, however long ago."""
    cluster.run("deploy.sh", "local", "1")
    cluster.run("deploy.sh", "local", "2")
    assert cluster.run("deploy.sh", "local", "2", READY="1").returncode == 1
    assert cluster.images() == dict.fromkeys(SERVICES, "2")


def test_a_deploy_that_is_interrupted_goes_back(cluster):
    cluster.run("deploy.sh", "local", "1")
    assert cluster.run("deploy.sh", "local", "interrupted").returncode == 130
    assert cluster.images() == dict.fromkeys(SERVICES, "1")


def test_a_tag_is_that_of_the_workers_with_a_browser_too(cluster):
    overlay = cluster.folder / "k8s" / "overlays" / "local" / "kustomization.yaml"
    overlay.write_text(overlay.read_text().replace("components:\n", "components:\n  - ../../components/browser-workers\n", 1))
    result = cluster.run("deploy.sh", "local", "1")
    assert result.returncode == 0, result.stderr
    assert cluster.images() == dict.fromkeys([*SERVICES, "worker-browser"], "1")


def test_a_rollback_by_hand_brings_the_deploy_before(cluster):
    cluster.run("deploy.sh", "eks", "1")
    cluster.run("deploy.sh", "eks", "2")
    assert cluster.run("rollback.sh").returncode == 0
    assert cluster.images() == dict.fromkeys(SERVICES, "1")


def test_a_failed_migration_touches_no_service(cluster):
    cluster.run("deploy.sh", "local", "1")
    state = json.loads(cluster.file.read_text())
    cluster.keep(state | {"jobs": "bucket SuccessCriteriaMet Complete\nmigrate FailureTarget Failed"})
    result = cluster.run("deploy.sh", "local", "2")
    assert result.returncode == 1 and re.search("migrate.*Failed", result.stdout)
    cluster.keep(json.loads(cluster.file.read_text()) | {"jobs": "migrate "})
    assert cluster.run("deploy.sh", "local", "2", JOBS_TIMEOUT="0").returncode == 1
    assert cluster.images() == dict.fromkeys(SERVICES, "1")


def test_a_first_deploy_that_fails_has_nothing_to_go_back_to(cluster):
    result = cluster.run("deploy.sh", "local", "broken")
    assert result.returncode == 1 and "no previous version" in result.stderr


def test_a_canary_that_was_taken_out_goes(cluster):
    """`kubectl apply` leaves what is no longer in the manifests."""
    cluster.run("deploy.sh", "local", "1")
    state = json.loads(cluster.file.read_text())
    state["deployments"]["worker-canary"] = "harvestman/worker:2"
    cluster.keep(state)
    assert cluster.run("deploy.sh", "local", "1").returncode == 0
    assert cluster.images() == dict.fromkeys(SERVICES, "1")
