"""Terraform: clean, and in step with the overlays that read its outputs. Its formatting is `make terraform-check`'s."""
import json
import re

import pytest
import yaml
from conftest import ROOT, run, tool

CLOUDS = {"aws": "eks", "gcp": "gke", "azure": "aks"}
#: What a person or a pipeline says, not Terraform.
BY_HAND = {"tag", "canaryTag", "host"}


@pytest.mark.parametrize("cloud", CLOUDS)
def test_checkov_finds_nothing_that_is_not_argued_for(cloud):
    result = run(tool("checkov", "pip install checkov"), "--directory", f"terraform/{cloud}", "--framework", "terraform", "--skip-download", "--output", "json")
    report = json.loads(result.stdout)
    assert report["summary"]["passed"] > 0
    assert [f"{c['check_id']} {c['resource']}" for c in report["results"]["failed_checks"]] == []
    for skipped in report["results"]["skipped_checks"]:
        assert len(skipped["check_result"]["suppress_comment"]) > 10, skipped["check_id"]


@pytest.mark.parametrize("cloud,overlay", CLOUDS.items())
def test_outputs_and_overlay_have_the_same_keys(cloud, overlay):
    text = (ROOT / "terraform" / cloud / "outputs.tf").read_text()
    block = text[text.index('output "cluster"'):text.index('output "kubeconfig"')]
    given = set(re.findall(r"^    (\w+) +=", block, re.M))
    wanted = set(yaml.safe_load((ROOT / "k8s" / "overlays" / overlay / "cluster.yaml").read_text())["data"]) - BY_HAND
    assert given == wanted


def test_the_render_script_writes_outputs_into_the_overlay(tmp_path):
    (tmp_path / "k8s" / "overlays").mkdir(parents=True)
    script = tmp_path / "k8s" / "render.py"
    script.write_text((ROOT / "k8s" / "render.py").read_text())
    overlay = tmp_path / "k8s" / "overlays" / "eks"
    overlay.mkdir()
    (overlay / "cluster.yaml").write_text((ROOT / "k8s" / "overlays" / "eks" / "cluster.yaml").read_text())
    outputs = json.dumps({"cluster": {"value": {"registry": "r.example", "brokerCidr": "10.9.0.0/20"}}})
    result = run("python3", script, "aws", "--outputs", "-", "--tag", "1.2.3", input=outputs)
    assert result.returncode == 0, result.stderr
    data = yaml.safe_load((overlay / "cluster.yaml").read_text())["data"]
    assert (data["registry"], data["brokerCidr"], data["tag"], data["canaryTag"]) == ("r.example", "10.9.0.0/20", "1.2.3", "0.1.0")

    unknown = json.dumps({"cluster": {"value": {"surprise": "x"}}})
    result = run("python3", script, "aws", "--outputs", "-", input=unknown)
    assert result.returncode != 0 and "surprise" in result.stderr


@pytest.mark.parametrize("cloud", CLOUDS)
def test_nothing_is_public_but_what_the_variables_say(cloud):
    text = "\n".join(path.read_text() for path in sorted((ROOT / "terraform" / cloud).glob("*.tf")))
    assert not re.search(r"publicly_accessible\s*=\s*true|ipv4_enabled\s*=\s*true", text)
    for block in re.findall(r"ingress \{.*?\n  \}", text, re.S):
        assert "0.0.0.0/0" not in block


def test_a_worker_may_ask_for_the_object_that_shows_whether_the_bucket_is_there():
    probe = re.search(r'NO_OBJECT: &str = "(.*?)"', (ROOT / "service" / "src" / "frame.rs").read_text())[1]
    aws, gcp, azure = ((ROOT / "terraform" / cloud / "identities.tf").read_text() for cloud in CLOUDS)
    worker = aws[aws.index('"aws_iam_policy_document" "worker"'):aws.index('"aws_iam_policy_document" "reader"')]
    assert re.search(rf'"s3:GetObject"\]\n +resources = \["[^"]*{probe}"', worker) and '"s3:ListBucket"' in worker
    assert re.search(r'"worker_reads" \{[^}]*"roles/storage.objectViewer"\n  member .*/worker"', gcp), "it also looks at what it stored before"
    assert 'worker = "Storage Blob Data Contributor"' in azure, "it reads as well"


def test_the_api_may_write_exports_and_nothing_else_into_the_bucket():
    """POST /v1/runs/{run}/exports makes an object of that name; what workers stored stays as it is."""
    aws, gcp, azure = ((ROOT / "terraform" / cloud / "identities.tf").read_text() for cloud in CLOUDS)
    api = aws[aws.index('"aws_iam_policy_document" "api"'):].split("\n}\n")[0]
    assert '"s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"]\n    resources = ["${aws_s3_bucket.raw.arn}/*runs/*/export-*"]' in api
    api = gcp[gcp.index('"api_exports"'):].split("\n}\n")[0]
    assert 'objectUser' in api and '/api"' in api and "extract('/export-{name}') != ''" in api
    assert "'*/export-*'" in azure and 'service["api"]' in azure
