"""structlog configuration: one JSON object per line, tracebacks without local variables.

structlog's default traceback shows the locals of each frame, which would put access tokens into the log.
"""

import logging
import sys
from typing import Final, TextIO

import structlog
from structlog.typing import Processor

from content_pipeline.core.settings import settings

SHARED: Final[list[Processor]] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
]


def configure(stream: TextIO | None = None) -> None:
    """Configure structlog to write to a stream, by default to standard output."""
    structlog.configure(
        processors=[*SHARED, structlog.processors.JSONRenderer()],
        logger_factory=structlog.WriteLoggerFactory(stream or sys.stdout),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(settings().log_level.upper())),
    )
