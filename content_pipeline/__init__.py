"""A content pipeline: captions, reels, avatars, posts and their figures, made by Dagster behind a REST API."""

import os

# onnxruntime reads this when it is imported. Otherwise it would keep an id of the device in ~/.cache and report its use
# with it.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
# numpy reads this when it is imported. OpenBLAS's threads wait for work by computing: while a CSV was read, a request
# waited for the interpreter for up to 16 ms (99 %; 0.2 without them), and a sentence was embedded in 90 to 310 ms
# instead of 35. On 64 cores they reserve 2.5 GB of a worker's memory.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
