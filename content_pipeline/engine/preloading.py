"""Preload: import what runs need before processes are forked, which then share its memory."""

import gc
from collections.abc import Iterable
from importlib import import_module
from typing import Final

from content_pipeline.core.infrastructure import process_memory, storage

# The module is named in a string, because the import contracts put the definitions above the engine.
_DEFINITIONS: Final = "content_pipeline.definitions"


def preload(modules: Iterable[str]) -> None:
    """Import the definitions and these modules. Nothing here connects to anything, or starts a thread.

    The garbage collector would write to each object, and so copy the pages: it leaves frozen ones alone.
    """
    import_module(_DEFINITIONS).definitions.resolve_all_job_defs()
    for module in modules:
        import_module(module)
    storage.client()
    process_memory.trim()
    gc.freeze()
