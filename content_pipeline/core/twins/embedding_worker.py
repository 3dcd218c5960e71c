"""Worker process of `embeddings`: texts on standard input, one JSON string a line; float32 vectors on standard output.

    python -m content_pipeline.core.twins.embedding_worker

It ends with its parent, and when it has been asked for nothing for a while.
"""

import json
import os
import select
import sys
from typing import Final

from content_pipeline.core.infrastructure.processes.exec_limited import NICENESS, be_killed_first
from content_pipeline.core.twins.embedding_model import load

# A start takes 0.3 s, and the process holds 60 MB.
IDLE_SECONDS: Final = 300.0


def main() -> None:
    os.nice(NICENESS)
    be_killed_first()
    model = load()
    # The client sends a text when it has the embedding of the one before, so none waits in the buffer.
    while select.select([sys.stdin], [], [], IDLE_SECONDS)[0] and (line := sys.stdin.readline()):
        sys.stdout.buffer.write(model.embed(json.loads(line)).tobytes())
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
