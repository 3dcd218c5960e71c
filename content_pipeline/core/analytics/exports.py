"""Analytics exports: daily metrics of a period as a file in the bucket.

The API calls `create_with_task` and `result`; the asset `analytics_export` calls `write`.
"""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from content_pipeline.core.analytics import export_files, export_rows, figures, first_readings
from content_pipeline.core.analytics.figures import Selection
from content_pipeline.core.errors import Invalid, PlanLimit
from content_pipeline.core.infrastructure import storage
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.models import AnalyticsExport, Task
from content_pipeline.core.models.analytics import ExportFormat, Grain
from content_pipeline.core.tasks import kinds, tasks
from content_pipeline.core.tasks.run_context import RunContext

KIND: Final = kinds.EXPORT.name
LINK_LIFE: Final = timedelta(hours=1)
# Retention deletes a file that is a day old: the last link to it is signed an hour before.
LINKED: Final = timedelta(hours=23)
# The share of the work that copying out of PostgreSQL is; storing the file follows.
COPYING: Final = 0.9

_CONTENT_TYPES: Final = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "parquet": "application/vnd.apache.parquet",
}


@dataclass(frozen=True, slots=True)
class Written:
    """An export whose file is in the bucket: its row, its size in bytes, and how many rows the tables had for it."""

    export: AnalyticsExport
    bytes: int
    counted: int


# ── called by the API ────────────────────────────────────────────────────────────────────────────────────


def count_rows(session: Session, asked: Selection, *, grain: Grain, most: int) -> int:
    """How many rows an export will have.

    Raises as `figures.check` does, Invalid `export_empty`, and PlanLimit when it has more than `most`.
    """
    figures.check(session, asked)
    rows = export_rows.count(session, export_rows.select_rows(asked, grain), most=most + 1)
    if rows == 0:
        raise _empty(session, asked)
    if rows > most:
        raise PlanLimit(
            f"This export has more than {most:,} rows, which is what your plan allows.",
            code="plan_limit",
            remedy="Ask for fewer days, for one platform or twin, or for a larger plan.",
        )
    return rows


def create_with_task(
    session: Session, asked: Selection, *, format: ExportFormat, grain: Grain
) -> tuple[AnalyticsExport, Task]:
    """Create an export and its task."""
    export = AnalyticsExport(
        id=uuid4(),
        workspace_id=asked.workspace_id,
        format=format,
        grain=grain,
        first_day=asked.start,
        last_day=asked.end,
        platform=asked.platform,
        twin_id=asked.twin_id,
        created_at=now(),
    )
    session.add(export)
    session.flush()
    return export, tasks.create(session, workspace_id=asked.workspace_id, kind=KIND, key=str(export.id))


def _empty(session: Session, asked: Selection) -> Invalid:
    if expected := first_readings.expected(session, asked, ZoneInfo("UTC")):
        return Invalid(
            f"There are no figures yet: the first ones are expected by {max(expected.values()):%H:%M} UTC.",
            code="export_empty",
            remedy="Export again then.",
        )
    return Invalid(
        "There are no figures of these days, so the export would be empty.",
        code="export_empty",
        remedy="Ask for more days, or for all platforms and twins. Accounts are read every six hours.",
    )


def result(export: AnalyticsExport) -> kinds.ExportResult:
    """The result of a finished task, with a fresh signed link as long as there is one."""
    assert export.object_key
    assert export.rows is not None
    if has_expired(export):
        return {"download_url": None, "expires_at": None, "rows": export.rows}
    url, expires_at = storage.signed_download(export.object_key, LINK_LIFE)
    return {"download_url": url, "expires_at": expires_at, "rows": export.rows}


def has_expired(export: AnalyticsExport) -> bool:
    """Whether the file of an export was deleted because of its age, or is about to be."""
    return export.written_at is not None and export.written_at + LINKED < now()


# ── called by the asset ──────────────────────────────────────────────────────────────────────────────────


def write(run: RunContext, key: str) -> Written:
    """Write the file of an export, store it in place of an earlier one, and finish the task."""
    with run.write() as session:
        export = session.get_one(AnalyticsExport, UUID(key))
    name = f"analytics-{export.first_day}-{export.last_day}.{export.format}"
    with run.folder() as folder:
        counted, rows = export_files.write(
            export_rows.select_rows(_selection(export), export.grain),
            export.format,
            folder / name,
            lambda fraction: run.progress(COPYING * fraction),
        )
        size = (folder / name).stat().st_size
        object_key = f"{export.workspace_id}/exports/{export.id}/{name}"
        storage.put(object_key, folder / name, content_type=_CONTENT_TYPES[export.format])
    with run.write() as session:
        export = session.get_one(AnalyticsExport, UUID(key))
        export.object_key, export.rows, export.written_at = object_key, rows, now()
        if run.task_id:
            tasks.finish(session, run.task_id)
    return Written(export, size, counted)


def count_stored(object_key: str, format: ExportFormat, target: Path) -> int:
    """How many rows the stored file of an export has, which is copied to `target`. Raises NotFound, Unavailable."""
    storage.fetch(object_key, target)
    return export_files.count(target, format)


def _selection(export: AnalyticsExport) -> Selection:
    days = (export.last_day - export.first_day).days + 1
    return Selection(export.workspace_id, days, export.platform, export.twin_id, end=export.last_day)
