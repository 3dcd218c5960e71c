"""Child process of `embeddings`: reads texts from standard input, a JSON string a line, and writes their embeddings, as
float32, to standard output.

    python -m content_pipeline.core.providers.embedding_process

It ends with its parent, and when it has been asked for nothing for a while.
"""

import json
import os
import select
import sys
from typing import Final

from content_pipeline.core.processes.exec_limited import be_killed_first
from content_pipeline.core.providers.embedding_model import load_cached

# A start takes 0.3 s, and the process holds 60 MB.
IDLE_SECONDS: Final = 300.0
_NICENESS: Final = 5


def main() -> None:
    os.nice(_NICENESS)
    be_killed_first()
    model = load_cached()
    # The client sends a text when it has the embedding of the one before, so none waits in the buffer.
    while select.select([sys.stdin], [], [], IDLE_SECONDS)[0] and (line := sys.stdin.readline()):
        sys.stdout.buffer.write(model.embed(json.loads(line)).tobytes())
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
