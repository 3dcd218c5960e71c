"""A program for test_fork_server.py: says how it finds its process, and ends with the status that it is asked for."""

import atexit
import json
import os
import signal
import sys
from pathlib import Path

atexit.register(print, "its exit functions ran")
found = {
    "arguments": sys.argv[1:],
    "environment": dict(os.environ),
    "name": Path("/proc/self/comm").read_text().strip(),
    "title": Path("/proc/self/cmdline").read_bytes().rstrip(b"\0").decode(),
    "is_terminated_by_sigterm": signal.getsignal(signal.SIGTERM) == signal.SIG_DFL,
}
if __name__ == "__main__":
    sys.stdout.write(f"{json.dumps(found)}\n")
    sys.exit(json.loads(sys.argv[1]))
