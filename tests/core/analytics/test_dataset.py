"""The Parquet dataset of daily metrics, as an analyst reads it with DuckDB."""

import re
import runpy
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from sqlalchemy import delete
from sqlalchemy import text as text_of

from content_pipeline.cli.stack_config import ROOT
from content_pipeline.core.analytics import dataset
from content_pipeline.core.infrastructure import storage
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import DailyMetric, DailyPostMetric, SocialPost
from content_pipeline.core.operations.maintenance import retention
from tests.factories import make_publication, make_twin, make_workspace
from tests.metric_history import History, at, day

DAYS = (0, 1, 2)


@pytest.fixture
def histories(workspace_id: Any) -> list[History]:
    """Two accounts of two workspaces, each with a post that was read at three midnights; the dataset is empty, and
    nobody else has figures of these days."""
    for stored in storage.list_after("", prefix="datasets/", most=1000):
        storage.delete(stored.key)
    with transaction() as session:
        for table in DailyMetric, DailyPostMetric:
            session.execute(delete(table).where(table.day.in_(map(day, DAYS))))
        other = make_workspace(session)
    found = [History(workspace_id), History(other, "youtube")]
    for history in found:
        post_id = history.post(at(0))
        for number in (1, 2, 3):
            history.read(at(number), post_id, views=100 * number)
        history.derive(0, 2)
    return found


def write(folder: Path, *numbers: int) -> None:
    for number in numbers:
        written = dataset.write_day(day(number), folder)
        assert written.rows == written.counted


def keys(number: int) -> dict[str, str]:
    return {
        name: f"datasets/metrics/{name}/day={day(number)}/part.parquet" for name in ("daily_accounts", "daily_posts")
    }


def query(folder: Path, sql: str) -> list[Any]:
    """The rows of a query of which `daily_accounts` and `daily_posts` are tables."""
    with duckdb.connect() as connection:
        for name in ("daily_accounts", "daily_posts"):
            for number in DAYS:
                target = folder / keys(number)[name]
                target.parent.mkdir(parents=True, exist_ok=True)
                if storage.exists(keys(number)[name]):
                    storage.fetch(keys(number)[name], target)
            files = folder / f"datasets/metrics/{name}/*/*.parquet"
            connection.execute(f"create view {name} as from read_parquet('{files}', hive_partitioning = true)")
        return connection.sql(sql).fetchall()


@pytest.mark.slow
def test_the_days_of_all_workspaces_are_partitions(histories: list[History], tmp_path: Path) -> None:
    write(tmp_path, *DAYS)
    found = query(tmp_path, "select day, date, platform, views from daily_accounts order by all")
    assert found == [(day(n), day(n), platform, 100) for n in DAYS for platform in ("tiktok", "youtube")]
    (total,) = query(tmp_path, "select count(distinct workspace_id), sum(views) from daily_posts")
    assert total == (2, 600)


@pytest.mark.slow
def test_a_post_has_what_analysts_compare_it_by(histories: list[History], tmp_path: Path) -> None:
    history = histories[0]
    (post_id,) = history.post_ids()
    with transaction() as session:
        twin = make_twin(session, history.workspace_id)
        made = make_publication(
            session, history.account_id, script="Is Dr. Bread slow? It is.", options={"caption_style": "short"}
        )
        post = session.get_one(SocialPost, post_id)
        post.publication_id, post.twin_id = made.id, twin.id
    write(tmp_path, 0)
    columns = "hook, caption_style, format, twin_name, external, text, estimated"
    assert query(tmp_path, f"select {columns} from daily_posts order by external") == [
        ("Is Dr. Bread slow?", "short", "video", "Tech Creator", False, "Bread needs time.", False),
        ("Bread needs time.", None, None, None, True, "Bread needs time.", False),
    ]


@pytest.mark.slow
def test_the_example_reads_it(histories: list[History], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, *DAYS)
    runpy.run_path(str(ROOT / "examples" / "dataset.py"))
    shown = capsys.readouterr().out
    assert re.search(r"tiktok .* 300 ", shown)
    assert re.search(r"youtube .* 300 ", shown)


@pytest.mark.slow
def test_hooks_are_those_of_the_view_for_analysts(histories: list[History], tmp_path: Path) -> None:
    history = histories[0]
    texts = [
        "Dr. Who? Yes.",
        "no end",
        "",
        " 日本語です。次。",
        "A line\nand another",
        "“Quoted.” Then more",
        "3.5 % more! Now.",
    ]
    for text in texts:
        post_id = history.post(at(0))
        history.read(at(1), post_id, views=1)
        with transaction() as session:
            session.get_one(SocialPost, post_id).text = text
    history.derive(0, 0)
    write(tmp_path, 0)
    with transaction() as session:
        shown = session.execute(text_of("select social_post_id::text, hook from analytics.posts")).all()
    found = query(tmp_path, "select social_post_id, hook from daily_posts")
    assert len(found) == len(texts) + 2
    assert dict(found) == dict(shown)


@pytest.mark.slow
def test_a_day_is_written_anew_and_loses_its_file_with_its_last_row(histories: list[History], tmp_path: Path) -> None:
    write(tmp_path, *DAYS)
    history = histories[0]
    history.report(day(1), views=7, taken_at=at(2, 3))
    history.derive(1, 1)
    write(tmp_path, 1)
    assert query(tmp_path, "select views from daily_accounts where platform = 'tiktok' order by day") == [
        (100,), (7,), (100,)
    ]  # fmt: skip
    for history in histories:
        history.forget_days()
    write(tmp_path, 1)
    assert [storage.exists(key) for number in (0, 1) for key in keys(number).values()] == [True, True, False, False]


@pytest.mark.slow
def test_the_files_of_days_that_are_not_kept_any_more_are_deleted(
    histories: list[History], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, 0, 1)
    later = now() + timedelta(days=2)
    monkeypatch.setattr(retention, "real_now", lambda: later)
    monkeypatch.setattr("content_pipeline.core.analytics.retention.now", lambda: at(1 + 731))
    retention.sweep_files()
    assert not any(storage.exists(key) for key in keys(0).values())
    assert all(storage.exists(key) for key in keys(1).values())


def test_other_objects_of_the_bucket_are_no_files_of_the_dataset() -> None:
    assert dataset.day_of("datasets/metrics/daily_posts/day=2026-11-02/part.parquet") == day(0)
    assert dataset.day_of("datasets/metrics/daily_posts/day=2026-11-02/mine.parquet") is None
    assert dataset.day_of("inbox/day=2026-11-02/part.parquet") is None
