#!/usr/bin/env python3
"""Writes what Terraform made into an overlay's cluster.yaml.

    k8s/render.py aws [--tag TAG] [--host NAME] [--outputs FILE]

The outputs come from `terraform -chdir=terraform/aws output -json`, or from FILE ("-" is standard input). Keys that the
outputs do not have (tag, canaryTag, host) stay as they are, or become what the flags say.
"""
import argparse
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent
OVERLAYS = {"aws": "eks", "gcp": "gke", "azure": "aks"}


def outputs(cloud, source):
    """The value of Terraform's output `cluster`."""
    if source == "-":
        text = sys.stdin.read()
    elif source:
        text = pathlib.Path(source).read_text()
    else:
        command = ["terraform", f"-chdir={ROOT.parent / 'terraform' / cloud}", "output", "-json"]
        text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    try:
        return json.loads(text)["cluster"]["value"]
    except (ValueError, KeyError, TypeError):
        sys.exit(f"terraform/{cloud}: no output `cluster`; has `terraform apply` run?")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cloud", choices=OVERLAYS)
    parser.add_argument("--tag")
    parser.add_argument("--host")
    parser.add_argument("--outputs")
    args = parser.parse_args()

    values = outputs(args.cloud, args.outputs)
    values |= {key: value for key, value in {"tag": args.tag, "host": args.host}.items() if value}
    path = ROOT / "overlays" / OVERLAYS[args.cloud] / "cluster.yaml"
    lines, known = [], set()
    for line in path.read_text().splitlines():
        entry = re.match(r"  (\w+): ", line)
        if entry and entry[1] in values:
            line = f"  {entry[1]}: {json.dumps(values[entry[1]])}"
        known |= {entry[1]} if entry else set()
        lines.append(line)
    if missing := sorted(set(values) - known):
        sys.exit(f"{path}: has no place for {', '.join(missing)}")
    path.write_text("\n".join(lines) + "\n")
    print(path)


if __name__ == "__main__":
    main()
