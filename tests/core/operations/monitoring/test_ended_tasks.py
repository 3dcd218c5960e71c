"""Counters of ended tasks: each is counted once, by whichever process reads, and none is lost with its row."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import delete, update

from content_pipeline.core.errors import Error, Invalid
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import EndedTaskCount, Task
from content_pipeline.core.operations.monitoring import ended_tasks
from content_pipeline.core.tasks import cancellation, tasks
from tests.core.operations.monitoring.conftest import Scrape
from tests.ended_tasks import end_post, end_task
from tests.factories import make_account


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Tasks are kept as soon as they have ended."""
    monkeypatch.setattr(ended_tasks, "SETTLED", timedelta(0))
    return


def test_tasks_are_counted_by_kind_and_end(workspace_id: UUID, scrape: Scrape) -> None:
    with transaction() as session:
        end_task(session, workspace_id, seconds=30)
        end_task(session, workspace_id, seconds=12)
        end_task(session, workspace_id, error=Invalid("It is silent.", code="no_audio"))
        canceled = tasks.create(session, workspace_id=workspace_id, kind="caption", key="a", lane="io")
        cancellation.cancel(session, canceled)
        tasks.create(session, workspace_id=workspace_id, kind="reel", key="open", lane="io")
    value = scrape()
    assert value("ended_tasks_total", kind="reel", end="done") == 2
    assert value("ended_tasks_seconds_total", kind="reel", end="done") == pytest.approx(42, abs=1)
    assert value("ended_tasks_total", kind="reel", end="error") == 1
    assert value("failed_tasks_total", kind="reel", code="no_audio") == 1
    assert value("ended_tasks_total", kind="caption", end="canceled") == 1
    assert value("ended_tasks_total", kind="export", end="error") == 0, "so that the first one is an increase"


def test_posts_are_counted_by_platform_and_outcome(workspace_id: UUID, scrape: Scrape) -> None:
    with transaction() as session:
        tiktok, youtube = (make_account(session, workspace_id, platform) for platform in ("tiktok", "youtube"))
        end_post(session, tiktok)
        end_post(session, tiktok)
        end_post(session, youtube, error=Error("Nobody knows.", code="unconfirmed"))
        end_post(session, youtube, error=Error("It was refused.", code="platform_refused"))
    value = scrape()
    assert value("publications_total", platform="tiktok", outcome="published") == 2
    assert value("publications_total", platform="youtube", outcome="unconfirmed") == 1
    assert value("publications_total", platform="youtube", outcome="failed") == 1
    assert value("publications_total", platform="linkedin", outcome="published") == 0


@pytest.mark.usefixtures("settled")
def test_counts_stay_when_the_tasks_are_deleted(workspace_id: UUID, scrape: Scrape) -> None:
    with transaction() as session:
        end_task(session, workspace_id, seconds=5)
    scrape()
    with transaction() as session:
        session.execute(delete(Task))
        end_task(session, workspace_id)
    assert [scrape()("ended_tasks_total", kind="reel", end="done") for _ in range(2)] == [2, 2]


@pytest.mark.slow
@pytest.mark.usefixtures("settled")
def test_processes_that_read_at_once_count_each_task_once(workspace_id: UUID, scrape: Scrape) -> None:
    for total in (10, 20, 30):
        with transaction() as session:
            for _ in range(10):
                end_task(session, workspace_id)
        with ThreadPoolExecutor(6) as pool:
            scrapes = list(pool.map(lambda _: scrape(), range(12)))
        assert {value("ended_tasks_total", kind="reel", end="done") for value in scrapes} == {total}


def test_a_task_whose_end_is_committed_late_is_counted_too(workspace_id: UUID, scrape: Scrape) -> None:
    with transaction() as session:
        end_task(session, workspace_id)
    scrape()
    with transaction() as session:
        late = end_task(session, workspace_id)
        session.execute(
            update(Task)
            .where(Task.id == late.id)
            .values(finished_at=now() - ended_tasks.SETTLED + timedelta(seconds=5))
        )
    assert scrape()("ended_tasks_total", kind="reel", end="done") == 2


def test_old_tasks_are_kept_as_sums(workspace_id: UUID, scrape: Scrape) -> None:
    with transaction() as session:
        for days in range(3):
            ended = end_task(session, workspace_id)
            ended.finished_at = now() - timedelta(days=days, minutes=2)
    assert scrape()("ended_tasks_total", kind="reel", end="done") == 3
    with transaction() as session:
        assert [row.tasks for row in session.query(EndedTaskCount)] == [3]
    assert scrape()("ended_tasks_total", kind="reel", end="done") == 3
