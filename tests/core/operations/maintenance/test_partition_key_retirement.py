"""Which partition keys Dagster need not keep."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Task
from content_pipeline.core.operations.maintenance import partition_key_retirement
from content_pipeline.core.tasks import tasks
from tests.core.operations.maintenance.ended_tasks import ended, published


def retired(kind: str, *keys: str) -> list[str]:
    with transaction() as session:
        return partition_key_retirement.retired_keys(session, kind, keys)


def test_keys_are_retired_after_ninety_days(workspace_id: UUID) -> None:
    old, young = ended(workspace_id, days_ago=91), ended(workspace_id, days_ago=89)
    assert retired("caption", old, young) == [old]


def test_keys_of_posts_are_retired_too(workspace_id: UUID) -> None:
    old, young = published(workspace_id, days_ago=91), published(workspace_id, days_ago=89)
    assert retired("publication", old, young) == [old]


def test_a_task_that_was_handed_over_retires_both_its_keys(workspace_id: UUID) -> None:
    burn_in = str(uuid4())
    caption = ended(workspace_id, days_ago=91, burn_in=burn_in)
    assert retired("caption", caption) == [caption]
    assert retired("burn_in", burn_in) == [burn_in]


def test_a_key_in_flight_is_kept_however_old_its_first_try_is(workspace_id: UUID) -> None:
    key = ended(workspace_id, days_ago=91)
    with transaction() as session:
        tasks.create(session, workspace_id=workspace_id, kind="caption", key=key, lane="media")
    assert retired("caption", key) == []


def test_the_oldest_keys_beyond_the_most_are_retired_early(workspace_id: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partition_key_retirement, "MOST_KEYS", 1)
    older, newer = ended(workspace_id, days_ago=2), ended(workspace_id, days_ago=1)
    assert retired("caption", older, newer) == [older]


def test_failed_rows_keep_their_keys_longest(workspace_id: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partition_key_retirement, "MOST_KEYS", 1)
    failed = ended(workspace_id, days_ago=3, fails=True)
    done = [ended(workspace_id, days_ago=days) for days in (2, 1)]
    assert retired("caption", failed, *done) == done


def test_a_row_that_failed_and_was_retried_with_success_is_not_a_failed_one(
    workspace_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partition_key_retirement, "MOST_KEYS", 1)
    repaired = ended(workspace_id, days_ago=4, fails=True)
    with transaction() as session:
        again = tasks.retry(session, tasks.newest(session, "caption", repaired))
        tasks.mark_processing(session, "caption", repaired)
        tasks.finish(session, again.id)
        session.flush()
        session.get_one(Task, again.id).finished_at = now() - timedelta(days=2)
    failed = ended(workspace_id, days_ago=3, fails=True)
    assert retired("caption", failed, repaired) == [repaired]


def test_keys_of_rows_that_are_gone_or_deleted_are_retired_at_once(workspace_id: UUID) -> None:
    gone = f"2026-11-26-studio-{uuid4()}"
    deleted, kept = (ended(workspace_id, days_ago=1) for _ in range(2))
    with transaction() as session:
        tasks.newest(session, "caption", deleted).deleted_at = now()
    assert retired("caption", gone, deleted, kept) == [gone, deleted]


@pytest.mark.slow
def test_more_keys_than_a_statement_has_parameters(workspace_id: UUID) -> None:
    old = ended(workspace_id, days_ago=91)
    gone = [str(uuid4()) for _ in range(70_000)]
    assert retired("caption", *gone, old) == [*gone, old]


def test_a_key_whose_row_was_requested_again_is_in_flight(workspace_id: UUID) -> None:
    requested, done = (ended(workspace_id, days_ago=91) for _ in range(2))
    with transaction() as session:
        tasks.create(session, workspace_id=workspace_id, kind="caption", key=requested, lane="media")
        in_flight = partition_key_retirement.keys_in_flight(
            session, "caption", [f"2026-08-01-studio-{requested}", done]
        )
    assert in_flight == [f"2026-08-01-studio-{requested}"]
