"""Publishing on LinkedIn, against a fake of its API."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_pipeline.core.errors import Error, TooManyRequests, UpstreamError
from content_pipeline.core.platforms.base import (
    Ambiguous,
    Captions,
    Expired,
    OutcomeUnknown,
    Post,
    PreparationLost,
    Prepared,
    Processing,
    Published,
    Ready,
    Refused,
)
from content_pipeline.core.platforms.linkedin import publisher as module
from content_pipeline.core.platforms.linkedin import uploads
from content_pipeline.core.platforms.linkedin.options import LinkedInOptions
from content_pipeline.core.platforms.linkedin.publisher import LinkedInPublisher
from tests.core.platforms.linkedin.api import CONTENT, LOST, LOST_ANSWER, SHARE, VIDEO, LinkedIn
from tests.core.platforms.network import network
from tests.core.platforms.wire import ACCESS, make_post

LIVE = Published(SHARE, f"https://www.linkedin.com/feed/update/{SHARE}")
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
linkedin = LinkedInPublisher()


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> Iterator[LinkedIn]:
    monkeypatch.setattr(uploads, "POLL_SECONDS", 0.0)
    monkeypatch.setattr(module, "now", lambda: NOON)
    monkeypatch.setattr(uploads, "now", lambda: NOON)
    platform = LinkedIn()
    with network(platform):
        yield platform


@pytest.fixture
def post(tmp_path: Path) -> Post:
    return make_post(tmp_path, LinkedInOptions(), CONTENT)


def prepare(post: Post, prepared: Prepared | None = None) -> Prepared:
    kept: list[Prepared] = [prepared or {}]
    assert linkedin.prepare(ACCESS, post, kept[0], keep=kept.append, progress=lambda _: None) == Ready()
    return json.loads(json.dumps(kept[-1]))


def refused(status: int, code: str = "ANY", message: str = "No.") -> httpx.Response:
    return httpx.Response(status, json={"code": code, "message": message})


# ── upload ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Post:
    return make_post(tmp_path_factory.mktemp("video"), LinkedInOptions(), CONTENT)


@pytest.mark.slow
@given(
    cuts=st.lists(st.integers(1, len(CONTENT) - 1), unique=True, max_size=8).map(sorted),
    faults=st.lists(st.sampled_from([None, LOST, LOST_ANSWER, httpx.Response(503)]), max_size=6),
)
def test_every_part_goes_to_its_own_address_whatever_breaks(video: Post, cuts: list[int], faults: list[Any]) -> None:
    platform = LinkedIn(cuts)
    platform.faults["part"] = faults
    kept: list[Prepared] = [{}]
    told: list[float] = []
    with network(platform):
        while not platform.finalized:
            try:
                linkedin.prepare(ACCESS, video, kept[-1], keep=kept.append, progress=told.append)
            except UpstreamError:  # too much at once: a later run goes on
                continue
    assert bytes(platform.data) == CONTENT
    assert told == sorted(told)
    assert told[-1] == 1
    assert platform.heard.count("initialize") == 1


def test_a_later_try_sends_only_the_parts_that_are_missing(platform: LinkedIn, post: Post) -> None:
    platform.faults["part"] = [None, refused(503), refused(503), refused(503)]
    kept: list[Prepared] = []
    with pytest.raises(UpstreamError) as caught:
        linkedin.prepare(ACCESS, post, {}, keep=kept.append, progress=lambda _: None)
    assert caught.value.retryable
    platform.heard.clear()
    prepare(post, kept[-1])
    assert platform.heard == ["part", "part", "finalize", "status"]


def test_the_video_is_announced_as_it_is(platform: LinkedIn, post: Post) -> None:
    prepare(post)
    assert platform.asked == {
        "owner": f"urn:li:person:{ACCESS.user_id}",
        "fileSizeBytes": len(CONTENT),
        "uploadCaptions": False,
        "uploadThumbnail": False,
    }


@pytest.fixture
def adorned(tmp_path: Path, post: Post) -> Post:
    cover = tmp_path / "cover.jpg"
    cover.write_bytes(b"\xff\xd8\xff...")
    captions = Captions("1\n00:00:00,000 --> 00:00:01,000\nGrüße\n", "de")
    return replace(post, cover=(cover, "https://bucket.example/cover.jpg"), captions=captions)


def test_captions_and_a_cover_go_to_their_addresses_before_the_end(platform: LinkedIn, adorned: Post) -> None:
    prepare(adorned)
    assert platform.extras["captions"].decode() == adorned.captions.srt
    assert platform.extras["thumbnail"] == b"\xff\xd8\xff..."
    assert platform.heard.index("finalize") > platform.heard.index("thumbnail")


def test_a_video_goes_out_without_captions_that_linkedin_refuses(platform: LinkedIn, adorned: Post) -> None:
    platform.faults["captions"] = [refused(400)]
    assert prepare(adorned)
    assert "thumbnail" in platform.extras


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_an_address_that_is_over_is_lost(platform: LinkedIn, post: Post, status: int) -> None:
    platform.faults["part"] = [refused(status)]
    with pytest.raises(PreparationLost):
        prepare(post)


def test_an_address_that_linkedin_calls_expired_is_lost(platform: LinkedIn, post: Post) -> None:
    platform.faults["part"] = [refused(400, "EXPIRED_UPLOAD_URL")]
    with pytest.raises(PreparationLost):
        prepare(post)


def test_nothing_is_sent_to_addresses_whose_time_is_over(platform: LinkedIn, post: Post) -> None:
    platform.expires_at = int((NOON - timedelta(seconds=1)).timestamp() * 1000)
    with pytest.raises(PreparationLost):
        prepare(post)
    assert platform.heard == ["initialize"]


@pytest.mark.parametrize("fault", [LOST, LOST_ANSWER, httpx.Response(500)])
def test_the_end_of_an_upload_may_be_told_twice(platform: LinkedIn, post: Post, fault: Any) -> None:
    platform.faults["finalize"] = [fault]
    assert prepare(post)
    assert platform.finalized


def test_an_end_that_linkedin_refuses_is_told(platform: LinkedIn, post: Post) -> None:
    platform.faults["finalize"] = [refused(400, message="The parts do not fit.")]
    with pytest.raises(Refused, match="do not fit"):
        prepare(post)


# ── processing ───────────────────────────────────────────────────────────────────────────────────────────


def test_a_video_that_is_processed_soon_is_waited_for(platform: LinkedIn, post: Post) -> None:
    platform.statuses = ["PROCESSING", "PROCESSING", "AVAILABLE"]
    assert prepare(post)


def test_a_video_that_takes_longer_is_asked_for_later(platform: LinkedIn, post: Post) -> None:
    platform.statuses = ["PROCESSING"]
    kept: list[Prepared] = []
    standing = linkedin.prepare(ACCESS, post, {}, keep=kept.append, progress=lambda _: None, patient=False)
    assert standing == Processing(15.0)
    platform.heard.clear()
    assert linkedin.prepare(ACCESS, post, kept[-1], keep=kept.append, progress=lambda _: None) == standing
    platform.statuses = ["AVAILABLE"]
    assert prepare(post, kept[-1])
    assert platform.heard == ["status", "status"]


def test_a_video_that_linkedin_cannot_process_is_refused(platform: LinkedIn, post: Post) -> None:
    platform.statuses = ["PROCESSING_FAILED"]
    with pytest.raises(Refused, match="odd codec") as caught:
        prepare(post)
    assert caught.value.code == "linkedin_media_failed"


def test_a_video_that_is_gone_is_lost(platform: LinkedIn, post: Post) -> None:
    platform.faults["status"] = [refused(404)]
    with pytest.raises(PreparationLost):
        prepare(post)


@pytest.mark.parametrize(
    ("status", "at_work"), [("PROCESSING", True), ("AVAILABLE", False), ("PROCESSING_FAILED", False)]
)
def test_one_question_tells_whether_linkedin_is_still_at_work(
    platform: LinkedIn, post: Post, status: str, at_work: bool
) -> None:
    prepared = prepare(post)
    platform.statuses = [status]
    platform.heard.clear()
    assert linkedin.is_processing(ACCESS, prepared) is at_work
    assert platform.heard == ["status"]


def test_linkedin_is_not_at_work_on_a_video_that_is_gone(platform: LinkedIn, post: Post) -> None:
    prepared = prepare(post)
    platform.faults["status"] = [refused(404)]
    assert not linkedin.is_processing(ACCESS, prepared)


# ── post ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("privacy", "visibility"), [(None, "PUBLIC"), ("public", "PUBLIC"), ("connections", "CONNECTIONS")]
)
def test_a_post_is_what_was_asked_for(platform: LinkedIn, tmp_path: Path, privacy: Any, visibility: str) -> None:
    post = replace(make_post(tmp_path, LinkedInOptions(privacy=privacy), CONTENT), text=r"Hi \(all\)")
    assert linkedin.commit(ACCESS, post, prepare(post)) == LIVE
    assert json.loads(platform.posts[0]) == {
        "author": f"urn:li:person:{ACCESS.user_id}",
        "commentary": r"Hi \(all\)",
        "visibility": visibility,
        "distribution": {"feedDistribution": "MAIN_FEED", "targetEntities": [], "thirdPartyDistributionChannels": []},
        "content": {"media": {"id": VIDEO}},
        "lifecycleState": "PUBLISHED",
        "isReshareDisabledByAuthor": False,
    }


def test_a_title_goes_with_the_video(platform: LinkedIn, post: Post) -> None:
    post = replace(post, title="The news")
    linkedin.commit(ACCESS, post, prepare(post))
    assert json.loads(platform.posts[0])["content"]["media"]["title"] == "The news"


@pytest.mark.parametrize("fault", [LOST, LOST_ANSWER, httpx.Response(500)])
def test_a_post_whose_answer_was_lost_is_there_once_after_reconciling(
    platform: LinkedIn, post: Post, fault: Any
) -> None:
    prepared = prepare(post)
    platform.faults["post"] = [fault]
    with pytest.raises(Ambiguous):
        linkedin.commit(ACCESS, post, prepared)
    found = linkedin.reconcile(ACCESS, replace(post, text="changed meanwhile"), prepared)
    assert isinstance(found, Published)
    assert (found.post_id, found.url) == (LIVE.post_id, LIVE.url)
    assert len(platform.posts) == 1


def test_a_good_answer_that_is_not_linkedins_says_nothing(platform: LinkedIn, post: Post) -> None:
    page = httpx.Response(200, text="<html>Welcome to the hotel</html>")
    platform.faults["initialize"] = [page, page, page]
    with pytest.raises(UpstreamError) as caught:
        prepare(post)
    assert caught.value.retryable
    platform.faults.clear()
    prepared = prepare(post)
    platform.faults["post"] = [page, page]
    for attempt in (linkedin.commit, linkedin.reconcile):
        with pytest.raises(Ambiguous):
            attempt(ACCESS, post, prepared)


def test_a_post_without_an_id_is_live_all_the_same(platform: LinkedIn, post: Post) -> None:
    prepared = prepare(post)
    platform.faults["post"] = [httpx.Response(201)]
    assert linkedin.commit(ACCESS, post, prepared) == Published(None, None)


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (refused(422, "DUPLICATE_POST", f"Content is a duplicate of {SHARE}"), Refused, "duplicate_post"),
        (refused(400, "MEDIA_ASSET_WAITING_UPLOAD"), UpstreamError, "linkedin_media_waiting"),
        (refused(401), Expired, "token_expired"),
        (refused(429), TooManyRequests, "too_many_requests"),
        (httpx.ConnectError("no route"), UpstreamError, "platform_unreachable"),
    ],
)
def test_a_commit_that_surely_did_not_happen_says_so(
    platform: LinkedIn, post: Post, answer: Any, kind: type[Error], code: str
) -> None:
    prepared = prepare(post)
    platform.faults["post"] = [answer]
    with pytest.raises(kind) as caught:
        linkedin.commit(ACCESS, post, prepared)
    assert caught.value.code == code
    assert not isinstance(caught.value, Ambiguous)
    assert not platform.posts


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (refused(500), Ambiguous),
        (LOST, Ambiguous),
        (refused(401), Expired),
        (refused(429), TooManyRequests),
        (refused(422, "DUPLICATE_POST", "Content is a duplicate of urn:li:activity:1"), OutcomeUnknown),
        (refused(400), OutcomeUnknown),
    ],
)
def test_reconciling_claims_nothing_that_linkedin_does_not_say(
    platform: LinkedIn, post: Post, answer: Any, kind: type[Error]
) -> None:
    prepared = prepare(post)
    platform.faults["post"] = [answer]
    with pytest.raises(kind):
        linkedin.reconcile(ACCESS, post, prepared)


def test_nothing_is_sent_again_when_linkedin_may_have_forgotten_the_first(
    platform: LinkedIn, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared = prepare(post)
    monkeypatch.setattr(module, "now", lambda: NOON + timedelta(minutes=9, seconds=1))
    with pytest.raises(OutcomeUnknown) as caught:
        linkedin.reconcile(ACCESS, post, prepared)
    assert not platform.posts
    assert "as a new one" in caught.value.remedy, "a retry asks again, and is told the same"


def test_preparing_again_starts_that_time_anew(platform: LinkedIn, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    prepared = prepare(post)
    monkeypatch.setattr(module, "now", lambda: NOON + timedelta(hours=1))
    assert linkedin.reconcile(ACCESS, post, prepare(post, prepared)) == LIVE


def test_no_request_but_the_post_shows_anything(platform: LinkedIn, adorned: Post) -> None:
    prepare(adorned)
    assert "post" not in platform.heard
