"""Sources: what a client may name, how, and what is refused."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy.orm import Session

from content_pipeline.core.avatars import avatar_videos
from content_pipeline.core.captions import burn_ins
from content_pipeline.core.errors import Conflict, Error, Invalid, NotFound
from content_pipeline.core.infrastructure import storage
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.library import sources
from content_pipeline.core.library.sources import SourceIds
from content_pipeline.core.media.karaoke_captions import Style
from content_pipeline.core.models import BurnIn, Caption
from content_pipeline.core.reels import reels
from content_pipeline.core.settings import settings
from content_pipeline.core.tasks import cancellation, kinds, tasks
from tests.factories import make_upload, make_workspace
from tests.finished_files import SCRIPT, ids_of, make_all, make_avatar_video, make_burn_in, make_reel

pytestmark = pytest.mark.usefixtures("database")


def refusal(session: Session, workspace_id: UUID, ids: SourceIds, **options: object) -> Error:
    with pytest.raises(Error) as caught:
        sources.resolve(session, workspace_id, ids, **options)  # type: ignore[arg-type]
    return caught.value


def test_each_kind_of_file_is_found_by_its_id_and_by_its_link(workspace_id: UUID) -> None:
    with transaction() as session:
        for stored in make_all(session, workspace_id):
            link = sources.signed_url(stored)
            for ids in (ids_of(stored), SourceIds(reel_url=link)):
                assert sources.resolve(session, workspace_id, ids).stored is stored
            file_id = stored.caption_id if isinstance(stored, BurnIn) else stored.id
            assert sources.find_any(session, workspace_id, file_id, kinds=sources.VIDEO).stored is stored


def test_a_file_of_another_workspace_is_not_found_by_any_name(workspace_id: UUID) -> None:
    with transaction() as session:
        other = make_workspace(session)
        for stored in make_all(session, workspace_id):
            assert isinstance(refusal(session, other, ids_of(stored)), NotFound)
            by_link = refusal(session, other, SourceIds(reel_url=sources.signed_url(stored)))
            of_nothing = storage.signed_url(f"{other}/reels/{uuid4()}/reel.mp4")
            assert by_link.to_dict() == refusal(session, other, SourceIds(reel_url=of_nothing)).to_dict()
            assert by_link.code == "url_forbidden"
            with pytest.raises(NotFound):
                sources.find_any(session, other, stored.id, kinds=sources.VIDEO)


@pytest.mark.parametrize("name", ["narration.wav", "../reel.mp4", ""])
def test_no_other_file_of_a_reel_can_be_named_by_a_link(workspace_id: UUID, name: str) -> None:
    with transaction() as session:
        reel = make_reel(session, workspace_id)
        link = storage.signed_url(f"{workspace_id}/reels/{reel.id}/{name}")
        assert refusal(session, workspace_id, SourceIds(reel_url=link)).code == "url_forbidden"


def test_a_link_means_the_same_after_it_has_expired_and_at_the_public_host(
    workspace_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction() as session:
        reel = make_reel(session, workspace_id)
        link = storage.signed_url(reel.output_key or "")
        expired = link.replace("X-Amz-Date=2", "X-Amz-Date=1")
        assert sources.resolve(session, workspace_id, SourceIds(reel_url=expired)).stored is reel
    monkeypatch.setattr(settings(), "s3_public_endpoint", "https://media.example.com")
    caches = (storage.public_client, storage.bucket_urls)
    for cache in caches:
        cache.cache_clear()
    try:
        public = storage.signed_url("some/reel.mp4")
        assert public.startswith("https://media.example.com/")
        for url in (link, public, public.replace("media.example.com", "MEDIA.example.com:443")):
            assert storage.key_of_url(url)
    finally:
        for cache in caches:
            cache.cache_clear()


@pytest.mark.parametrize(
    "url",
    ["https://8.8.8.8/a.mp4?X-Amz-Signature=ab", "https://[::1/a?X-Amz-Signature=ab", "http://a:b/?X-Amz-Signature=ab"],
)
def test_a_link_that_somebody_else_signed_is_not_ours(url: str) -> None:
    assert storage.key_of_url(url) is None


def test_a_link_without_its_signature_means_the_same(workspace_id: UUID) -> None:
    """It was taken as a link elsewhere, and the post failed at its time with 403."""
    with transaction() as session:
        reel = make_reel(session, workspace_id)
        cut = storage.signed_url(reel.output_key or "").partition("?")[0]
        assert sources.resolve(session, workspace_id, SourceIds(reel_url=cut)).stored is reel
        other = cut.replace(str(reel.id), str(uuid4()))
        assert refusal(session, workspace_id, SourceIds(reel_url=other)).code == "url_forbidden"


@pytest.mark.parametrize(("state", "remedy"), [("processing", "Poll"), ("canceled", "Retry"), ("error", "Retry")])
def test_the_remedy_for_an_unfinished_video_is_that_of_its_task(workspace_id: UUID, state: str, remedy: str) -> None:
    """Of a video whose task had ended one was told to poll that until it is done."""
    with transaction() as session:
        for video, module in (
            (make_reel(session, workspace_id), reels),
            (make_avatar_video(session, workspace_id), avatar_videos),
        ):
            video.output_key = None
            task = tasks.create(session, workspace_id=workspace_id, kind=module.KIND, key=str(video.id), lane="media")
            task.state = state
            session.flush()
            refused = refusal(session, workspace_id, ids_of(video))
            assert isinstance(refused, Conflict)
            assert refused.remedy.startswith(remedy)
            assert remedy == "Poll" or f"/tasks/{task.id}/retry" in refused.remedy


def test_other_servers_get_a_link_to_what_is_here(database: None) -> None:
    assert storage.key_of_url(storage.public_url(storage.uri("some/sky.png"))) == "some/sky.png"
    assert storage.public_url("https://8.8.8.8/sky.png") == "https://8.8.8.8/sky.png"


@pytest.mark.parametrize(
    ("ids", "code"),
    [
        (SourceIds(), "source_missing"),
        (SourceIds(reel_id=uuid4(), upload_id=uuid4()), "source_ambiguous"),
        (SourceIds(reel_url="http://10.0.0.1/a.mp4"), "url_forbidden"),
        (SourceIds(reel_url="https://8.8.8.8/a.mp4?Expires=1600000000&Signature=ab"), "link_expired"),
    ],
)
def test_what_names_no_source_is_refused(workspace_id: UUID, ids: SourceIds, code: str) -> None:
    with transaction() as session:
        error = refusal(session, workspace_id, ids)
    assert isinstance(error, Invalid)
    assert (error.code, bool(error.remedy)) == (code, True)


def test_an_upload_is_taken_for_what_it_is(workspace_id: UUID) -> None:
    with transaction() as session:
        picture = make_upload(session, workspace_id, kind="picture", media=None)
        ids = SourceIds(upload_id=picture.id)
        assert refusal(session, workspace_id, ids).code == "upload_unfit"
        assert sources.resolve(session, workspace_id, ids, kinds=sources.BACKGROUND).stored is picture
        picture.deleted_at = now()
        session.flush()
        assert refusal(session, workspace_id, ids, kinds=sources.BACKGROUND).code == "upload_not_found"
        link = SourceIds(reel_url=sources.signed_url(picture))
        assert refusal(session, workspace_id, link, kinds=sources.BACKGROUND).code == "url_forbidden"


def test_a_video_that_was_made_here_is_no_picture(workspace_id: UUID) -> None:
    with transaction() as session:
        for stored in make_all(session, workspace_id):
            link = SourceIds(reel_url=sources.signed_url(stored))
            assert refusal(session, workspace_id, link, kinds=sources.PICTURE).code == "upload_unfit"
            for kinds in (sources.VIDEO, sources.SPEECH, sources.BACKGROUND, sources.MUSIC):
                assert sources.resolve(session, workspace_id, link, kinds=kinds).stored is stored


def test_captions_stand_for_the_newest_video_with_them(workspace_id: UUID) -> None:
    with transaction() as session:
        first = make_burn_in(session, workspace_id)
        caption = session.get_one(Caption, first.caption_id)
        ids = SourceIds(caption_id=caption.id)
        found = sources.resolve(session, workspace_id, ids)
        assert (found.stored, found.script) == (first, SCRIPT)
        newer = burn_ins.create(session, caption, Style("karaoke"))
        task = tasks.create(session, workspace_id=workspace_id, kind=burn_ins.KIND, key=str(newer.id), lane="media")
        assert refusal(session, workspace_id, ids).code == "burn_in_not_ready"
        cancellation.cancel(session, task)
        assert sources.resolve(session, workspace_id, ids).stored is first
        first.output_key = None
        session.flush()
        missing = refusal(session, workspace_id, ids)
        assert isinstance(missing, Conflict)
        assert missing.code == "burn_in_missing"
        assert f"/captions/{caption.id}/burn-in" in missing.remedy


def test_a_burn_in_that_is_made_with_its_captions_is_waited_for(workspace_id: UUID) -> None:
    with transaction() as session:
        burned = make_burn_in(session, workspace_id)
        burned.output_key, burned.with_caption = None, True
        tasks.create(
            session, workspace_id=workspace_id, kind=kinds.CAPTION.name, key=str(burned.caption_id), lane="media"
        )
        ids = SourceIds(caption_id=burned.caption_id)
        assert refusal(session, workspace_id, ids).code == "burn_in_not_ready"


def test_captions_in_a_video_of_ours_leave_it_a_synthetic_one(workspace_id: UUID) -> None:
    with transaction() as session:
        reel = make_reel(session, workspace_id)
        of_reel = make_burn_in(session, workspace_id, storage.uri(reel.output_key or ""))
        twice = make_burn_in(session, workspace_id, storage.uri(of_reel.output_key or ""))
        of_client = make_burn_in(session, workspace_id)
        upload = make_upload(session, workspace_id)
        found = [sources.is_synthetic(file) for file in (reel, of_reel, twice, of_client, upload, None)]
        assert found == [True, True, True, False, False, False]
        source = session.get_one(Caption, of_reel.caption_id)
        reel.deleted_at = source.deleted_at = now()
        of_reel.output_key = None
        session.flush()
        recording = session.get_one(Caption, twice.caption_id)
        later = burn_ins.create(session, recording, Style())
        assert [sources.is_synthetic(file) for file in (of_reel, twice, later)] == [True] * 3
