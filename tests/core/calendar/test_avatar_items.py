"""Calendar items whose video is an avatar."""

from datetime import timedelta
from uuid import UUID

import pytest

from content_pipeline.core.calendar import items
from content_pipeline.core.errors import Invalid
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import AvatarVideo, CalendarItem, Task, Twin
from content_pipeline.core.tasks import credits, tasks
from tests.core.calendar.planned import (
    BROKEN,
    apply_locked,
    connect,
    create_item,
    failure_code,
    finish_and_record,
    item,
    publications_of,
    record_outcomes,
    start_posts,
    start_reels,
)
from tests.factories import make_twin


@pytest.fixture
def twin(workspace_id: UUID) -> Twin:
    """A twin whose scripts become avatar videos."""
    with transaction() as session:
        return make_twin(session, workspace_id, make="avatar")


def finish_render(task: Task) -> None:
    """End the render of an avatar video, as its run does."""
    with transaction() as session:
        tasks.mark_processing(session, task.kind, task.key)
        session.get_one(AvatarVideo, UUID(task.key)).output_key = "some/avatar.mp4"
        tasks.finish(session, task.id)
    record_outcomes()


def held(twin: Twin) -> int:
    with transaction() as session:
        return credits.balance(session, twin.workspace_id).held


def test_the_twin_decides_what_is_made_and_the_item_has_the_last_word(twin: Twin) -> None:
    create_item(twin, due_in=timedelta(minutes=1))
    create_item(twin, due_in=timedelta(minutes=2), make="reel")
    assert [task.kind for task in start_reels(twin)] == ["avatar", "reel"]


def test_an_avatar_is_rendered_ahead_and_published_at_its_time(twin: Twin) -> None:
    connect(twin)
    item_id = create_item(twin, due_in=timedelta(minutes=10))
    (render,) = start_reels(twin)
    assert item(item_id).status == "rendering"
    finish_render(render)
    with transaction() as session:
        session.get_one(CalendarItem, item_id).scheduled_at = now()
    start_posts(twin)
    (post,) = publications_of(twin)
    assert (str(post.avatar_video_id), post.reel_id, post.reel_url) == (render.key, None, None)


def test_a_failed_render_fails_the_item_and_a_retry_renders_again(twin: Twin) -> None:
    item_id = create_item(twin, due_in=timedelta(minutes=1))
    (first,) = start_reels(twin)
    finish_and_record(first, error=BROKEN)
    assert failure_code(item_id) == "broken"
    apply_locked(twin, item_id, items.retry)
    (second,) = start_reels(twin)
    assert second.key != first.key


def test_a_canceled_item_gives_its_credits_back(twin: Twin) -> None:
    item_id = create_item(twin, due_in=timedelta(minutes=1))
    (render,) = start_reels(twin)
    assert held(twin) > 0
    (canceled,) = apply_locked(twin, item_id, items.cancel)
    assert canceled.id == render.id
    assert held(twin) == 0


def test_another_kind_of_video_is_made_when_the_item_is_changed(twin: Twin) -> None:
    item_id = create_item(twin, due_in=timedelta(minutes=1))
    (render,) = start_reels(twin)
    finish_render(render)
    apply_locked(twin, item_id, items.edit, {"make": "reel"})
    (again,) = start_reels(twin)
    assert again.kind == "reel"


def test_an_item_without_the_credits_for_its_avatar_fails_and_says_so(twin: Twin) -> None:
    item_id = create_item(twin, due_in=timedelta(minutes=1))
    with transaction() as session:
        credits.hold(session, twin.workspace_id, twin.id, credits.balance(session, twin.workspace_id).available)
    assert start_reels(twin) == []
    assert failure_code(item_id) == "plan_limit"


def test_a_script_that_no_avatar_can_speak_is_refused_when_it_is_scheduled(twin: Twin) -> None:
    with pytest.raises(Invalid):
        create_item(twin, script="🙂")
