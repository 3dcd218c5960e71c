"""JSON logs of the API: structlog, and records of other libraries in the same format."""

import logging
import sys
from typing import Final

import structlog

from content_pipeline.core.infrastructure import logs
from content_pipeline.core.settings import settings

# At INFO these log a line for each request to Dagster, three for each message of an agent, and forty for each `.ass`
# file.
NOISY_LOGGERS: Final = ("httpx", "mcp", "fontTools")


def configure() -> None:
    """Write structlog lines directly to stdout: through `logging`, a line takes twice the time."""
    logs.configure()
    structlog.configure(cache_logger_on_first_use=True)
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *logs.SHARED],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=settings().log_level.upper(), force=True)
    for name in NOISY_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
