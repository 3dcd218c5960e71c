"""Sensor of the CSV inbox: makes a batch of each CSV in the bucket (`core/bulk/csv_inbox.py`)."""

from itertools import islice
from time import monotonic
from typing import Final

import dagster as dg

from content_pipeline.core.bulk import csv_inbox, inbox_round_robin
from content_pipeline.core.bulk.inbox_round_robin import Position
from content_pipeline.core.infrastructure.error_isolation import isolated
from content_pipeline.core.infrastructure.storage import StoredObject
from content_pipeline.core.tasks import dagster_client

FILES_A_TICK: Final = 20
# Dagster ends a tick after a minute. Launching 100 reels took up to 15 s under load.
SECONDS_A_TICK: Final = 30
_POSITION: Final = "content_pipeline/csv_inbox"


@dg.sensor(
    minimum_interval_seconds=10,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Makes a batch of reels of each CSV under inbox/<workspace>/<twin>/<platform>/ in the bucket.",
)
def ingest_csv_inbox(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    position, ends, seen = _load(context.instance), monotonic() + SECONDS_A_TICK, 0
    for file in islice(inbox_round_robin.files(position), FILES_A_TICK):
        position.begin(file)
        _save(context.instance, position)
        with isolated("csv_inbox", file.key):
            _ingest(file, is_hopeless=position.is_hopeless(file))
        position.end(file)
        seen += 1
        if monotonic() > ends:
            break
    _save(context.instance, position)
    return dg.SkipReason(f"Saw {seen} files.")


def _ingest(file: StoredObject, *, is_hopeless: bool) -> None:
    if is_hopeless:
        csv_inbox.reject(file)
    else:
        dagster_client.launch_runs(*csv_inbox.ingest(file))


# A sensor's own cursor is stored only when its tick has ended.


def _load(instance: dg.DagsterInstance) -> Position:
    stored = instance.daemon_cursor_storage.get_cursor_values({_POSITION})
    return Position.model_validate_json(stored.get(_POSITION, "{}"))


def _save(instance: dg.DagsterInstance, position: Position) -> None:
    instance.daemon_cursor_storage.set_cursor_values({_POSITION: position.model_dump_json()})
