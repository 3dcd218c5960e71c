"""Export files: read back in each format, and compared with the tables."""

import csv
import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import pyarrow as pa
import pytest
from pyarrow import parquet
from sqlalchemy import select, text

from content_pipeline.core.analytics import export_files, export_rows, exports
from content_pipeline.core.analytics.figure_columns import METRICS
from content_pipeline.core.analytics.figures import Selection
from content_pipeline.core.infrastructure import storage
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import AnalyticsExport, DailyMetric, DailyPostMetric, SocialPost, Task
from content_pipeline.core.models.analytics import ExportFormat, Grain
from content_pipeline.core.operations.maintenance import retention
from content_pipeline.core.tasks import leases, tasks
from content_pipeline.core.tasks.leases import Stopped
from content_pipeline.core.tasks.run_context import RunContext
from tests.factories import make_publication, make_twin, make_workspace
from tests.metric_history import History, day

Rows = Sequence[Mapping[str, Any]]

FORMATS: Final[Sequence[ExportFormat]] = ("csv", "json", "parquet")
PUBLISHED: Final = datetime(2026, 11, 2, 8, 30, 15, 120_000, tzinfo=UTC)
# Every kind of text that a format could spoil.
TEXTS: Final = ["=1+1", "+49 30", "-5 %", "@mara", "\ttab", "\rreturn", 'a,b;"c"\nd', "", "null", "Brød 🍞", "plain"]
ODD: Final = {"views": 9_007_199_254_740_993, "likes": 0, "shares": -3, "average_view_seconds": 6.1 + 0.1}


def export(asked: Selection, grain: Grain, format: ExportFormat, folder: Path) -> Rows:
    """The rows of a file, by the format's own reader."""
    file = folder / f"file.{format}"
    counted, written = export_files.write(export_rows.select_rows(asked, grain), format, file, lambda _: None)
    rows = READERS[format](file)
    assert counted == written == len(rows)
    return rows


def read_csv(file: Path) -> Rows:
    with file.open(newline="", encoding="utf-8") as opened:
        return list(csv.DictReader(opened))


READERS: Final[Mapping[str, Callable[[Path], Rows]]] = {
    "csv": read_csv,
    "json": lambda file: json.loads(file.read_bytes()),
    "parquet": lambda file: parquet.read_table(file).to_pylist(),
}


def as_csv(value: Any) -> str:
    """How a value stands in a CSV."""
    if isinstance(value, str):
        return f"'{value}" if value[:1] and value[0] in "=+-@\t\r\n" else value
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(as_json(value))


def as_json(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return value.isoformat() if isinstance(value, date) else value


SHOWN: Final[Mapping[str, Callable[[Any], Any]]] = {"csv": as_csv, "json": as_json, "parquet": lambda value: value}


def figures_of(row: DailyMetric | DailyPostMetric) -> dict[str, Any]:
    return {metric: getattr(row, metric) for metric in METRICS} | {"estimated": row.estimated}


@pytest.fixture
def history(workspace_id: UUID) -> History:
    return History(workspace_id)


def selection(history: History, days: int = 3, **filters: Any) -> Selection:
    """The days up to the third of the history."""
    return Selection(history.workspace_id, days, end=day(2), **filters)


def record(row: DailyMetric | DailyPostMetric | SocialPost) -> None:
    with transaction() as session:
        session.add(row)


def account_day(history: History, number: int, *, estimated: bool = False, **figures: float) -> None:
    record(DailyMetric(account_id=history.account_id, day=day(number), estimated=estimated, **figures))


def post_day(history: History, post_id: UUID, number: int, *, estimated: bool = False, **figures: float) -> None:
    record(
        DailyPostMetric(
            account_id=history.account_id, social_post_id=post_id, day=day(number), estimated=estimated, **figures
        )
    )


def post(history: History, text: str, **fields: Any) -> UUID:
    post_id = history.post(PUBLISHED, **fields)
    with transaction() as session:
        session.get_one(SocialPost, post_id).text = text
    return post_id


@pytest.mark.parametrize("format", FORMATS)
def test_a_row_is_an_account_on_a_day_as_in_the_table(history: History, format: ExportFormat, tmp_path: Path) -> None:
    account_day(history, 0, views=120, followers=70)
    account_day(history, 1)
    account_day(history, 2, estimated=True, **ODD)
    with transaction() as session:
        found = session.scalars(select(DailyMetric).where(DailyMetric.account_id == history.account_id))
        whose = {"platform": "tiktok", "account_id": str(history.account_id), "handle": "@mara.bakes"}
        expected = [{"date": row.day, **whose, **figures_of(row)} for row in sorted(found, key=lambda row: row.day)]
    shown = [{name: SHOWN[format](value) for name, value in row.items()} for row in expected]
    assert export(selection(history), "account", format, tmp_path) == shown


@pytest.mark.parametrize("format", FORMATS)
def test_a_row_is_a_post_on_a_day_with_its_texts(history: History, format: ExportFormat, tmp_path: Path) -> None:
    with transaction() as session:
        twin = make_twin(session, history.workspace_id, name="=Twin")
        published = make_publication(session, history.account_id, twin_id=twin.id)
    expected = {}
    for words in TEXTS:
        made = words == "plain"
        fields: dict[str, Any] = {"url": "https://example.com/1", "seconds": 14.2, "twin_id": twin.id}
        post_id = post(history, words, **(fields | {"publication_id": published.id} if made else {}))
        post_day(history, post_id, 1, **ODD)
        expected[history.post_ids()[post_id]] = {
            "text": words,
            "post_url": "https://example.com/1" if made else None,
            "published_at": PUBLISHED,
            "duration_seconds": 14.2 if made else None,
            "external": not made,
            "twin_id": str(twin.id) if made else None,
            "twin_name": "=Twin" if made else None,
            "format": "video" if made else None,
            "views": ODD["views"],
            "saves": None,
            "average_view_seconds": ODD["average_view_seconds"],
            "estimated": False,
        }
    rows = export(selection(history), "post", format, tmp_path)
    assert {row["post_id"]: {name: row[name] for name in expected[row["post_id"]]} for row in rows} == {
        post_id: {name: SHOWN[format](value) for name, value in row.items()} for post_id, row in expected.items()
    }


def test_a_csv_tells_an_empty_text_from_none(history: History, tmp_path: Path) -> None:
    post_day(history, post(history, ""), 1)
    export(selection(history), "post", "csv", tmp_path)
    (line,) = (tmp_path / "file.csv").read_text().splitlines()[1:]
    assert f',,"",{as_json(PUBLISHED)},,' in line


def test_the_columns_of_parquet_have_types(history: History, tmp_path: Path) -> None:
    post_day(history, post(history, "Bread."), 1, views=1)
    export(selection(history), "post", "parquet", tmp_path)
    schema = parquet.read_schema(tmp_path / "file.parquet")
    assert {name: schema.field(name).type for name in ("date", "published_at", "views", "watch_seconds")} == {
        "date": pa.date32(),
        "published_at": pa.timestamp("us", tz="UTC"),
        "views": pa.int64(),
        "watch_seconds": pa.float64(),
    }
    assert (schema.field("estimated").type, schema.field("account_id").type) == (pa.bool_(), pa.string())


def test_only_the_days_the_platform_and_the_workspace_that_were_asked_for_are_exported(
    history: History, tmp_path: Path
) -> None:
    with transaction() as session:
        another = make_workspace(session)
    foreign = History(another)
    elsewhere = History(history.workspace_id, "youtube")
    for number in range(-1, 4):
        for other in (history, elsewhere, foreign):
            account_day(other, number, views=number)
    rows = export(selection(history, days=2, platform="tiktok"), "account", "json", tmp_path)
    assert [(row["date"], row["account_id"]) for row in rows] == [
        (day(number).isoformat(), str(history.account_id)) for number in (1, 2)
    ]
    assert len(export(selection(history, days=2), "account", "json", tmp_path)) == 4


def test_an_account_s_row_of_a_twin_is_what_its_posts_brought(history: History, tmp_path: Path) -> None:
    with transaction() as session:
        twin_id = make_twin(session, history.workspace_id).id
    mine = [post(history, "Mine.", twin_id=twin_id) for _ in range(2)]
    for post_id, views in ((mine[0], 10), (mine[1], 30), (post(history, "Elsewhere."), 500)):
        post_day(history, post_id, 1, views=views, average_view_seconds=views / 10, estimated=views == 30)
    (row,) = export(selection(history, twin_id=twin_id), "account", "parquet", tmp_path)
    assert (row["views"], row["likes"], row["average_view_seconds"], row["estimated"]) == (40, None, 2.5, True)
    assert len(export(selection(history, twin_id=twin_id), "post", "csv", tmp_path)) == 2


@pytest.mark.parametrize("format", FORMATS)
def test_a_file_of_rows_that_are_gone_meanwhile_is_whole(
    history: History, format: ExportFormat, tmp_path: Path
) -> None:
    assert export(selection(history), "post", format, tmp_path) == []


# ── the work of a run ────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def asked(history: History) -> AnalyticsExport:
    """An export of two days."""
    account_day(history, 0, views=1)
    account_day(history, 1, views=2)
    return ask(history, "csv")


def ask(history: History, format: ExportFormat) -> AnalyticsExport:
    with transaction() as session:
        made, _ = exports.create_with_task(session, selection(history), format=format, grain="account")
    return made


def work(export_id: UUID) -> exports.Written:
    """The work of a run on an export, as its asset calls it."""
    leases.begin(run_id := str(uuid4()), "io@test")
    with transaction() as session:
        task = tasks.mark_processing(session, exports.KIND, str(export_id))
    made = exports.write(RunContext(run_id, "io", task and task.id), str(export_id))
    leases.end(run_id)
    return made


def result(export_id: UUID) -> dict[str, Any]:
    with transaction() as session:
        task = session.scalars(select(Task).where(Task.key == str(export_id))).one()
        return exports.result(session.get_one(AnalyticsExport, UUID(task.key)))


def stored(key: str, folder: Path) -> bytes:
    storage.fetch(key, folder / "stored")
    return (folder / "stored").read_bytes()


def test_the_file_is_stored_and_the_task_ends(asked: AnalyticsExport, tmp_path: Path) -> None:
    made = work(asked.id)
    assert made.export.object_key
    content = stored(made.export.object_key, tmp_path)
    assert (made.counted, made.export.rows, made.bytes) == (2, 2, len(content))
    assert content.startswith(b"date,platform,account_id,handle,views,")
    with transaction() as session:
        assert session.scalars(select(Task.state).where(Task.key == str(asked.id))).one() == "done"


def test_another_run_replaces_the_file(history: History, asked: AnalyticsExport, tmp_path: Path) -> None:
    first = work(asked.id).export.object_key
    account_day(history, 2, views=3)
    again = work(asked.id).export
    assert (again.object_key, again.rows, result(asked.id)["rows"]) == (first, 3, 3)
    assert len(stored(str(first), tmp_path).splitlines()) == 4


def test_the_days_are_those_before_it_was_asked_for_however_late_it_runs(
    history: History, asked: AnalyticsExport
) -> None:
    account_day(history, 3, views=9)
    assert work(asked.id).export.rows == 2


def test_progress_is_reported_by_rows(history: History, tmp_path: Path) -> None:
    for number in range(3):
        account_day(history, number)
    rows = export_rows.select_rows(selection(history), "account")
    for format in FORMATS:
        reported: list[float] = []
        export_files.write(rows, format, tmp_path / "file", reported.append)
        assert reported == sorted(reported)
        assert (len(reported) >= 3, reported[-1]) == (True, 1.0)


def test_a_file_that_is_a_day_old_is_deleted_and_has_no_link_any_more(
    asked: AnalyticsExport, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = str(work(asked.id).export.object_key)
    for module, clock, hours in ((exports, "now", 22.9), (retention, "real_now", 23.9)):
        monkeypatch.setattr(module, clock, lambda hours=hours: now() + timedelta(hours=hours))
    retention.sweep_files()
    assert result(asked.id)["download_url"]
    assert storage.exists(key), "the last link is valid for an hour"
    for module, clock in ((exports, "now"), (retention, "real_now")):
        monkeypatch.setattr(module, clock, lambda: now() + timedelta(hours=24.1))
    retention.sweep_files()
    assert result(asked.id) == {"download_url": None, "expires_at": None, "rows": 2}
    assert not storage.exists(key)


MANY_DAYS: Final = text(
    "insert into daily_post_metrics (account_id, social_post_id, day, estimated, views, watch_seconds)"
    " select :account, post, cast(:end as date) - ago, false, ago, ago / 7.0"
    " from unnest(cast(:posts as uuid[])) as post, generate_series(0, 599) as ago"
)


@pytest.fixture
def posts(history: History) -> Sequence[UUID]:
    """A hundred posts with figures of 600 days."""
    posts = [post(history, "Bread needs time. " * 20) for _ in range(100)]
    with transaction() as session:
        session.execute(MANY_DAYS, {"account": history.account_id, "posts": posts, "end": day(2)})
    return posts


@pytest.mark.slow
def test_a_run_that_is_stopped_ends_its_query(history: History, posts: Sequence[UUID], tmp_path: Path) -> None:
    def stop(_: float) -> None:
        raise Stopped("a run")

    with pytest.raises(Stopped):
        export_files.write(export_rows.select_rows(selection(history, 600), "post"), "csv", tmp_path / "file", stop)
    with transaction() as session:
        copying = text("select count(*) from pg_stat_activity where state = 'active' and query like 'copy (%'")
        assert session.execute(copying).scalar() == 0


# ── memory ───────────────────────────────────────────────────────────────────────────────────────────────

# Writes an export in a process of its own, and prints the most memory that it had in kB. (ru_maxrss would be at least
# that of the process which started it.)
CHILD: Final = """
import sys
from datetime import date
from pathlib import Path
from uuid import UUID
from content_pipeline.core.analytics import export_files, export_rows
from content_pipeline.core.analytics.figures import Selection
workspace, end, days, format, target = sys.argv[1:]
asked = Selection(UUID(workspace), int(days), end=date.fromisoformat(end))
counted, written = export_files.write(export_rows.select_rows(asked, "post"), format, Path(target), lambda _: None)
print(written, Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0])
"""


@pytest.mark.nightly
def test_twenty_times_the_rows_take_no_more_memory(history: History, posts: Sequence[UUID], tmp_path: Path) -> None:
    def most_memory(days: int, format: ExportFormat) -> int:
        child = subprocess.run(
            [sys.executable, "-c", CHILD, str(history.workspace_id), day(2).isoformat(), str(days), format,
             str(tmp_path / "file")],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        rows, kilobytes = map(int, child.stdout.split())
        assert rows == days * len(posts)
        return kilobytes

    for format in FORMATS:
        assert most_memory(600, format) <= 1.3 * most_memory(30, format), format
