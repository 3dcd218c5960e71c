"""Publishing on YouTube, against a fake of its API."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from content_pipeline.core.errors import Error, TooManyRequests, UpstreamError
from content_pipeline.core.platforms.base import (
    Ambiguous,
    Captions,
    NotCommitted,
    OutcomeUnknown,
    Post,
    PreparationLost,
    Prepared,
    Processing,
    Published,
    Ready,
    Refused,
)
from content_pipeline.core.platforms.youtube import publisher as module
from content_pipeline.core.platforms.youtube.options import YouTubeOptions
from content_pipeline.core.platforms.youtube.publisher import YouTubePublisher
from tests.core.platforms.network import network
from tests.core.platforms.wire import ACCESS, make_post
from tests.core.platforms.youtube.session_server import ADDRESS, LOST, LOST_ANSWER, SessionServer

STEP = 256 * 1024
CONTENT = bytes(range(256)) * 2500  # two steps and a half
SHORT = Published("dQw4w9WgXcQ", "https://www.youtube.com/shorts/dQw4w9WgXcQ")
youtube = YouTubePublisher()


class YouTube:
    """The API around the one session that it opens: what it was asked, and how a video stands."""

    def __init__(self) -> None:
        self.session = SessionServer(len(CONTENT), STEP)
        self.opened: list[httpx.Request] = []
        self.extras: list[httpx.Request] = []
        self.extras_answer = httpx.Response(200, json={})
        self.videos: list[dict[str, Any]] = []
        self.uploads: list[dict[str, Any]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        assert request.headers["authorization"] == f"Bearer {ACCESS.token}"
        if request.method == "PUT":
            return self.session(request)
        match request.url.path.removeprefix("/upload"):
            case "/youtube/v3/videos" if request.method == "POST":
                self.opened.append(request)
                return httpx.Response(200, headers={"Location": ADDRESS})
            case "/youtube/v3/thumbnails/set" | "/youtube/v3/captions":
                self.extras.append(request)
                return self.extras_answer
            case "/youtube/v3/videos":
                return httpx.Response(200, json={"items": self.videos})
            case "/youtube/v3/channels":
                playlists = {"contentDetails": {"relatedPlaylists": {"uploads": "UU1"}}}
                return httpx.Response(200, json={"items": [playlists]})
            case "/youtube/v3/playlistItems":
                assert request.url.params["playlistId"] == "UU1"
                return httpx.Response(200, json={"items": self.uploads})
        raise AssertionError(f"nobody expected {request.method} {request.url.path}")


@pytest.fixture
def platform() -> Iterator[YouTube]:
    platform = YouTube()
    with network(platform):
        yield platform


def a_post(folder: Path, options: YouTubeOptions | None = None, **fields: Any) -> Post:
    post = make_post(folder, options or YouTubeOptions(), CONTENT)
    usual = {"text": "Hello there\n\n#one", "title": "Hello", "hashtags": ["one"], "video": post.video}
    return Post(options=post.options, **(usual | fields))


@pytest.fixture
def post(tmp_path: Path) -> Post:
    return a_post(tmp_path)


def prepare(post: Post, prepared: Prepared | None = None) -> Prepared:
    kept: list[Prepared] = [prepared or {}]
    assert youtube.prepare(ACCESS, post, kept[0], keep=kept.append, progress=lambda _: None) == Ready()
    return json.loads(json.dumps(kept[-1]))


def uploaded(video_id: str, title: str, published: str) -> dict[str, Any]:
    return {"snippet": {"title": title, "publishedAt": published, "resourceId": {"videoId": video_id}}}


# ── upload ───────────────────────────────────────────────────────────────────────────────────────────────


def test_a_video_is_live_with_its_last_piece_and_not_before(platform: YouTube, post: Post) -> None:
    prepared = prepare(post)
    assert len(platform.session.data) == 2 * STEP
    assert youtube.commit(ACCESS, post, prepared) == SHORT
    assert bytes(platform.session.data) == CONTENT


def test_the_session_is_kept_before_the_first_byte_is_sent(platform: YouTube, post: Post) -> None:
    held: list[int] = []
    youtube.prepare(ACCESS, post, {}, keep=lambda _: held.append(len(platform.session.data)), progress=lambda _: None)
    assert held == [0]


def test_a_later_try_goes_on_in_the_same_session(platform: YouTube, post: Post) -> None:
    platform.session.faults.extend([LOST, LOST, LOST])
    kept: list[Prepared] = []
    with pytest.raises(Error) as caught:
        youtube.prepare(ACCESS, post, {}, keep=kept.append, progress=lambda _: None)
    assert caught.value.retryable
    assert not isinstance(caught.value, Ambiguous)
    assert youtube.commit(ACCESS, post, prepare(post, kept[-1])) == SHORT
    assert len(platform.opened) == 1


def test_a_session_that_is_gone_before_the_commit_is_lost(platform: YouTube, post: Post) -> None:
    prepared = prepare(post)
    platform.session.gone = True
    with pytest.raises(PreparationLost):
        prepare(post, prepared)
    with pytest.raises(PreparationLost):
        youtube.commit(ACCESS, post, prepared)


def test_what_the_session_lost_is_sent_again_with_the_commit(platform: YouTube, post: Post) -> None:
    prepared = prepare(post)
    del platform.session.data[STEP:]
    assert youtube.commit(ACCESS, post, prepared) == SHORT
    assert bytes(platform.session.data) == CONTENT


# ── metadata ─────────────────────────────────────────────────────────────────────────────────────────────


def parts_of(platform: YouTube) -> tuple[dict[str, str], dict[str, Any]]:
    (request,) = platform.opened
    return dict(request.url.params), json.loads(request.content)


def test_a_post_without_options_is_public_and_declares_nothing(platform: YouTube, post: Post) -> None:
    prepare(post)
    query, parts = parts_of(platform)
    assert query == {"uploadType": "resumable", "part": "snippet,status", "notifySubscribers": "true"}
    assert parts == {
        "snippet": {"title": "Hello", "description": "Hello there\n\n#one", "tags": ["one"], "categoryId": "22"},
        "status": {"privacyStatus": "public", "selfDeclaredMadeForKids": False, "containsSyntheticMedia": False},
    }
    assert platform.opened[0].headers["x-upload-content-length"] == str(len(CONTENT))


def test_every_option_reaches_youtube(platform: YouTube, tmp_path: Path) -> None:
    options = YouTubeOptions(privacy="unlisted", made_for_kids=True, ai_generated=True, paid_partnership=True)
    prepare(a_post(tmp_path, options, captions=Captions("1\n", "de")))
    query, parts = parts_of(platform)
    assert query["part"] == "snippet,status,paidProductPlacementDetails"
    assert parts["status"] == {
        "privacyStatus": "unlisted",
        "selfDeclaredMadeForKids": True,
        "containsSyntheticMedia": True,
    }
    assert parts["paidProductPlacementDetails"] == {"hasPaidProductPlacement": True}
    assert parts["snippet"]["defaultLanguage"] == "de"


@pytest.mark.slow
@given(st.lists(st.text("abcdé", min_size=60, max_size=100), max_size=30))
@example(["a" * 100] * 5)  # 500 characters, and the commas are too many
@example([*["a" * 99] * 4, "b" * 100])
def test_as_many_tags_go_along_as_500_characters_hold(hashtags: list[str]) -> None:
    tags = module.fitting_tags(hashtags)
    assert tags == hashtags[: len(tags)]
    assert len(",".join(tags)) <= 500
    assert len(tags) == len(hashtags) or len(",".join(hashtags[: len(tags) + 1])) > 500


@pytest.mark.parametrize(
    ("media", "path"),
    [
        ({"width": 1080, "height": 1920, "seconds": 180.0}, "shorts/"),
        ({"width": 1080, "height": 1080, "seconds": 5.0}, "shorts/"),
        ({"width": 1080, "height": 1920, "seconds": 180.5}, "watch?v="),
        ({"width": 1920, "height": 1080, "seconds": 5.0}, "watch?v="),
    ],
)
def test_a_short_is_upright_and_lasts_three_minutes_at_most(
    platform: YouTube, tmp_path: Path, media: dict[str, float], path: str
) -> None:
    video = make_post(tmp_path, YouTubeOptions(), CONTENT, **media).video
    post = a_post(tmp_path, video=video)
    live = youtube.commit(ACCESS, post, prepare(post))
    assert live == Published("dQw4w9WgXcQ", f"https://www.youtube.com/{path}dQw4w9WgXcQ")


# ── failures of the last chunk ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("fault", "happened"), [(LOST, False), (LOST_ANSWER, True), (500, False)])
def test_a_lost_answer_is_found_out_by_asking_the_session(
    platform: YouTube, post: Post, fault: Exception | int, happened: bool
) -> None:
    prepared = prepare(post)
    platform.session.faults.append(fault)
    with pytest.raises(Ambiguous):
        youtube.commit(ACCESS, post, prepared)
    found = youtube.reconcile(ACCESS, post, prepared)
    assert found == (SHORT if happened else NotCommitted())
    assert youtube.commit(ACCESS, post, prepared) == SHORT
    assert bytes(platform.session.data) == CONTENT


def test_a_good_answer_that_is_not_youtubes_says_nothing(platform: YouTube, post: Post) -> None:
    page = httpx.Response(200, text="<html>Welcome to the hotel</html>")
    with network(lambda _: page), pytest.raises(UpstreamError) as caught:
        prepare(post)
    assert caught.value.retryable
    prepared = prepare(post)

    def answer(request: httpx.Request) -> httpx.Response:
        return page if len(request.read()) else platform(request)

    with network(answer), pytest.raises(Ambiguous):
        youtube.commit(ACCESS, post, prepared)


def test_committing_twice_makes_one_video(platform: YouTube, post: Post) -> None:
    prepared = prepare(post)
    youtube.commit(ACCESS, post, prepared)
    pieces = list(platform.session.pieces)
    assert youtube.commit(ACCESS, post, prepared) == SHORT
    assert platform.session.pieces == pieces


@pytest.mark.parametrize(
    ("status", "reason", "code", "seconds"),
    [(400, "uploadLimitExceeded", "youtube_upload_limit", 3600), (403, "rateLimitExceeded", "too_many_requests", 60)],
)
def test_a_limit_says_when_to_try_again_and_is_no_commit(
    post: Post, status: int, reason: str, code: str, seconds: float
) -> None:
    error = {"code": status, "message": "No.", "errors": [{"message": "No.", "reason": reason}]}
    prepared = {"session": ADDRESS, "size": len(CONTENT), "opened_at": "", "title": "Hello", "short": True}
    for attempt in (lambda: prepare(post), lambda: youtube.commit(ACCESS, post, prepared)):
        with network(lambda _: httpx.Response(status, json={"error": error})), pytest.raises(TooManyRequests) as caught:
            attempt()
        assert (caught.value.code, caught.value.retry_after) == (code, seconds)


def test_a_video_that_youtube_takes_and_rejects_is_refused(platform: YouTube, post: Post) -> None:
    platform.session.status = {"uploadStatus": "rejected", "rejectionReason": "duplicate"}
    with pytest.raises(Refused) as caught:
        youtube.commit(ACCESS, post, prepare(post))
    assert caught.value.code == "youtube_video_rejected"


@pytest.mark.parametrize(("missing", "at_work"), [(0, True), (1, False), (STEP, False), (None, False)])
def test_youtube_is_at_work_while_it_has_all_bytes_and_no_video(post: Post, missing: int | None, at_work: bool) -> None:
    platform = YouTube()
    with network(platform):
        prepared = prepare(post)
        platform.session.data[:] = CONTENT
        standing = {"Range": f"bytes=0-{len(CONTENT) - 1 - (missing or 0)}"}
        answer = httpx.Response(201, json={"id": "x"}) if missing is None else httpx.Response(308, headers=standing)
        platform.session.standing = lambda: answer  # type: ignore[method-assign]
        assert youtube.is_processing(ACCESS, prepared) is at_work
        assert isinstance(youtube.reconcile(ACCESS, post, prepared), Processing) is at_work
        if at_work:
            assert youtube.commit(ACCESS, post, prepared) == Processing(15.0)
            assert not platform.session.pieces[2:]


def test_youtube_is_not_at_work_on_an_upload_that_it_does_not_know(platform: YouTube, post: Post) -> None:
    prepared = prepare(post)
    platform.session.gone = True
    assert not youtube.is_processing(ACCESS, prepared)


# ── expired sessions ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("uploads", "found"),
    [
        ([], None),
        ([uploaded("new", "Hello", "2026-11-25T12:00:00Z")], "new"),
        ([uploaded("old", "Hello", "2026-11-25T11:59:59Z")], None),
        ([uploaded("other", "Goodbye", "2026-11-25T12:30:00Z")], None),
        ([uploaded("one", "Hello", "2026-11-25T12:30:00Z"), uploaded("two", "Hello", "2026-11-25T12:31:00Z")], None),
    ],
)
def test_its_video_is_the_only_one_of_that_title_since(
    platform: YouTube, post: Post, monkeypatch: pytest.MonkeyPatch, uploads: list[dict[str, Any]], found: str | None
) -> None:
    monkeypatch.setattr(module, "now", lambda: datetime(2026, 11, 25, 12, 0, 0, 900_000, tzinfo=UTC))
    prepared = prepare(post)
    platform.session.gone = True
    platform.uploads = uploads
    if found:
        live = youtube.reconcile(ACCESS, post, prepared)
        assert live == Published(found, f"https://www.youtube.com/shorts/{found}")
    else:
        with pytest.raises(OutcomeUnknown) as caught:
            youtube.reconcile(ACCESS, post, prepared)
        assert "as a new one" in caught.value.remedy, "a retry asks again, and is told the same"


@pytest.mark.parametrize("refused", ["/upload/youtube/v3/videos", "/youtube/v3/channels", "/youtube/v3/playlistItems"])
def test_a_refused_question_says_nothing_of_the_video(platform: YouTube, post: Post, refused: str) -> None:
    """A client that reads it as a failure uploads the video again."""
    prepared = prepare(post)
    platform.session.faults.append(LOST_ANSWER)
    with pytest.raises(Ambiguous):
        youtube.commit(ACCESS, post, prepared)
    platform.session.gone = True

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(400, text="Bad Request") if request.url.path == refused else platform(request)

    with network(answer), pytest.raises(OutcomeUnknown) as caught:
        youtube.reconcile(ACCESS, post, prepared)
    assert "as a new one" in caught.value.remedy


# ── confirmation ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("status", "standing"),
    [({"uploadStatus": "processed"}, SHORT), ({"uploadStatus": "uploaded"}, Processing(15.0))],
)
def test_a_committed_video_is_looked_at(
    platform: YouTube, post: Post, status: dict[str, Any], standing: Published | Processing
) -> None:
    prepared = prepare(post)
    assert youtube.confirm(ACCESS, prepared) == Processing(15.0)
    youtube.commit(ACCESS, post, prepared)
    platform.videos = [{"status": status}]
    assert youtube.confirm(ACCESS, prepared) == standing


@pytest.mark.parametrize(
    ("videos", "kind"),
    [([{"status": {"uploadStatus": "failed", "failureReason": "codec"}}], Refused), ([], OutcomeUnknown)],
)
def test_a_committed_video_that_came_to_nothing_is_told(
    platform: YouTube, post: Post, videos: list[dict[str, Any]], kind: type[Error]
) -> None:
    prepared = prepare(post)
    youtube.commit(ACCESS, post, prepared)
    platform.videos = videos
    with pytest.raises(kind):
        youtube.confirm(ACCESS, prepared)


@pytest.fixture
def adorned(tmp_path: Path) -> Post:
    cover = tmp_path / "cover"
    cover.write_bytes(b"\x89PNG\r\n\x1a\n...")
    srt = "1\n00:00:00,000 --> 00:00:01,000\nGrüße\n"
    return a_post(tmp_path, cover=(cover, "https://bucket.example/cover"), captions=Captions(srt, "de"))


@pytest.mark.parametrize("fault", [None, LOST_ANSWER])
def test_cover_and_captions_follow_the_video_once(platform: YouTube, adorned: Post, fault: Exception | None) -> None:
    prepared = prepare(adorned)
    platform.session.faults.append(fault)
    try:
        youtube.commit(ACCESS, adorned, prepared)
    except Ambiguous:
        youtube.reconcile(ACCESS, adorned, prepared)
    thumbnail, captions = platform.extras
    assert thumbnail.url.params["videoId"] == "dQw4w9WgXcQ"
    assert thumbnail.headers["content-type"] == "image/png"
    _, metadata, track, _ = captions.content.decode().split("--captions-of-the-video")
    assert json.loads(metadata.split("\r\n\r\n")[1])["snippet"] == {
        "videoId": "dQw4w9WgXcQ",
        "language": "de",
        "name": "",
        "isDraft": False,
    }
    assert "Grüße" in track


@pytest.mark.parametrize("status", [403, 409, 500])
def test_a_post_never_fails_for_its_cover_or_captions(platform: YouTube, adorned: Post, status: int) -> None:
    platform.extras_answer = httpx.Response(status, json={})
    assert youtube.commit(ACCESS, adorned, prepare(adorned)) == SHORT
    assert len(platform.extras) == 2


def test_a_cover_of_more_than_2_mib_is_a_problem(tmp_path: Path, adorned: Post) -> None:
    assert youtube.check(None, adorned) == []
    (large := tmp_path / "large.jpg").write_bytes(bytes(2 * 1024**2 + 1))
    problems = youtube.check(None, replace(adorned, cover=(large, "")))
    assert [problem.code for problem in problems] == ["youtube_cover_bytes"]


def test_a_file_without_video_or_beyond_256_gib_is_a_problem(tmp_path: Path, post: Post) -> None:
    assert youtube.check(None, post) == []
    for media, code in (({"has_video": False}, "youtube_video_missing"), ({"bytes": 1 << 39}, "youtube_video_bytes")):
        video = make_post(tmp_path, YouTubeOptions(), **media).video
        assert [problem.code for problem in youtube.check(ACCESS, a_post(tmp_path, video=video))] == [code]
