"""What the Python client of Firecrawl does, against a server: see with_server.py. All of `python/*.py`, or those named."""

import importlib
import sys
import time
import traceback
from pathlib import Path

HERE = Path(__file__).parent / "python"
sys.path.insert(0, str(HERE))

from common import API, KEY, client_of  # noqa: E402


def main():
    named, failed = sys.argv[1:], 0
    for module in sorted(path.stem for path in HERE.glob("*.py") if path.stem != "common"):
        for name, check in vars(importlib.import_module(module)).items():
            if not name.startswith("check_") or named and name.removeprefix("check_") not in named and module not in named:
                continue
            began = time.monotonic()
            try:
                check(client_of(API))
                word = "ok"
            except Exception:
                traceback.print_exc()
                failed, word = failed + 1, "FAILED"
            took = time.monotonic() - began
            print(f"python, key {KEY[:9]!r}: {name.removeprefix('check_')}: {word}, {took:.1f} s", flush=True)
    sys.exit(min(failed, 1))


main()
