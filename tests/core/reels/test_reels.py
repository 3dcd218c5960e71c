"""Narration and rendering of a reel as runs execute them: real database, storage, TTS and ffmpeg."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from pytest_httpserver import HTTPServer
from sqlalchemy import update

from content_pipeline.core.bulk import batches
from content_pipeline.core.bulk.csv_rows import VideoRow
from content_pipeline.core.errors import Conflict, InternalError, Invalid, MediaUnusable
from content_pipeline.core.infrastructure import storage
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.media import wav
from content_pipeline.core.media.glossary import GlossaryEntry
from content_pipeline.core.media.reels import composition
from content_pipeline.core.media.timed_words import join_words
from content_pipeline.core.models import Reel, Task, Twin
from content_pipeline.core.platforms.base import Post, Video
from content_pipeline.core.platforms.registry import PLATFORMS
from content_pipeline.core.reels import narrations, reels
from content_pipeline.core.settings import settings
from content_pipeline.core.tasks import leases, tasks
from content_pipeline.core.tasks.run_context import RunContext, SwitchLane
from tests.factories import make_twin
from tests.media import hostile, samples

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("database")]

SCRIPT = "Only $1,299 today."


def enter(workspace_id: UUID, script: str = SCRIPT, twin_fields: dict[str, Any] | None = None, **fields: Any) -> str:
    """The id of a new reel; `twin_fields` are its twin's."""
    blank = {"title": None, "background_url": None, "music_url": None}
    row = VideoRow(row=1, script=script, platform="tiktok", voice_id="en-US", **(blank | fields))
    with transaction() as session:
        twin = make_twin(session, workspace_id, **(twin_fields or {}))
        _, _, (task,) = batches.create_with_tasks(
            session, workspace_id=workspace_id, twin=twin, platform="tiktok", rows=[row]
        )
    return task.key


def at_work(key: str, *, lane: str = "media", with_task: bool = True) -> RunContext:
    """The RunContext of a run that has claimed the reel."""
    run_id = str(uuid4())
    leases.begin(run_id, "media@test")
    with transaction() as session:
        leases.stop_subject(session, tasks.subject(reels.KIND, key))
    assert leases.claim(run_id, tasks.subject(reels.KIND, key))
    with transaction() as session:
        task = tasks.mark_processing(session, reels.KIND, key) if with_task else None
    return RunContext(run_id, lane, task and task.id)


def row(key: str) -> Reel:
    with transaction() as session:
        return session.get_one(Reel, UUID(key))


def test_a_narration_is_kept_with_the_words_as_they_are_written(workspace_id: UUID, tmp_path: Path) -> None:
    key = enter(workspace_id)
    made = reels.narrate(at_work(key), key, tmp_path)
    assert join_words(made.words) == SCRIPT
    assert (made.voice, made.language) == ("hibari-heart", "en")
    storage.fetch(made.key, tmp_path / "narration.wav")
    heard, rate = wav.read(tmp_path / "narration.wav")
    assert len(heard) / rate == pytest.approx(made.seconds, abs=0.01)
    assert row(key).spoken_voice == "hibari-heart"


def test_a_task_that_comes_again_is_not_spoken_again_and_a_re_run_by_hand_is(
    workspace_id: UUID, tmp_path: Path
) -> None:
    key = enter(workspace_id)
    reels.narrate(at_work(key), key, tmp_path)
    with transaction() as session:
        session.get_one(Reel, UUID(key)).script = "Something else."
    assert join_words(reels.narrate(at_work(key), key, tmp_path).words) == SCRIPT
    assert join_words(reels.narrate(at_work(key, with_task=False), key, tmp_path).words) == "Something else."


def test_a_reel_keeps_the_pace_that_its_twin_had_when_it_was_asked_for(workspace_id: UUID, tmp_path: Path) -> None:
    script = "This is the first sentence, which is long enough. That was it."
    usual = reels.narrate(at_work(key := enter(workspace_id, script)), key, tmp_path)
    key = enter(workspace_id, script, {"speed": 1.3, "pause": 1.5})
    with transaction() as session:
        twin = session.get_one(Twin, row(key).twin_id)
        twin.speed, twin.pause = 0.7, 0.0
    spoken = reels.narrate(at_work(key), key, tmp_path)
    again = reels.narrate(at_work(key, with_task=False), key, tmp_path)
    assert spoken.words[0].end - spoken.words[0].start < usual.words[0].end - usual.words[0].start
    assert spoken.words[9].start - spoken.words[8].end > usual.words[9].start - usual.words[8].end + 1.0
    assert again.words == spoken.words


def test_a_reel_says_terms_as_the_glossary_of_its_twin_said_when_it_was_asked_for(
    workspace_id: UUID, tmp_path: Path
) -> None:
    script = "Meet Qwozz today."
    plain = reels.narrate(at_work(key := enter(workspace_id, script)), key, tmp_path)
    said = GlossaryEntry("Qwozz", pronunciation="a very long name indeed")
    key = enter(workspace_id, script, {"glossary": (said, GlossaryEntry("Fybrix", pronunciation="fie bricks"))})
    with transaction() as session:
        session.get_one(Twin, row(key).twin_id).glossary = ()
    assert row(key).glossary == (said,)
    spoken = reels.narrate(at_work(key), key, tmp_path)
    assert join_words(spoken.words) == script
    assert spoken.words[1].end - spoken.words[1].start > plain.words[1].end - plain.words[1].start + 0.3


def test_a_video_by_hand_of_a_reel_without_a_narration_is_told_what_is_missing(
    workspace_id: UUID, tmp_path: Path
) -> None:
    key = enter(workspace_id)
    with pytest.raises(Conflict, match="no narration"):
        reels.render(at_work(key, with_task=False), key, tmp_path)


def test_what_is_short_to_write_and_long_to_say_is_refused(
    workspace_id: UUID, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(settings(), "narration_seconds", 5.0)
    key = enter(workspace_id, script="7" * 60)
    with pytest.raises(Invalid) as caught:
        reels.narrate(at_work(key), key, tmp_path)
    assert caught.value.code == "narration_too_long"


def test_a_rendered_reel_ends_its_task_and_its_batch(workspace_id: UUID, tmp_path: Path) -> None:
    key = enter(workspace_id, title="The offer", caption_animation="pop", call_to_action="Buy now")
    run = at_work(key)
    narrated = reels.narrate(run, key, tmp_path)
    made = reels.render(run, key, tmp_path)
    assert (made.media.width, made.media.height) == (1080, 1920)
    assert made.media.seconds == pytest.approx(made.seconds, abs=0.1)
    assert 0 < made.seconds - narrated.words[-1].end <= 1.5 + 1e-6 or made.seconds == narrated.seconds
    assert made.loudness == pytest.approx(-14, abs=0.1)
    document = (tmp_path / composition.CAPTIONS).read_text()
    assert ",Popped," in document, "the row's animation, not the twin's"
    assert "Buy now" in document
    with transaction() as session:
        task = session.get_one(Task, run.task_id)
        assert task.state == "done"
        assert session.get_one(Task, task.parent_id).state == "done"
        assert reels.result(session.get_one(Reel, UUID(task.key)))["result_url"].startswith("http")


@pytest.mark.parametrize(
    ("options", "size", "code"),
    [
        ((), "540x960", "render_size_wrong"),
        (("-c:v", "mpeg4"), "1080x1920", "render_unplayable"),
        (("-r", "15"), "1080x1920", "render_rate_wrong"),
    ],
)
def test_a_render_that_went_wrong_is_neither_stored_nor_handed_out(
    workspace_id: UUID, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], size: str, code: str
) -> None:
    def render(folder: Path, *_: object, **__: object) -> float:
        samples.video(folder / composition.OUTPUT, *options, size=size, seconds=1)
        return -14.0

    key = enter(workspace_id)
    run = at_work(key)
    reels.narrate(run, key, tmp_path)
    monkeypatch.setattr(composition, "render", render)
    with pytest.raises(InternalError) as caught:
        reels.render(run, key, tmp_path)
    assert caught.value.code == code
    assert (row(key).output_key, row(key).media) == (None, None)
    assert not [stored for stored in storage.keys_below(reels.object_key(row(key), "")) if stored.endswith(".mp4")]


def test_the_reel_of_one_letter_is_taken_by_every_platform(workspace_id: UUID, tmp_path: Path) -> None:
    key = enter(workspace_id, script="A")
    run = at_work(key)
    reels.narrate(run, key, tmp_path)
    reel = Video(tmp_path / composition.OUTPUT, "", reels.render(run, key, tmp_path).media)
    for spec in PLATFORMS.values():
        post = Post(text="A", title="A", hashtags=(), options=spec.options(), video=reel)
        assert spec.publisher.check(None, post) == []


def test_a_later_run_makes_the_video_of_the_narration_that_was_kept(workspace_id: UUID, tmp_path: Path) -> None:
    key = enter(workspace_id)
    (first := tmp_path / "first").mkdir()
    (second := tmp_path / "second").mkdir()
    with transaction() as session:
        session.execute(update(Twin).values(caption_animation="pop", call_to_action="Follow me"))
    narrated = reels.narrate(at_work(key), key, first)
    made = reels.render(at_work(key), key, second)
    document = (second / composition.CAPTIONS).read_text()
    assert ",Popped," in document, "the twin's animation"
    assert "Follow me" in document
    assert made.media.seconds == pytest.approx(made.seconds, abs=0.1)
    assert narrated.seconds <= made.seconds
    assert (second / narrations.FILE).read_bytes() == (first / narrations.FILE).read_bytes()


def test_a_background_and_music_of_others_are_copied_once(
    workspace_id: UUID, server: HTTPServer, tmp_path: Path
) -> None:
    video = samples.video(tmp_path / "waves.mp4", size="320x240", seconds=1)
    music = samples.audio(tmp_path / "music.mp3", seconds=1)
    for name, file in ("/waves.mp4", video), ("/music.mp3", music):
        server.expect_ordered_request(name).respond_with_data(file.read_bytes())
    key = enter(
        workspace_id,
        background_url=server.url_for("/waves.mp4"),
        music_url=server.url_for("/music.mp3"),
    )
    for _ in range(2):
        run = at_work(key)
        reels.narrate(run, key, tmp_path)
        assert reels.render(run, key, tmp_path).loudness == pytest.approx(-14, abs=0.5)
    assert len(server.log) == 2


def test_a_bad_background_is_not_kept(workspace_id: UUID, server: HTTPServer, tmp_path: Path) -> None:
    picture = samples.picture(tmp_path / "sky.png", size="640x480")
    server.expect_ordered_request("/sky.png").respond_with_data(b"not a picture")
    server.expect_ordered_request("/sky.png").respond_with_data(picture.read_bytes())
    key = enter(workspace_id, background_url=server.url_for("/sky.png"))
    run = at_work(key)
    reels.narrate(run, key, tmp_path)
    with pytest.raises(Exception, match="neither a picture nor a video"):
        reels.render(run, key, tmp_path)
    assert reels.render(run, key, tmp_path).media.seconds > 1


@pytest.mark.parametrize("make", [hostile.slow_flac, hostile.lying_flac])
def test_music_that_would_take_hours_is_refused(
    workspace_id: UUID, server: HTTPServer, tmp_path: Path, make: Callable[[Path], Path]
) -> None:
    server.expect_request("/music.flac").respond_with_data(make(tmp_path / "music.flac").read_bytes())
    key = enter(workspace_id, music_url=server.url_for("/music.flac"))
    run = at_work(key)
    reels.narrate(run, key, tmp_path)
    with pytest.raises(MediaUnusable, match="sample rate is 1 Hz; 4,000 to 384,000 Hz are possible") as raised:
        reels.render(run, key, tmp_path)
    assert (raised.value.code, raised.value.retryable) == ("media_sample_rate", False)
    assert row(key).output_key is None


def test_after_a_slow_fetch_in_the_io_lane_the_reel_is_made_in_the_media_lane(
    workspace_id: UUID, server: HTTPServer, tmp_path: Path
) -> None:
    server.expect_request("/music.mp3").respond_with_data(samples.audio(tmp_path / "m.mp3", seconds=1).read_bytes())
    key = enter(workspace_id, music_url=server.url_for("/music.mp3"))
    run = at_work(key, lane="io")
    reels.narrate(run, key, tmp_path)
    with pytest.raises(SwitchLane) as caught:
        reels.render(run, key, tmp_path)
    assert caught.value.lane == "media"
