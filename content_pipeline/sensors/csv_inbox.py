"""Sensor of the CSV inbox: makes a batch of each CSV in the bucket (`core/bulk/csv_inbox.py`)."""

from time import monotonic
from typing import Final

import dagster as dg
import structlog

from content_pipeline.core import storage
from content_pipeline.core.bulk import csv_inbox
from content_pipeline.core.storage import StoredObject
from content_pipeline.core.tasks import dagster_client

log = structlog.get_logger()

FILES_A_TICK: Final = 20
# Dagster ends a tick after a minute. Launching 100 reels took up to 15 s under load.
SECONDS_A_TICK: Final = 30


@dg.sensor(
    minimum_interval_seconds=10,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Makes a batch of reels of each CSV under inbox/<workspace>/<twin>/<platform>/ in the bucket.",
)
def ingest_csv_inbox(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    # Continues after the last tick's files and wraps around, so that files that cannot be moved block no others.
    files = storage.list_after(context.cursor or csv_inbox.INBOX, prefix=csv_inbox.INBOX, most=FILES_A_TICK)
    began = monotonic()
    for file in files:
        _ingest(file)
        context.update_cursor(file.key)
        if monotonic() - began > SECONDS_A_TICK:
            break
    else:
        if len(files) < FILES_A_TICK:
            context.update_cursor(csv_inbox.INBOX)
    return dg.SkipReason(f"Saw {len(files)} files.")


def _ingest(file: StoredObject) -> None:
    try:
        dagster_client.launch_runs(*csv_inbox.ingest(file))
    except Exception:
        # The file stays for a later tick and does not block the others.
        log.exception("csv_not_ingested", key=file.key)
