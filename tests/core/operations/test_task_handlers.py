"""Results of finished tasks, of several kinds at once."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy.orm import Session

from content_pipeline.core.bulk import batches
from content_pipeline.core.captions import captions
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.media.media_info import MediaInfo
from content_pipeline.core.models import Batch, BurnIn, Caption, Reel, Task
from content_pipeline.core.operations import task_handlers
from content_pipeline.core.tasks import kinds, tasks
from tests.factories import make_twin
from tests.sql_statements import statements

pytestmark = pytest.mark.usefixtures("database")

VIDEO = MediaInfo(12.34, True, True, 1080, 1920, 30.0, "h264", "aac", "mp4", 1_000_000)


def finished(session: Session, workspace_id: UUID, kind: str, key: UUID) -> Task:
    task = tasks.create(session, workspace_id=workspace_id, kind=kind, key=str(key), lane="io")
    task.state, task.not_before = "done", None
    return task


def make_reels(session: Session, workspace_id: UUID, count: int, batch: Batch | None = None) -> list[Task]:
    twin = make_twin(session, workspace_id)
    made = []
    for number in range(count):
        reel = Reel(
            id=uuid4(),
            workspace_id=workspace_id,
            twin_id=twin.id,
            batch_id=batch and batch.id,
            platform="tiktok",
            script="Bread takes its time.",
            voice_id="en-US",
            spoken_voice="vits-joe",
            language="en",
            seed=number,
            media=VIDEO,
            output_key=f"{workspace_id}/reels/{number}.mp4",
            created_at=now(),
        )
        session.add(reel)
        made.append(finished(session, workspace_id, kinds.REEL.name, reel.id))
    return made


def make_batch(session: Session, workspace_id: UUID, rows: int) -> Task:
    twin = make_twin(session, workspace_id)
    batch = Batch(
        id=uuid4(), workspace_id=workspace_id, twin_id=twin.id, platform="tiktok", rows=rows, created_at=now()
    )
    session.add(batch)
    session.flush()
    make_reels(session, workspace_id, rows, batch)
    return finished(session, workspace_id, kinds.BATCH.name, batch.id)


def make_caption(session: Session, workspace_id: UUID, *, burned_in: bool) -> Task:
    caption = Caption(id=uuid4(), workspace_id=workspace_id, language="en", created_at=now())
    session.add(caption)
    session.flush()
    if burned_in:
        key = f"{workspace_id}/captions/burned.mp4"
        session.add(
            BurnIn(
                id=uuid4(),
                workspace_id=workspace_id,
                caption_id=caption.id,
                style="karaoke",
                font_size=60,
                font_color="#FFFFFF",
                position="bottom",
                with_caption=True,
                output_key=key,
                created_at=now(),
            )
        )
    return finished(session, workspace_id, captions.KIND, caption.id)


def test_each_task_has_the_result_of_its_own_row(workspace_id: UUID) -> None:
    with transaction() as session:
        first, second = make_reels(session, workspace_id, 2)
        three, none = make_batch(session, workspace_id, 3), make_batch(session, workspace_id, 0)
        burned, plain = (make_caption(session, workspace_id, burned_in=each) for each in (True, False))
        session.flush()
        found = task_handlers.results(session, [burned, first, three, plain, second, none])
    assert [found[task.id]["result_url"].partition("?")[0][-5:] for task in (first, second)] == ["0.mp4", "1.mp4"]
    assert found[first.id]["duration_seconds"] == 12.34
    assert found[three.id] == {"batch_id": three.key, "done": 3, "failed": 0}
    assert found[none.id] == {"batch_id": none.key, "done": 0, "failed": 0}
    assert found[burned.id]["output_url"].startswith("http")
    assert found[plain.id] == {"caption_id": plain.key}


def test_a_task_that_is_not_done_has_no_result(workspace_id: UUID) -> None:
    with transaction() as session:
        done, failed = make_reels(session, workspace_id, 2)
        failed.state = "error"
        assert list(task_handlers.results(session, [done, failed])) == [done.id]
        assert task_handlers.results(session, []) == {}


def test_many_results_take_as_many_queries_as_one(workspace_id: UUID) -> None:
    """With a query for each, a list of 200 reels took 168 ms."""

    def read(found: list[Task]) -> int:
        with transaction() as session:
            return len(statements(lambda: task_handlers.results(session, found)))

    with transaction() as session:
        reels = make_reels(session, workspace_id, 20)
        of_batches = [make_batch(session, workspace_id, 3) for _ in range(5)]
        of_captions = [make_caption(session, workspace_id, burned_in=True) for _ in range(5)]
    assert [read(of_kind) for of_kind in (reels, of_batches, of_captions)] == [1, len(batches.KINDS), 1]
