"""Error isolation of rows in a loop (poison messages): an error is logged, and the loop continues."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import structlog

from content_pipeline.core.infrastructure.database import UNREACHABLE

log = structlog.get_logger()

# A loop meets its broken row at every tick: each is logged once in a process, until so many are known.
_MAX_KNOWN: Final = 10_000
_known: Final[set[tuple[str, str]]] = set()


@contextmanager
def isolated(loop: str, row_id: object) -> Iterator[None]:
    """Log what the block raises as `row_broken`, once for each row of `loop`. Raises only what concerns all rows: that
    the database is unreachable."""
    try:
        yield
    except UNREACHABLE:
        raise
    except Exception:
        broken = (loop, str(row_id))
        if broken not in _known:
            if len(_known) >= _MAX_KNOWN:
                _known.clear()
            _known.add(broken)
            log.exception("row_broken", loop=loop, row_id=str(row_id))
