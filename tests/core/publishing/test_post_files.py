"""Files of a post: downloaded once, validated, and of the same workspace."""

from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from PIL import Image
from pytest_httpserver import HTTPServer
from sqlalchemy.orm import Session
from werkzeug import Response

from content_pipeline.core.captions import burn_ins
from content_pipeline.core.errors import Error, InternalError, Invalid, MediaUnusable, NotFound, NotMedia
from content_pipeline.core.infrastructure import storage
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.library.sources import Source
from content_pipeline.core.media import untrusted
from content_pipeline.core.media.karaoke_captions import Style
from content_pipeline.core.media.media_info import MediaInfo
from content_pipeline.core.media.probe import probe
from content_pipeline.core.media.timed_words import Segment, Word
from content_pipeline.core.models import BurnIn, Caption, MadeVideo, Publication, Reel, Upload
from content_pipeline.core.models.avatars import AvatarProvider
from content_pipeline.core.platforms.instagram.options import InstagramOptions
from content_pipeline.core.platforms.youtube.options import YouTubeOptions
from content_pipeline.core.publishing import post_files, publications
from content_pipeline.core.publishing.publications import PostSpec
from content_pipeline.core.reels import reels
from content_pipeline.core.reels.reel_spec import ReelSpec
from content_pipeline.core.tasks.run_context import RunContext
from tests.factories import make_account, make_twin, make_upload, make_workspace
from tests.finished_files import make_avatar_video
from tests.media import hostile, samples

pytestmark = pytest.mark.usefixtures("database")


def create_publication(
    workspace_id: UUID, url: str | None, video: BurnIn | MadeVideo | None = None, request_id: UUID | None = None
) -> Publication:
    with transaction() as session:
        account = make_account(session, workspace_id, "youtube")
        spec = PostSpec("youtube", account.id, caption="Look.")
        return publications.create(session, account, None, Source(video, url), spec, request_id=request_id or uuid4())


def make_reel(session: Session, workspace_id: UUID) -> Reel:
    """A reel without a file."""
    twin = make_twin(session, workspace_id)
    return reels.create(session, twin, ReelSpec(script="Hello there.", platform="tiktok", voice_id=twin.voice_id))


@pytest.mark.parametrize("content_type", ["image/webp", "image/gif"])
def test_an_upload_that_is_no_cover_is_refused_when_it_is_named(workspace_id: UUID, content_type: str) -> None:
    with transaction() as session:
        upload = make_upload(session, workspace_id, kind="picture", media=None, content_type=content_type)
        options = InstagramOptions(cover_url=storage.signed_url(upload.file_key))
        with pytest.raises(NotMedia) as caught:
            publications.check_files(session, workspace_id, options)
    assert caught.value.code == "cover_unusable"


@pytest.mark.slow
def test_a_cover_that_was_uploaded_is_taken_also_when_its_link_has_expired_or_it_was_deleted_since(
    workspace_id: UUID, run: RunContext, tmp_path: Path
) -> None:
    picture = tmp_path / "cover.png"
    Image.new("RGB", (8, 8)).save(picture)
    with transaction() as session:
        upload = make_upload(session, workspace_id, kind="picture", media=None, content_type="image/png")
        link = storage.signed_url(upload.file_key).replace("X-Amz-Date=2", "X-Amz-Date=1")
        publications.check_files(session, workspace_id, InstagramOptions(cover_url=link))
        with pytest.raises(Invalid):
            publications.check_files(session, make_workspace(session), InstagramOptions(cover_url=link))
    storage.put(upload.file_key, picture, content_type="image/png")
    publication = create_publication(workspace_id, None)
    for is_deleted in (False, True):
        if is_deleted:
            with transaction() as session:
                session.get_one(Upload, upload.id).deleted_at = now()
            storage.delete(upload.file_key)
        (folder := tmp_path / str(is_deleted)).mkdir()
        cover = post_files.fetch_cover(run, publication, InstagramOptions(cover_url=link), folder)
        assert cover
        assert cover[0].read_bytes() == picture.read_bytes()


@pytest.mark.parametrize("keeps_row", [True, False])
def test_a_post_whose_video_was_purged_says_so(
    workspace_id: UUID, run: RunContext, tmp_path: Path, keeps_row: bool
) -> None:
    with transaction() as session:
        reel = make_reel(session, workspace_id)
    with pytest.raises(NotFound) as caught:
        post_files.fetch_video(run, create_publication(workspace_id, None, reel if keeps_row else None), tmp_path)
    assert caught.value.code == "source_deleted"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("stored", "code"),
    [
        ("other size", "render_size_wrong"),
        ("other rate", "render_rate_wrong"),
        ("no video", "render_unplayable"),
    ],
)
def test_a_reel_that_is_not_as_it_was_rendered_is_not_posted(
    workspace_id: UUID, run: RunContext, tmp_path: Path, stored: str, code: str
) -> None:
    rendered = samples.video(tmp_path / "reel.mp4", seconds=1)
    (broken := tmp_path / "broken.mp4").write_bytes(b"no video")
    files = {
        "other size": samples.video(tmp_path / "size.mp4", size="180x320", seconds=1),
        "other rate": samples.video(tmp_path / "rate.mp4", rate="15", seconds=1),
        "no video": broken,
    }
    with transaction() as session:
        reel = make_reel(session, workspace_id)
        reel.media, reel.output_key = probe(rendered), reels.object_key(reel, "reel.mp4")
    storage.put(reel.output_key, rendered, content_type="video/mp4")
    publication = create_publication(workspace_id, None, reel)
    assert post_files.fetch_video(run, publication, tmp_path).media == reel.media
    storage.put(reel.output_key, files[stored], content_type="video/mp4")
    with pytest.raises(InternalError) as caught:
        post_files.fetch_video(run, publication, tmp_path)
    assert caught.value.code == code


@pytest.mark.slow
@pytest.mark.parametrize("provider", ["heygen", "local"])
def test_a_video_of_heygen_is_read_in_a_child_process(
    workspace_id: UUID, run: RunContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, provider: AvatarProvider
) -> None:
    def refuse(_: Path) -> MediaInfo:
        raise MediaUnusable("Reading it takes more memory than is allowed.", code="media_too_complex")

    monkeypatch.setattr(untrusted, "probe", refuse)
    with transaction() as session:
        avatar_video = make_avatar_video(session, workspace_id)
        avatar_video.provider = provider
    key, video = str(avatar_video.output_key), samples.video(tmp_path / "avatar.mp4", seconds=1)
    storage.put(key, video, content_type="video/mp4")
    publication = create_publication(workspace_id, None, avatar_video)
    if provider == "local":
        assert post_files.fetch_video(run, publication, tmp_path).media == probe(video)
        return
    with pytest.raises(InternalError) as caught:
        post_files.fetch_video(run, publication, tmp_path)
    assert caught.value.code == "render_unplayable"


@pytest.mark.slow
def test_a_burn_in_is_posted_in_the_size_of_its_recording_only_and_at_any_rate(
    workspace_id: UUID, run: RunContext, tmp_path: Path
) -> None:
    recording = samples.video(tmp_path / "screen.mp4", rate="15", seconds=1)
    caption_id = make_caption(workspace_id, media=probe(recording))
    with transaction() as session:
        burned = burn_ins.create(session, session.get_one(Caption, caption_id), Style())
        burned.output_key = f"{workspace_id}/captions/{caption_id}/burn_ins/{burned.id}.mp4"
    storage.put(burned.output_key, recording, content_type="video/mp4")
    publication = create_publication(workspace_id, None, burned)
    assert post_files.fetch_video(run, publication, tmp_path).media == probe(recording)
    other = samples.video(tmp_path / "other.mp4", size="180x320", seconds=1)
    storage.put(burned.output_key, other, content_type="video/mp4")
    with pytest.raises(InternalError) as caught:
        post_files.fetch_video(run, publication, tmp_path)
    assert caught.value.code == "render_size_wrong"


@pytest.mark.slow
def test_posts_of_one_request_share_a_copy_of_the_video(
    workspace_id: UUID, run: RunContext, server: HTTPServer, tmp_path: Path
) -> None:
    body = samples.video(tmp_path / "reel.mp4", "-movflags", "+faststart", seconds=1).read_bytes()
    server.expect_ordered_request("/reel.mp4").respond_with_data(body)
    request_id = uuid4()
    for name in "first", "second":
        (folder := tmp_path / name).mkdir()
        video = post_files.fetch_video(
            run, create_publication(workspace_id, server.url_for("/reel.mp4"), None, request_id), folder
        )
        assert (video.path.read_bytes(), video.media.width) == (body, 320)
        assert f"{workspace_id}/publications/{request_id}/video" in video.link
    assert len(server.log) == 1
    assert post_files.load_thumbnail(workspace_id, request_id) == untrusted.thumbnail(tmp_path / "reel.mp4")


def test_a_video_without_a_thumbnail_is_as_good(
    workspace_id: UUID, run: RunContext, server: HTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Path) -> bytes:
        raise MediaUnusable("Its first frame cannot be scaled.", code="media_too_complex")

    monkeypatch.setattr(untrusted, "thumbnail", fail)
    server.expect_request("/reel.mp4").respond_with_data(samples.video(tmp_path / "reel.mp4", seconds=1).read_bytes())
    publication = create_publication(workspace_id, server.url_for("/reel.mp4"))
    assert post_files.fetch_video(run, publication, tmp_path).media.has_video
    assert post_files.load_thumbnail(workspace_id, post_files.copy_id_of(publication)) == b""


@pytest.mark.slow
def test_a_video_as_phones_write_it_gets_its_index_first_and_loses_where_it_was_filmed(
    workspace_id: UUID, run: RunContext, server: HTTPServer, tmp_path: Path
) -> None:
    upright = samples.video(tmp_path / "upright.mp4", "-pix_fmt", "yuv420p", seconds=1)
    place = ("-c", "copy", "-movflags", "use_metadata_tags", "-metadata", "location=+48.1+011.5/")
    body = samples.make(tmp_path / "IMG_1.mov", "-display_rotation", "90", "-i", str(upright), *place).read_bytes()
    assert body.index(b"mdat") < body.index(b"moov")
    assert b"+48.1" in body
    server.expect_request("/IMG_1.mov").respond_with_data(body)
    publication = create_publication(workspace_id, server.url_for("/IMG_1.mov"))
    for name in "first", "second":
        (folder := tmp_path / name).mkdir()
        video = post_files.fetch_video(run, publication, folder)
        written = video.path.read_bytes()
        assert written.index(b"moov") < written.index(b"mdat")
        assert b"+48.1" not in written
        assert (video.media.width, video.media.height) == (180, 320)
        assert (video.media.video_codec, video.media.audio_codec) == ("h264", "aac")
        assert httpx.get(video.link).content == written


@pytest.mark.slow
def test_a_video_of_another_kind_is_posted_as_it_is(
    workspace_id: UUID, run: RunContext, server: HTTPServer, tmp_path: Path
) -> None:
    body = samples.video(tmp_path / "edit.mov", "-c:v", "prores_ks", "-c:a", "pcm_s16le", seconds=1).read_bytes()
    server.expect_request("/edit.mov").respond_with_data(body)
    assert (
        post_files.fetch_video(
            run, create_publication(workspace_id, server.url_for("/edit.mov")), tmp_path
        ).path.read_bytes()
        == body
    )


@pytest.mark.slow
def test_what_has_no_pictures_is_no_post(
    workspace_id: UUID, run: RunContext, server: HTTPServer, tmp_path: Path
) -> None:
    server.expect_request("/song.mp3").respond_with_data(samples.audio(tmp_path / "song.mp3", seconds=1).read_bytes())
    server.expect_request("/text.mp4").respond_with_data(b"no video at all")
    for path, error in {"/song.mp3": MediaUnusable, "/text.mp4": NotMedia}.items():
        publication = create_publication(workspace_id, server.url_for(path))
        with pytest.raises(error):
            post_files.fetch_video(run, publication, tmp_path)
        assert not storage.exists(f"{workspace_id}/publications/{publication.request_id}/video")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "fits"), [("cover.jpg", True), ("cover.png", True), ("cover.webp", False), ("text.jpg", False)]
)
def test_a_cover_is_a_picture(
    workspace_id: UUID, run: RunContext, server: HTTPServer, tmp_path: Path, name: str, fits: bool
) -> None:
    picture = tmp_path / name
    if name == "text.jpg":
        picture.write_bytes(b"no picture")
    else:
        samples.picture(picture)
    server.expect_request("/cover").respond_with_handler(lambda _: Response(picture.read_bytes()))
    publication = create_publication(workspace_id, "https://8.8.8.8/reel.mp4")
    options = InstagramOptions(cover_url=server.url_for("/cover"))
    if not fits:
        with pytest.raises(Error) as caught:
            post_files.fetch_cover(run, publication, options, tmp_path)
        assert caught.value.code == "cover_unusable"
        return
    found = post_files.fetch_cover(run, publication, options, tmp_path)
    assert found
    assert found[0].read_bytes() == picture.read_bytes()
    assert post_files.fetch_cover(run, publication, InstagramOptions(), tmp_path) is None


@pytest.mark.slow
def test_a_video_or_cover_of_too_many_pixels_is_refused_and_not_kept(
    workspace_id: UUID, run: RunContext, server: HTTPServer, tmp_path: Path
) -> None:
    server.expect_request("/a.mov").respond_with_data(hostile.large_video(tmp_path / "a.mov").read_bytes())
    server.expect_request("/a.png").respond_with_data(hostile.large_picture(tmp_path / "a.png").read_bytes())
    publication = create_publication(workspace_id, server.url_for("/a.mov"))
    with pytest.raises(MediaUnusable, match="8000 × 8000 pixels; at most 40 million"):
        post_files.fetch_video(run, publication, tmp_path)
    with pytest.raises(MediaUnusable, match="8000 × 8000 pixels; at most 40 million"):
        post_files.fetch_cover(run, publication, InstagramOptions(cover_url=server.url_for("/a.png")), tmp_path)
    kept = f"{workspace_id}/publications/{publication.request_id}"
    assert not any(storage.exists(f"{kept}/{name}") for name in ("video", "cover-youtube"))


def make_caption(workspace_id: UUID, **fields: Any) -> UUID:
    cue = Segment(1.0, 2.5, "Hello there.", (Word(1.0, 1.5, "Hello"), Word(1.6, 2.5, "there.")))
    with transaction() as session:
        caption = Caption(id=uuid4(), workspace_id=workspace_id, created_at=now(), **{"language": "en", **fields})
        caption.segments = (cue,)
        session.add(caption)
    return caption.id


@pytest.mark.parametrize(
    ("requested", "heard", "language"), [("auto", "de", "de"), ("de", None, "de"), ("auto", None, "en")]
)
def test_requested_captions_are_used(
    workspace_id: UUID, run: RunContext, requested: str, heard: str | None, language: str
) -> None:
    caption = make_caption(workspace_id, language=requested, spoken_language=heard)
    options = YouTubeOptions(captions_id=caption)
    found = post_files.subtitles_of(run, create_publication(workspace_id, "https://8.8.8.8/reel.mp4"), options)
    assert found
    assert (found.language, "Hello there." in found.srt) == (language, True)


def test_captions_of_another_workspace_are_not_found(workspace_id: UUID, run: RunContext) -> None:
    with transaction() as session:
        other_workspace_id = make_workspace(session)
    options = YouTubeOptions(captions_id=make_caption(other_workspace_id))
    with pytest.raises(NotFound):
        post_files.subtitles_of(run, create_publication(workspace_id, "https://8.8.8.8/reel.mp4"), options)


@pytest.mark.parametrize("has_words", [True, False])
def test_a_reel_of_ours_brings_its_own_captions(workspace_id: UUID, run: RunContext, has_words: bool) -> None:
    with transaction() as session:
        reel = make_reel(session, workspace_id)
        if has_words:
            reel.words = (Word(0.1, 0.5, "Hello"), Word(0.6, 1.0, "there."))
            reel.narration_seconds, reel.language = 1.2, "en"
    found = post_files.subtitles_of(run, create_publication(workspace_id, None, reel), YouTubeOptions())
    assert bool(found) == has_words
    assert found is None or (found.language, "Hello there." in found.srt) == ("en", True)
