"""A content pipeline: captions, reels, avatars, posts and their figures, made by Dagster behind a REST API."""

import os

# Read when onnxruntime is imported, which else keeps an id of the device in ~/.cache to report its use with.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
