"""Programs under test: started, asked for their address, ended."""

import re
import subprocess
import threading
from collections import deque

# Lines that are kept of what a program says.
KEPT = 200


def start(command, env=None, stderr=False):
    """A process, and what its first line that names an address says.

    What it says afterwards is read as well, and the end of it kept in `said`: a program whose pipe is full waits.
    """
    stream = {"stderr" if stderr else "stdout": subprocess.PIPE}
    process = subprocess.Popen(command, text=True, errors="replace", env=env, **stream)
    lines = process.stderr if stderr else process.stdout
    process.said = deque(maxlen=KEPT)
    for line in lines:
        process.said.append(line)
        if found := re.search(r"http://[^\s,/]+", line):
            process.reader = threading.Thread(target=process.said.extend, args=(lines,), daemon=True)
            process.reader.start()
            return process, found[0]
    raise SystemExit(f"{command[0]} did not start: {''.join(process.said)}")


def end(process):
    process.terminate()
    process.reader.join()
    process.wait()
