#!/usr/bin/env python3
"""Writes one CycloneDX 1.6 bill of materials for each image: `sbom.py FOLDER`.

What is in a program is what `cargo tree` says is linked into it, with its features and for the images' platform; checksums come
from Cargo.lock. The result depends on the source alone, so that two builds give the same bytes.
"""
import json
import pathlib
import re
import subprocess
import sys
import tomllib
import uuid

ROOT = pathlib.Path(__file__).resolve().parent.parent
PLATFORM = "x86_64-unknown-linux-gnu"
IMAGES = {
    "dispatcher": ["-p", "harvestman-dispatcher"],
    "worker": ["-p", "harvestman-worker"],
    "worker-browser": ["-p", "harvestman-worker"],
    "parser": ["-p", "harvestman-parser"],
    "api": ["-p", "harvestman-api"],
    "cli": ["-p", "harvestman", "--features", "cluster,service/daemon"],
}
LINE = re.compile(r"^(\d+)(\S+) v(\S+)(.*)\|(.*?)( \(\*\))?$")


def tree(flags):
    """(depth, name, version, licence) of everything that is linked in, in cargo's order; the first is the program."""
    command = ["cargo", "tree", "--locked", "--edges", "normal", "--target", PLATFORM, "--prefix", "depth", "--format", "{p}|{l}", *flags]
    for line in subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines():
        if match := LINE.match(line):
            yield int(match[1]), match[2], match[3], match[5]


def bill(image, flags, checksums):
    components, edges, path = {}, {}, []
    for depth, name, version, licence in tree(flags):
        ref = f"pkg:cargo/{name}@{version}"
        del path[depth:]
        if path:
            edges.setdefault(path[-1], set()).add(ref)
        path.append(ref)
        component = {"type": "library", "bom-ref": ref, "name": name, "version": version, "purl": ref}
        if licence:
            component["licenses"] = [{"expression": licence.replace("/", " OR ")}]
        if checksum := checksums.get((name, version)):
            component["hashes"] = [{"alg": "SHA-256", "content": checksum}]
        components.setdefault(ref, component)
    program = next(iter(components.values())) | {"type": "application"}
    del components[program["bom-ref"]]
    body = {
        "metadata": {"component": program, "properties": [{"name": "harvestman:image", "value": image}]},
        "components": [components[ref] for ref in sorted(components)],
        "dependencies": [{"ref": ref, "dependsOn": sorted(edges[ref])} for ref in sorted(edges)],
    }
    serial = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(body, sort_keys=True))
    return {"bomFormat": "CycloneDX", "specVersion": "1.6", "serialNumber": f"urn:uuid:{serial}", "version": 1, **body}


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    lock = tomllib.loads((ROOT / "Cargo.lock").read_text())
    checksums = {(p["name"], p["version"]): p["checksum"] for p in lock["package"] if "checksum" in p}
    for image, flags in IMAGES.items():
        document = bill(image, flags, checksums)
        path = folder / f"{image}.cdx.json"
        path.write_text(json.dumps(document, indent=1) + "\n")
        print(f"{path}: {len(document['components'])} components")


if __name__ == "__main__":
    main()
