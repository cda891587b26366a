"""Programs under test: started, asked for their address, ended."""

import re
import subprocess


def start(command, env=None, stderr=False):
    """A process, and what its first line that names an address says."""
    stream = {"stderr" if stderr else "stdout": subprocess.PIPE}
    process = subprocess.Popen(command, text=True, env=env, **stream)
    for line in process.stderr if stderr else process.stdout:
        if found := re.search(r"http://[^\s,/]+", line):
            return process, found[0]
    raise SystemExit(f"{command[0]} did not start")


def end(process):
    process.terminate()
    for stream in (process.stdout, process.stderr):
        if stream:
            stream.read()
    process.wait()
