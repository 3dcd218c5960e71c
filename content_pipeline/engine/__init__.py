"""How runs reach workers and are executed there."""

import os

# Before numpy is imported: of 64 cores it reserves 2.5 GB of a worker's memory for threads that have nothing to do.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
