"""Captions over HTTP: requests, reads, edits and burn-ins."""

import re
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from api.routes.captions import READ_VOLUME
from content_pipeline.core.infrastructure import storage
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.media.timed_words import Segment, Word
from content_pipeline.core.models import Caption, Task
from content_pipeline.core.settings import settings
from tests.api.conftest import PUBLIC, LimitTo
from tests.api.problems import assert_error
from tests.core.lock_waits import blocked_by_lock
from tests.media import hostile, samples
from tests.peak_memory import peak_growth

CAPTIONS = f"{PUBLIC}/captions"
GENERATE = f"{CAPTIONS}/generate"
ALIGN = f"{CAPTIONS}/align"


def upload(client: TestClient, content: bytes, **fields: str):
    return client.post(GENERATE, files={"audio_file": ("clip", content)}, data=fields)


# ── requests ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_an_upload_is_accepted_and_its_task_can_be_polled(client: TestClient, tmp_path: Path) -> None:
    answer = upload(client, samples.SPEECH.read_bytes(), language="en")
    accepted = answer.json()
    assert answer.status_code == 202, answer.text
    assert accepted == {
        "caption_id": accepted["caption_id"],
        "task_id": f"sync_{accepted['caption_id']}",
        "status": "queued",
    }
    assert answer.headers["Location"] == f"{PUBLIC}/tasks/{accepted['task_id']}"
    assert answer.headers["Retry-After"] == "2"
    assert client.get(answer.headers["Location"]).json()["status"] == "queued"
    with transaction() as session:
        caption = session.get_one(Caption, UUID(accepted["caption_id"]))
    assert caption.media.has_audio
    storage.fetch(caption.source_key, tmp_path / "stored")
    assert (tmp_path / "stored").read_bytes() == samples.SPEECH.read_bytes()


def test_a_url_is_accepted_and_left_to_the_run_after_the_answer(client: TestClient, launched: list[str]) -> None:
    answer = client.post(GENERATE, data={"reel_url": "http://8.8.8.8/clip.mp4", "burn_in": "true"})
    assert launched == [answer.json()["task_id"]]
    with transaction() as session:
        caption = session.get_one(Caption, UUID(answer.json()["caption_id"]))
    assert (caption.source_url, caption.source_key, caption.language) == ("http://8.8.8.8/clip.mp4", None, "auto")


@pytest.mark.slow
@pytest.mark.parametrize(("seconds", "lane"), [(3, "interactive"), (61, "media")])
def test_long_recordings_do_not_stand_in_the_way_of_short_ones(client, tmp_path, seconds: int, lane: str) -> None:
    accepted = upload(client, samples.audio(tmp_path / "long.mp3", seconds=seconds).read_bytes()).json()
    with transaction() as session:
        assert session.get_one(Task, accepted["task_id"]).lane == lane


def test_there_is_one_source(client: TestClient) -> None:
    assert_error(client.post(GENERATE, data={"language": "en"}), 400, "source_missing")
    assert_error(client.post(GENERATE, data={"reel_url": ""}), 400, "source_missing")
    assert_error(as_json := client.post(GENERATE, json={"reel_url": "http://8.8.8.8/"}), 400, "source_missing")
    assert "not as JSON" in as_json.json()["remedy"]
    assert_error(upload(client, b"x", reel_url="http://8.8.8.8/"), 400, "source_ambiguous")


@pytest.mark.parametrize("url", ["http://127.0.0.1/a", "http://[::1]:9000/", "file:///etc/passwd", "nonsense"])
def test_a_url_into_our_own_network_is_refused_at_once(client: TestClient, url: str) -> None:
    assert_error(client.post(GENERATE, data={"reel_url": url}), 400, "url_forbidden")


def test_the_answer_says_which_language_is_heard_and_how_surely(client: TestClient, finished_id: str) -> None:
    with transaction() as session:
        caption = session.get_one(Caption, UUID(finished_id))
        caption.spoken_language, caption.language_probability = "de", 0.93
    for view in client.get(f"{CAPTIONS}/{finished_id}").json(), client.get(CAPTIONS).json()[0]:
        assert (view["spoken_language"], view["language_probability"]) == ("de", 0.93)


def test_words_in_another_language_say_so(client: TestClient, finished_id: str) -> None:
    with transaction() as session:
        caption = session.get_one(Caption, UUID(finished_id))
        first, *others = caption.segments
        spanish = [replace(cue, words=tuple(replace(word, language="es") for word in cue.words)) for cue in others]
        caption.segments = (first, *spanish)
    languages = {word["text"]: word["language"] for word in client.get(f"{CAPTIONS}/{finished_id}").json()["words"]}
    assert (languages["Hello"], languages["Good"]) == (None, "es")


def test_an_unknown_language_is_refused(client: TestClient) -> None:
    assert_error(upload(client, samples.SPEECH.read_bytes(), language="klingon"), 400, "unknown_language")


@pytest.mark.parametrize(
    ("model", "heard", "unheard"),
    [("base", ["auto", "en", "zh-HK"], "yue-HK"), ("/models/faster-whisper-base.en", ["auto", "en", "en-GB"], "de-AT")],
)
def test_a_language_that_the_speech_model_does_not_hear_is_refused(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, model: str, heard: list[str], unheard: str
) -> None:
    monkeypatch.setattr(settings(), "whisper_model", model)
    fields = {"reel_url": "http://8.8.8.8/clip.mp4"}
    assert_error(client.post(GENERATE, data=fields | {"language": unheard}), 400, "language_unavailable")
    for language in heard:
        assert client.post(GENERATE, data=fields | {"language": language}).status_code == 202


def test_a_translation_is_accepted_where_something_here_translates(client: TestClient) -> None:
    fields = {"reel_url": "http://8.8.8.8/clip.mp4", "translate_to": "en", "remove_fillers": "true"}
    answer = client.post(GENERATE, data=fields)
    with transaction() as session:
        caption = session.get_one(Caption, UUID(answer.json()["caption_id"]))
        caption.spoken_language = "de"
    assert (caption.language, caption.translate_to, caption.remove_fillers) == ("auto", "en", True)
    view = client.get(f"{CAPTIONS}/{caption.id}").json()
    assert (view["language"], view["spoken_language"]) == ("en", "de")
    refused = client.post(GENERATE, data=fields | {"translate_to": "fr"})
    assert_error(refused, 400, "translation_unavailable")
    assert "CONTENT_PIPELINE_TEXT_URL" in refused.json()["remedy"]
    assert_error(client.post(GENERATE, data=fields | {"translate_to": "klingon"}), 400, "unknown_language")
    assert client.post(GENERATE, data=fields | {"translate_to": ""}).status_code == 202


@pytest.mark.slow
def test_what_is_no_media_is_refused(client: TestClient) -> None:
    assert_error(upload(client, b"Dear reader, this is a letter."), 415, "not_media")
    assert_error(upload(client, b""), 415, "empty_file")


@pytest.mark.slow
def test_a_video_without_sound_is_refused(client: TestClient, tmp_path: Path) -> None:
    assert_error(upload(client, samples.video(tmp_path / "mute.mp4", sound=False).read_bytes()), 400, "no_audio")


@pytest.mark.slow
def test_a_recording_over_the_plan_is_refused(connect, tmp_path: Path) -> None:
    long = samples.audio(tmp_path / "long.mp3", seconds=5).read_bytes()
    assert_error(upload(connect(media_seconds=4), long), 400, "media_too_long")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "make", "code"),
    [
        ("a.flac", hostile.slow_flac, "media_sample_rate"),
        ("a.mov", hostile.large_video, "media_too_many_pixels"),
        ("a.wav", lambda path: hostile.wav(path, channels=64), "media_too_many_channels"),
        ("a.mp4", hostile.fast_video, "media_frame_rate"),
        ("a.mka", lambda path: hostile.many_streams(path, 65), "media_too_many_streams"),
        ("b.mka", lambda path: hostile.long_gap(path, seconds=100_000), "media_too_long"),
    ],
)
def test_media_that_would_exhaust_the_host_are_refused(client: TestClient, tmp_path, name, make, code) -> None:
    media = make(tmp_path / name).read_bytes()
    assert peak_growth(lambda: assert_error(upload(client, media), 400, code)) < 20_000_000


@pytest.mark.slow
def test_a_refused_upload_leaves_no_temporary_file(client, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert_error(upload(client, b"x" * 3_000_000), 415, "not_media")
    assert upload(client, samples.SPEECH.read_bytes()).status_code == 202
    assert list(tmp_path.iterdir()) == []


# ── reads ────────────────────────────────────────────────────────────────────────────────────────────────


def test_captions_are_empty_until_they_are_done(client: TestClient, caption_id: str) -> None:
    view = client.get(f"{CAPTIONS}/{caption_id}").json()
    assert view["status"] == "queued"
    assert [view[name] for name in ("srt", "vtt", "segments", "words", "error")] == [None] * 5
    assert_error(client.get(f"{CAPTIONS}/{caption_id}.srt"), 409, "caption_not_ready")


@pytest.mark.slow
def test_finished_captions_come_in_every_form(client: TestClient, finished_id: str) -> None:
    view = client.get(f"{CAPTIONS}/{finished_id}").json()
    assert (view["id"], view["status"]) == (finished_id, "done")
    assert view["segments"][0] == {"start": 1.0, "end": 2.5, "text": "Hello there."}
    assert view["srt"].startswith("1\n00:00:01,000 --> 00:00:02,500\nHello there.\n")
    assert view["vtt"].startswith("WEBVTT\n\n")
    files = {form: client.get(f"{CAPTIONS}/{finished_id}.{form}") for form in ("srt", "vtt", "ass")}
    assert (files["srt"].text, files["vtt"].text) == (view["srt"], view["vtt"])
    assert view["words"][1:3] == [
        {"start": 1.6, "end": 2.5, "text": "there.", "language": None},
        {"start": 3.0, "end": 4.0, "text": "Good", "language": None},
    ]
    # "there." is highlighted 0.6 s after its cue begins.
    assert re.search(r"Hello.*\\t\(600,600,.*there\.", files["ass"].text)
    assert files["vtt"].headers["Content-Type"].startswith("text/vtt")
    assert all(f'filename="captions.{form}"' in file.headers["Content-Disposition"] for form, file in files.items())
    assert {file.headers["Content-Language"] for file in files.values()} == {"en"}


def test_a_language_that_is_no_tag_is_not_in_the_head_of_a_file(client: TestClient, finished_id: str) -> None:
    """Of what a client sends, only the beginning has to be a language."""
    with transaction() as session:
        session.get_one(Caption, UUID(finished_id)).language = "en-日本"
    file = client.get(f"{CAPTIONS}/{finished_id}.srt")
    assert file.status_code == 200
    assert "Content-Language" not in file.headers


def test_captions_have_a_volume_a_minute_by_their_length(
    client: TestClient, finished_id: str, limit_to: LimitTo
) -> None:
    """Those of four hours compute for 0.6 s, and the plan's rate counts requests."""
    limit_to(READ_VOLUME, 35)
    path, edit = f"{CAPTIONS}/{finished_id}", {"segments": [{"start": 1.0, "end": 2.0, "text": "Hello."}]}
    answers = [client.get(path), client.get(f"{path}.srt"), client.patch(path, json=edit)]  # of ten seconds each
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    for refused in client.get(path), client.get(f"{path}.srt"), client.patch(path, json=edit):
        assert_error(refused, 429, "too_many_requests")
        assert "35 seconds of captions" in refused.json()["detail"]


def test_captions_that_are_not_ready_are_polled_as_often_as_the_plan_allows(
    client: TestClient, finished_id: str, limit_to: LimitTo
) -> None:
    limit_to(READ_VOLUME, 3)
    with transaction() as session:
        session.get_one(Caption, UUID(finished_id)).segments = None
    assert {client.get(f"{CAPTIONS}/{finished_id}").status_code for _ in range(5)} == {200}


def test_the_list_is_newest_first_and_goes_on_by_its_cursor(client: TestClient) -> None:
    made = [
        client.post(GENERATE, data={"reel_url": f"http://8.8.8.8/{number}"}).json()["caption_id"] for number in range(5)
    ]
    first = client.get(CAPTIONS, params={"limit": 3})
    assert [view["id"] for view in first.json()] == made[:1:-1]
    assert f"cursor={first.headers['X-Next-Cursor']}" in first.headers["Link"].replace("%3D", "=")
    rest = client.get(first.links["next"]["url"])
    assert [view["id"] for view in rest.json()] == made[1::-1]
    assert "X-Next-Cursor" not in rest.headers


def test_another_workspace_sees_nothing_of_them(connect, finished_id: str) -> None:
    other = connect()
    path = f"{CAPTIONS}/{finished_id}"
    answers = [
        other.get(path),
        other.get(f"{path}.srt"),
        other.patch(path, json={"segments": []}),
        other.post(f"{path}/burn-in", json={}),
        other.get(f"{CAPTIONS}/{uuid4()}"),
    ]
    assert [answer.status_code for answer in answers] == [404] * 5
    assert other.get(CAPTIONS).json() == []


# ── edits ────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_edit_changes_every_form(client: TestClient, finished_id: str) -> None:
    segments = [{"start": 1.0, "end": 2.0, "text": "Hello here."}]
    view = client.patch(f"{CAPTIONS}/{finished_id}", json={"segments": segments}).json()
    assert view["segments"] == segments
    assert "Hello here." in view["srt"]
    assert [word["text"] for word in view["words"]] == ["Hello", "here."]
    assert view["edited_at"].endswith("Z")
    assert client.get(f"{CAPTIONS}/{finished_id}").json() == view


def test_of_two_people_who_edit_at_once_the_second_is_told_of_the_first(client: TestClient, finished_id: str) -> None:
    path = f"{CAPTIONS}/{finished_id}"
    read = client.get(path).headers["ETag"]
    first, second = ({"segments": [{"start": 1.0, "end": 2.0, "text": text}]} for text in ("Hi.", "Hey."))
    stored = client.patch(path, json=first, headers={"If-Match": read})
    assert stored.status_code == 200
    assert_error(client.patch(path, json=second, headers={"If-Match": read}), 412, "caption_changed")
    assert client.get(path).json()["segments"] == first["segments"]
    for version in (stored.headers["ETag"], "*"):
        assert client.patch(path, json=second, headers={"If-Match": version}).status_code == 200


def test_an_edit_waits_for_a_run_that_writes_and_is_what_stays(client: TestClient, finished_id: str) -> None:
    segments = [{"start": 1.0, "end": 2.0, "text": "Hello here."}]

    def write(session: Session) -> None:
        """The end of a run that has begun before the edit."""
        caption = session.get_one(Caption, UUID(finished_id), with_for_update=True)
        caption.segments = (Segment(1.0, 2.0, "Other words.", (Word(1.0, 2.0, "Other words."),)),)

    def edit(_: Session) -> int:
        return client.patch(f"{CAPTIONS}/{finished_id}", json={"segments": segments}).status_code

    with blocked_by_lock(edit, by=write) as answer:
        assert answer.result(30) == 200
    assert client.get(f"{CAPTIONS}/{finished_id}").json()["segments"] == segments


@pytest.mark.parametrize(
    "segments",
    [
        [{"start": 2.0, "end": 1.0, "text": "backwards"}],
        [{"start": 1.0, "end": 3.0, "text": "a"}, {"start": 2.0, "end": 4.0, "text": "overlaps"}],
        [{"start": 9.0, "end": 11.0, "text": "after the end"}],
    ],
)
def test_an_edit_that_makes_no_sense_is_refused(client: TestClient, finished_id: str, segments) -> None:
    answer = client.patch(f"{CAPTIONS}/{finished_id}", json={"segments": segments})
    assert answer.status_code in (400, 422)
    assert answer.json()["errors"][0]["pointer"].startswith("/segments/")


@pytest.mark.parametrize("value", ["1.0", True, None, [], -1])
def test_a_time_is_a_number(client: TestClient, finished_id: str, value) -> None:
    segments = [{"start": value, "end": 2.0, "text": "a"}]
    assert_error(client.patch(f"{CAPTIONS}/{finished_id}", json={"segments": segments}), 422, "schema")


def test_captions_that_are_not_done_cannot_be_edited(client: TestClient, caption_id: str) -> None:
    assert_error(client.patch(f"{CAPTIONS}/{caption_id}", json={"segments": []}), 409, "caption_not_ready")


# ── burn-ins ─────────────────────────────────────────────────────────────────────────────────────────────


def test_captions_can_be_burned_in_many_times(client: TestClient, finished_id: str, launched: list[str]) -> None:
    path = f"{CAPTIONS}/{finished_id}/burn-in"
    looks = [{"font_size": 24, "font_color": "white", "position": "bottom"}, {"style": "karaoke"}, {}]
    answers = [client.post(path, json=look) for look in looks]
    assert [answer.status_code for answer in answers] == [202] * 3
    assert {tuple(answer.json()) for answer in answers} == {("task_id", "status")}
    assert launched == [answer.json()["task_id"] for answer in answers]
    assert len(set(launched)) == 3
    assert client.get(f"{CAPTIONS}/{finished_id}").json()["status"] == "done"


@pytest.mark.slow
@pytest.mark.parametrize(
    "look",
    [
        {"font_size": "24"},
        {"font_size": False},
        {"font_size": 0},
        {"font_color": "rgb(1,2,3)"},
        {"position": "left"},
        {"style": "loud"},
        {"font": "Comic Sans"},
        [],
    ],
)
def test_a_look_of_the_wrong_shape_is_refused(client: TestClient, finished_id: str, look) -> None:
    assert_error(client.post(f"{CAPTIONS}/{finished_id}/burn-in", json=look), 422, "schema")


def test_an_unknown_color_is_refused(client: TestClient, finished_id: str) -> None:
    answer = client.post(f"{CAPTIONS}/{finished_id}/burn-in", json={"font_color": "octarine"})
    assert answer.status_code == 400


def test_captions_that_are_not_done_cannot_be_burned_in(client: TestClient, caption_id: str) -> None:
    assert_error(client.post(f"{CAPTIONS}/{caption_id}/burn-in", json={}), 409, "caption_not_ready")
