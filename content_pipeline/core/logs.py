"""The log of every process: one JSON object a line; of an error, where it happened, and no values.

structlog's own way shows the variables of each frame of a traceback, and tokens of accounts are among them.
"""

import logging
import sys
from typing import Final

import structlog
from structlog.typing import Processor

from content_pipeline.core.settings import settings

SHARED: Final[list[Processor]] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
]


def configure() -> None:
    """Let our loggers write to standard output from here on."""
    structlog.configure(
        processors=[*SHARED, structlog.processors.JSONRenderer()],
        logger_factory=structlog.WriteLoggerFactory(sys.stdout),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(settings().log_level.upper())),
    )
