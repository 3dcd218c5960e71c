"""Calendar items whose video is named: by an id of what is here, by our link, or by a link elsewhere."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from content_pipeline.core.calendar import item_sources, items
from content_pipeline.core.errors import Invalid
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.library import sources
from content_pipeline.core.library.sources import Stored
from content_pipeline.core.models import CalendarItem, Twin, Upload
from tests.core.calendar.planned import (
    OWN_VIDEO,
    apply_locked,
    connect,
    create_item,
    failure_code,
    finish_and_record,
    item,
    publications_of,
    start_posts,
    start_reels,
)
from tests.factories import make_upload
from tests.finished_files import SCRIPT, ids_of, make_all, make_burn_in, make_reel

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def files(workspace_id: UUID) -> list[Stored]:
    """One finished file of each kind."""
    with transaction() as session:
        return make_all(session, workspace_id)


def edit(twin: Twin, item_id: UUID, **changes: Any) -> None:
    apply_locked(twin, item_id, items.edit, changes)


def names(item_id: UUID) -> dict[str, Any]:
    return item_sources.ids(item(item_id)).given()


def link_until(moment: timedelta) -> str:
    """A link elsewhere that expires then."""
    return f"{OWN_VIDEO}?Expires={(now() + moment).timestamp():.0f}&Signature=ab"


def test_each_kind_of_file_is_posted_by_its_id_or_by_our_link(twin: Twin, files: list[Stored]) -> None:
    connect(twin, "tiktok")
    for file in files:
        ids = ids_of(file).given()
        by_id = create_due_item_of(twin, **ids)
        by_link = create_due_item_of(twin, reel_url=sources.signed_url(file))
        assert names(by_id) == names(by_link) == ids
    assert len(start_posts(twin)) == 8
    posts = publications_of(twin)
    assert {post.reel_url for post in posts} == {None}
    named = [{post.reel_id, post.avatar_video_id, post.burn_in_id, post.upload_id} - {None} for post in posts]
    assert sorted(named, key=str) == sorted([{file.id} for file in files for _ in range(2)], key=str)
    assert sum(post.options.get("ai_generated", False) for post in posts) == 4
    assert {post.script for post in posts if post.burn_in_id} == {SCRIPT}


def create_due_item_of(twin: Twin, **fields: Any) -> UUID:
    """A due item on a platform where what is made here is labeled."""
    return create_item(twin, due_in=timedelta(), platform="tiktok", script=None, **fields)


def test_a_named_video_is_not_made_again_when_the_title_changes(twin: Twin, files: list[Stored]) -> None:
    item_id = create_item(twin, due_in=timedelta(minutes=5), **ids_of(files[0]).given())
    edit(twin, item_id, title="Another title", script="Another script.")
    assert names(item_id) == ids_of(files[0]).given()
    assert start_reels(twin) == []


def test_a_named_video_takes_the_place_of_the_one_before(twin: Twin, files: list[Stored]) -> None:
    item_id = create_item(twin, reel_url=OWN_VIDEO)
    for file in files:
        edit(twin, item_id, **ids_of(file).given())
        assert names(item_id) == ids_of(file).given()
    edit(twin, item_id, reel_url=None)
    assert names(item_id) == ids_of(files[-1]).given(), "it is not the video of the item"
    edit(twin, item_id, upload_id=None, scheduled_at=now() + timedelta(minutes=5))
    assert names(item_id) == {}
    assert len(start_reels(twin)) == 1, "its script is made into one again"


def test_an_item_without_a_script_keeps_its_video(twin: Twin, files: list[Stored]) -> None:
    item_id = create_item(twin, script=None, **ids_of(files[0]).given())
    with pytest.raises(Invalid) as caught:
        edit(twin, item_id, reel_id=None)
    assert caught.value.code == "source_missing"


def test_an_item_that_is_sent_back_as_it_was_read_stays_as_it_is(twin: Twin) -> None:
    item_id = create_item(twin, due_in=timedelta(minutes=5))
    (reel,) = start_reels(twin)
    finish_and_record(reel)
    edit(twin, item_id, **dict.fromkeys(item_sources.NAMES) | names(item_id))
    assert not item(item_id).is_video_given
    edit(twin, item_id, script="Another script.", **names(item_id))
    assert names(item_id) == {}, "the reel of the old script is not kept"


def test_captions_that_are_named_again_are_those_of_the_newest_video(twin: Twin) -> None:
    with transaction() as session:
        first = make_burn_in(session, twin.workspace_id)
    item_id = create_item(twin, caption_id=first.caption_id)
    with transaction() as session:
        second = make_burn_in(session, twin.workspace_id)
        second.caption_id = first.caption_id
    assert item(item_id).burn_in_id == first.id
    edit(twin, item_id, caption_id=first.caption_id)
    assert item(item_id).burn_in_id == second.id


def test_a_link_that_will_have_expired_is_refused_at_once(twin: Twin) -> None:
    with pytest.raises(Invalid) as caught:
        create_item(twin, due_in=timedelta(hours=2), reel_url=link_until(timedelta(hours=1)))
    assert (caught.value.code, "upload_id" in caught.value.remedy) == ("link_expired", True)
    item_id = create_item(twin, due_in=timedelta(hours=2), reel_url=link_until(timedelta(hours=3)))
    with pytest.raises(Invalid) as caught:
        edit(twin, item_id, scheduled_at=now() + timedelta(hours=4))
    assert caught.value.code == "link_expired"


def test_an_item_whose_upload_is_deleted_says_so_at_its_time(twin: Twin) -> None:
    connect(twin)
    with transaction() as session:
        upload = make_upload(session, twin.workspace_id)
    item_id = create_item(twin, due_in=timedelta(), upload_id=upload.id)
    with transaction() as session:
        session.get_one(Upload, upload.id).deleted_at = now()
        assert item_sources.video_url(session, session.get_one(CalendarItem, item_id)) is None
    assert start_posts(twin) == []
    assert failure_code(item_id) == "upload_not_found"


def test_canceling_an_item_leaves_a_named_reel_alone(twin: Twin) -> None:
    with transaction() as session:
        reel = make_reel(session, twin.workspace_id)
    item_id = create_item(twin, reel_id=reel.id)
    assert apply_locked(twin, item_id, items.cancel) == []
    apply_locked(twin, item_id, items.retry)
    assert names(item_id) == {"reel_id": reel.id}


def test_an_item_whose_named_video_is_gone_falls_back_to_its_script_or_says_so(twin: Twin, files: list[Stored]) -> None:
    written, bare = (
        create_item(twin, due_in=timedelta(), script=script, reel_id=files[0].id) for script in ("Hi.", None)
    )
    with transaction() as session:
        for item_id in (written, bare):
            session.get_one(CalendarItem, item_id).reel_id = None
    (reel,) = start_reels(twin)
    assert names(written) == {"reel_id": UUID(reel.key)}
    finish_and_record(reel)
    assert item(written).status == "scheduled"
    assert failure_code(bare) == "source_missing"
