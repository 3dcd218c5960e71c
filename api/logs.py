"""JSON logs of the API: structlog, and records of other libraries in the same format."""

import logging
import sys

import structlog

from content_pipeline.core import logs
from content_pipeline.core.settings import settings


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
    logging.getLogger("httpx").setLevel(logging.WARNING)  # at INFO it logs every request to Dagster
    logging.getLogger("mcp").setLevel(logging.WARNING)  # at INFO it logs three lines for each message
