"""CSV inbox: each CSV uploaded under inbox/ in the bucket becomes one batch, exactly once.

    inbox/<workspace>/<twin>/<platform>/<name>.csv
      ├──▶ accepted/<workspace>/<twin>/<platform>/<batch id>/<name>.csv
      └──▶ rejected/<workspace>/<twin>/<platform>/<mark>/<name>.csv   and <name>.csv.report.txt

The outcome of a file is made final first, by the commit of its batch or by its stored report; then the file is moved.
After a crash, or beside another daemon, a file with an outcome only needs to be moved. Both outcomes name the upload
(by time and ETag, which also form the mark): uploading the same file again is a new upload. Files in accepted/ and
rejected/ belong to users and are kept.
"""

from dataclasses import dataclass
from io import BytesIO
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, String, cast, or_, select
from sqlalchemy.exc import IntegrityError

from content_pipeline.core.bulk import batches, csv_reader, csv_rows
from content_pipeline.core.errors import Error, InternalError, Invalid, NotFound, PlanLimit, TooLarge
from content_pipeline.core.infrastructure import storage
from content_pipeline.core.infrastructure.database import UNREACHABLE, transaction
from content_pipeline.core.infrastructure.storage import StoredObject
from content_pipeline.core.models import Batch, Task, Twin, Workspace
from content_pipeline.core.platforms.registry import PLATFORMS
from content_pipeline.core.workspaces import workspaces

log = structlog.get_logger()

INBOX: Final = "inbox/"
ACCEPTED: Final = "accepted/"
REJECTED: Final = "rejected/"


@dataclass(frozen=True, slots=True)
class Address:
    """The target of a file as given by its path: workspace and twin, each by name or id, and platform."""

    workspace: str
    twin: str
    platform: str


def ingest(file: StoredObject) -> list[Task]:
    """Accept or reject a file of the inbox and move it. Returns the tasks that need to be launched.

    A file at which the program fails is rejected, too. Raises what concerns all files: Unavailable, and errors of
    other services. After any error the next attempt continues where this one ended.
    """
    if file.key.endswith("/"):
        return []  # an empty object that represents a folder
    reels: list[Task] = []
    target = _destination(file)
    if target is None:
        try:
            reels = _accept_or_reject(file)
        except NotFound:
            return []  # replaced since it was listed, or moved by another daemon
        target = _destination(file)
        assert target, "the batch was rejected for another reason than a duplicate upload"
    storage.move(file, target)
    return reels


def reject(file: StoredObject) -> None:
    """Reject a file that cannot be ingested, unless it has an outcome, and move it. Raises Unavailable."""
    if _destination(file) is None:
        _store_report(file, _unreadable())
    target = _destination(file)
    assert target
    storage.move(file, target)


def is_accepted(file: StoredObject) -> bool:
    """Whether there is a batch of this file."""
    return _batch_of(file) is not None


def _batch_of(file: StoredObject) -> UUID | None:
    with transaction() as session:
        return session.scalar(select(Batch.id).where(Batch.drop == upload(file)))


def _destination(file: StoredObject) -> str | None:
    """The key to move a file with an outcome to; None without an outcome."""
    if batch_id := _batch_of(file):
        return _filed(file.key, ACCEPTED, str(batch_id))
    rejected = rejected_key(file)
    return rejected if storage.exists(report_key(rejected)) else None


def _accept_or_reject(file: StoredObject) -> list[Task]:
    """Commit a batch of the file, or store a report of its rejection. Returns the tasks of the batch's reels."""
    try:
        return _create_batch(file)
    except (Invalid, PlanLimit, TooLarge) as error:
        _store_report(file, error)
    except (Error, *UNREACHABLE):
        raise
    except Exception:
        log.exception("csv_broken", key=file.key)
        _store_report(file, _unreadable())
    return []


def _store_report(file: StoredObject, error: Error) -> None:
    text = BytesIO(report(file.key, error).encode())
    storage.put(report_key(rejected_key(file)), text, content_type="text/plain; charset=utf-8")


def _unreadable() -> InternalError:
    return InternalError(
        "This file could not be read, because of a fault of this service.",
        remedy="Upload it again, or another form of it; if that fails too, report this path to the operator.",
    )


def _create_batch(file: StoredObject) -> list[Task]:
    place = address(file.key)
    twin = _twin(place)
    with transaction() as session:
        plan = workspaces.plan_of(session, twin.workspace_id)
    sheet = csv_rows.parse(
        storage.read(file, most_bytes=csv_reader.MAX_BYTES + 1),
        workspace_id=twin.workspace_id,
        platform=place.platform,
        voice_id=twin.voice_id,
        most_rows=plan.rows_per_batch,
    )
    try:
        with transaction() as session:
            _, _, reels = batches.create_with_tasks(
                session,
                workspace_id=twin.workspace_id,
                twin=twin,
                platform=place.platform,
                rows=sheet.rows,
                drop=upload(file),
            )
    except IntegrityError:
        return []  # another daemon has created the batch meanwhile, and starts its reels
    return reels


def _twin(place: Address) -> Twin:
    query = (
        select(Twin)
        .join(Workspace, Workspace.id == Twin.workspace_id)
        .where(_is_called(Workspace, place.workspace), _is_called(Twin, place.twin))
        .where(Twin.deleted_at.is_(None))
    )
    with transaction() as session:
        found = session.scalars(query.limit(2)).all()
    match found:
        case [twin]:
            return twin
        case []:
            raise _misplaced(f"There is no twin {place.twin!r} in a workspace {place.workspace!r}.")
        case _:
            raise _misplaced(f"More than one twin is named {place.twin!r}: use its id.")


def _is_called(model: type[Workspace | Twin], name: str) -> ColumnElement[bool]:
    return or_(model.name == name, cast(model.id, String) == name)


# ── keys and reports ─────────────────────────────────────────────────────────────────────────────────────


def address(key: str) -> Address:
    """Parse the key of a file in the inbox. Raises Invalid `drop_misplaced`."""
    match key.removeprefix(INBOX).split("/"):
        case [_, _, _, name] if not name.lower().endswith(".csv"):
            raise _misplaced("This is not a .csv file.")
        case [_, _, platform, _] if platform not in PLATFORMS:
            raise _misplaced(f"There is no platform named {platform!r}.")
        case [workspace, twin, platform, _]:
            return Address(workspace, twin, platform)
        case _:
            raise _misplaced("The path does not name a workspace, a twin and a platform.")


def _misplaced(detail: str) -> Invalid:
    return Invalid(
        detail,
        code="drop_misplaced",
        remedy=f"Put CSV files under {INBOX}<workspace>/<twin>/<platform>/<name>.csv: workspace and twin by name or id,"
        f" platform one of {', '.join(PLATFORMS)}.",
    )


def upload(file: StoredObject) -> str:
    """The unique name of an upload; a repeated upload a second later or more gets another."""
    return f"{file.key}#{_etag(file)}#{file.written_at.isoformat()}"


def rejected_key(file: StoredObject) -> str:
    """The key that the file is moved to when it is rejected, unique per upload."""
    return _filed(file.key, REJECTED, f"{file.written_at:%Y-%m-%dT%H-%M-%SZ}-{_etag(file)[:8]}")


def report_key(rejected: str) -> str:
    return f"{rejected}.report.txt"


def report(key: str, error: Error) -> str:
    """The report of a rejected file for the person who uploaded it, one line per error."""
    lines = [f"{key} was rejected; nothing was stored.", "", error.detail]
    if error.errors:
        lines += ["Row 1 is the first row below the column names.", ""]
        lines += [_fault(**fault) for fault in error.errors]
        lines += ["", "Correct these rows and upload the whole file again."]
    else:
        lines += [error.remedy]
    return "\n".join(lines) + "\n"


def _fault(row: int, column: str | None, detail: str, remedy: str, **_: str) -> str:
    place = f"Row {row}, {column}" if column else f"Row {row}"
    return " ".join(f"{place}: {detail} {remedy}".split())


def _filed(key: str, area: str, mark: str) -> str:
    """The same path in another area, with a folder per upload so that files of the same name do not collide."""
    folder, slash, name = key.removeprefix(INBOX).rpartition("/")
    return f"{area}{folder}{slash}{mark}/{name}"


def _etag(file: StoredObject) -> str:
    return file.etag.strip('"')
