"""deploy.sh and rollback.sh against a stand-in for kubectl that keeps a cluster's revisions in a file: what goes back, and what stays."""
import json
import os
import re
import shutil
import subprocess

import pytest
from conftest import ROOT, SERVICES, tool

#: A cluster: a revision is what was applied, a service is well unless its image is named `broken`.
KUBECTL = r'''#!/usr/bin/env python3
import json, os, re, subprocess, sys
words, path = [w for w in sys.argv[1:] if w not in ("--namespace", "harvestman")], os.environ["CLUSTER"]
if words[0] == "kustomize":
    sys.exit(subprocess.call([os.environ["REAL_KUBECTL"], *words]))
cluster = json.load(open(path))
deployments, verb = cluster["deployments"], " ".join(w for w in words[:2] if not w.startswith("-"))
named = next((w.split("/")[1] for w in words if w.startswith("deployment/")), None)
flag = {w.split("=")[0]: w.split("=", 1)[-1] for w in words if w.startswith("--")}
if verb == "get job":
    print(cluster["jobs"])
elif verb == "get deployment" and "--selector" in flag:
    print("".join(f"--from-literal={n}={len(r)}\n" for n, r in deployments.items()))
elif verb == "get deployment":
    print(len(deployments.get(words[2], [])) or "", end="")
elif verb == "create configmap":
    print(json.dumps(dict(l.split("=")[1:] for l in words if l.startswith("--from-literal"))))
elif verb == "get configmap":
    print(" ".join(f"{n}={r}" for n, r in cluster.get("previous", {}).items()))
elif verb == "delete configmap":
    del cluster["previous"]
elif verb == "apply" and words[-1] == "-":
    cluster["previous"] = json.load(sys.stdin)
elif verb == "apply" and "--selector" not in flag:
    for document in open(words[-1]).read().split("\n---\n"):
        if "\nkind: Deployment\n" in document:
            revisions = deployments.setdefault(re.search(r"^  name: (\S+)", document, re.M)[1], [])
            image = re.search(r"image: (\S+)", document)[1]
            if revisions[-1:] != [image]:
                revisions.append(image)
elif verb == "rollout undo":
    deployments[named].append(deployments[named][int(flag["--to-revision"]) - 1])
elif verb == "rollout status" and "broken" in deployments[named][-1]:
    sys.exit("error: timed out waiting for the condition")
json.dump(cluster, open(path, "w"))
'''
CURL = "#!/bin/sh\nexit ${READY:-0}\n"


@pytest.fixture
def cluster(tmp_path):
    shutil.copytree(ROOT / "k8s", tmp_path / "k8s")
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, text in {"kubectl": KUBECTL, "curl": CURL, "sleep": "#!/bin/sh\n"}.items():
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
        return {name: revisions[-1].rsplit(":", 1)[1] for name, revisions in json.loads(self.file.read_text())["deployments"].items()}

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


def test_what_a_deploy_did_not_change_does_not_go_back(cluster):
    """`rollout undo` alone would bring what was before the last change, however long ago."""
    cluster.run("deploy.sh", "local", "1")
    cluster.run("deploy.sh", "local", "2")
    assert cluster.run("deploy.sh", "local", "2", READY="1").returncode == 1
    assert cluster.images() == dict.fromkeys(SERVICES, "2")


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
