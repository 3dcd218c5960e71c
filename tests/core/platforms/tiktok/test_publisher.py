"""Publishes through a scripted transport: what is sent, and how each response is mapped."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from content_pipeline.core.errors import TooManyRequests, UpstreamError
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.platforms.base import (
    Access,
    Ambiguous,
    Expired,
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
from content_pipeline.core.platforms.tiktok import chunks as chunks_module
from content_pipeline.core.platforms.tiktok.options import TikTokOptions
from content_pipeline.core.platforms.tiktok.publisher import TikTokPublisher
from tests.core.platforms.wire import DROPPED, UNREACHABLE, Answer, Wire, body, make_post

pytestmark = pytest.mark.usefixtures("database")

PUBLISHER = TikTokPublisher()
CREATOR, INIT, STATUS, UPLOAD = "creator_info/query/", "video/init/", "status/fetch/", "/video/"
CONTENT = b"0123456789" * 3 + b"abc"  # three chunks of ten bytes, and three bytes more for the last
POST_ID = 7512345678901234567  # more than a double holds
ALL = ["PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "FOLLOWER_OF_CREATOR", "SELF_ONLY"]
CHUNK_TAKEN, VIDEO_TAKEN = Answer(206), Answer(201)
OPENED = Answer(
    body={
        "data": {
            "publish_id": "v_pub_file~v2.1",
            "upload_url": "https://open-upload.tiktokapis.com/video/?upload_id=1&upload_token=secret",
        },
        "error": {"code": "ok", "message": "", "log_id": "1"},
    }
)


def creator(**changes: Any) -> Answer:
    info = {
        "creator_username": "aurora",
        "creator_nickname": "Aurora",
        "privacy_level_options": ALL,
        "comment_disabled": False,
        "duet_disabled": False,
        "stitch_disabled": False,
        "max_video_post_duration_sec": 300,
    }
    return Answer(body={"data": {**info, **changes}, "error": {"code": "ok", "message": ""}})


def status(word: str, **fields: Any) -> Answer:
    return Answer(body={"data": {"status": word, **fields}, "error": {"code": "ok", "message": ""}})


def refused(code: str, http: int = 403) -> Answer:
    return Answer(http, {"error": {"code": code, "message": "No", "log_id": "1"}})


@pytest.fixture(autouse=True)
def short_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks_module, "CHUNK_BYTES", 10)


@pytest.fixture
def access() -> Access:
    return Access(user_id=str(uuid4()), token="act.secret")  # limits are an account's


@pytest.fixture
def post(tmp_path: Path) -> Post:
    return make_post(tmp_path, TikTokOptions(), CONTENT)


@pytest.fixture
def prepared() -> Prepared:
    return opened()


def opened(*, sent: int = 2, age: timedelta = timedelta(), level: str = "PUBLIC_TO_EVERYONE") -> Prepared:
    return {
        "publish_id": "v_pub_file~v2.1",
        "upload_url": "https://open-upload.tiktokapis.com/video/?upload_id=1&upload_token=secret",
        "opened_at": (now() - age).isoformat(),
        "size": len(CONTENT),
        "sent": sent,
        "username": "aurora",
        "level": level,
    }


def prepare(access: Access, post: Post, prepared: Prepared | None = None) -> tuple[Ready | Processing, list[Prepared]]:
    kept: list[Prepared] = []
    outcome = PUBLISHER.prepare(access, post, prepared or {}, keep=kept.append, progress=lambda fraction: None)
    return outcome, kept


def uploaded(wire: Wire) -> list[tuple[str, bytes]]:
    return [(request.headers["content-range"], request.content) for request in wire.sent(UPLOAD)]


# ── prepare ──────────────────────────────────────────────────────────────────────────────────────────────


def test_all_is_sent_but_the_chunk_that_posts_it(wire: Wire, access: Access, post: Post) -> None:
    wire.on(CREATOR, creator()).on(INIT, OPENED).on(UPLOAD, CHUNK_TAKEN)
    outcome, kept = prepare(access, post)
    assert outcome == Ready()
    assert uploaded(wire) == [("bytes 0-9/33", b"0123456789"), ("bytes 10-19/33", b"0123456789")]
    assert [prepared["sent"] for prepared in kept] == [0, 1, 2]
    assert body(wire.sent(INIT)[0])["source_info"] == {
        "source": "FILE_UPLOAD",
        "video_size": 33,
        "chunk_size": 10,
        "total_chunk_count": 3,
    }
    upload = wire.sent(UPLOAD)[0]
    assert (upload.headers["content-type"], upload.headers["content-length"]) == ("video/mp4", "10")
    assert "transfer-encoding" not in upload.headers
    assert "authorization" not in upload.headers


def test_options_become_the_fields_that_the_api_has(wire: Wire, access: Access, tmp_path: Path) -> None:
    wire.on(CREATOR, creator(duet_disabled=True)).on(INIT, OPENED).on(UPLOAD, CHUNK_TAKEN)
    options = TikTokOptions(
        privacy="friends", cover_seconds=1.5, allow_comments=False, ai_generated=True, own_brand=True
    )
    prepare(access, make_post(tmp_path, options, CONTENT))
    assert body(wire.sent(INIT)[0])["post_info"] == {
        "title": "Hello there\n\n#one",
        "privacy_level": "MUTUAL_FOLLOW_FRIENDS",
        "disable_comment": True,
        "disable_duet": True,
        "disable_stitch": False,
        "brand_content_toggle": False,
        "brand_organic_toggle": True,
        "is_aigc": True,
        "video_cover_timestamp_ms": 1500,
    }


@pytest.mark.parametrize(
    ("allowed", "level"),
    [(ALL, "PUBLIC_TO_EVERYONE"), (ALL[1:], "FOLLOWER_OF_CREATOR"), (["SELF_ONLY"], "SELF_ONLY")],
)
def test_without_a_wish_a_post_is_as_open_as_the_account_may_be(
    wire: Wire, access: Access, post: Post, allowed: list[str], level: str
) -> None:
    wire.on(CREATOR, creator(privacy_level_options=allowed)).on(INIT, OPENED).on(UPLOAD, CHUNK_TAKEN)
    prepare(access, post)
    assert body(wire.sent(INIT)[0])["post_info"]["privacy_level"] == level


@pytest.mark.parametrize(
    ("options", "rights", "code"),
    [
        (TikTokOptions(privacy="public"), {"privacy_level_options": ["SELF_ONLY"]}, "tiktok_privacy_not_allowed"),
        (TikTokOptions(), {"max_video_post_duration_sec": 10}, "tiktok_duration"),
        (TikTokOptions(allow_comments=True), {"comment_disabled": True}, "tiktok_comments_disabled"),
        (TikTokOptions(allow_duets=True), {"duet_disabled": True}, "tiktok_duets_disabled"),
        (TikTokOptions(allow_stitches=True), {"stitch_disabled": True}, "tiktok_stitches_disabled"),
    ],
)
def test_what_the_account_may_not_do_is_asked_afresh_and_never_sent(
    wire: Wire, access: Access, tmp_path: Path, options: TikTokOptions, rights: dict[str, Any], code: str
) -> None:
    wire.on(CREATOR, creator(**rights))
    post = make_post(tmp_path, options, CONTENT)
    assert [problem.code for problem in PUBLISHER.check(access, post)] == [code]
    with pytest.raises(Refused) as refusal:
        prepare(access, post)
    assert refusal.value.code == code
    assert not wire.sent(INIT)


def test_tiktok_is_not_asked_more_often_than_it_allows(wire: Wire, access: Access, post: Post) -> None:
    wire.on(CREATOR, creator()).on(INIT, OPENED).on(UPLOAD, CHUNK_TAKEN)
    for _ in range(6):
        prepare(access, post)
    with pytest.raises(TooManyRequests) as refusal:
        prepare(access, post)
    assert refusal.value.retry_after is not None
    assert 0 < refusal.value.retry_after <= 60
    assert len(wire.sent(INIT)) == 6


@pytest.mark.slow
def test_an_upload_whose_opening_was_lost_is_opened_again(wire: Wire, access: Access, post: Post) -> None:
    wire.on(CREATOR, creator()).on(INIT, DROPPED, OPENED).on(UPLOAD, CHUNK_TAKEN)
    outcome, kept = prepare(access, post)
    assert outcome == Ready()
    assert kept[0]["publish_id"] == "v_pub_file~v2.1"


@pytest.mark.parametrize("answer", [DROPPED, UNREACHABLE, Answer(500)])
def test_a_chunk_that_does_not_get_through_is_tried_later(
    wire: Wire, access: Access, post: Post, answer: Answer | httpx.TransportError
) -> None:
    wire.on(CREATOR, creator()).on(INIT, OPENED).on(UPLOAD, CHUNK_TAKEN, answer)
    with pytest.raises(UpstreamError) as failed:
        prepare(access, post)
    assert failed.value.retryable
    assert not isinstance(failed.value, Ambiguous | PreparationLost)
    assert len(wire.sent(UPLOAD)) == 2


@pytest.mark.parametrize(("there", "expected"), [(10, ["bytes 10-19/33"]), (20, [])])
def test_an_upload_goes_on_where_tiktok_is_not_where_we_were(
    wire: Wire, access: Access, post: Post, there: int, expected: list[str]
) -> None:
    wire.on(STATUS, status("PROCESSING_UPLOAD", uploaded_bytes=there)).on(UPLOAD, CHUNK_TAKEN)
    outcome, _ = prepare(access, post, opened(sent=1))
    assert outcome == Ready()
    assert [where for where, _ in uploaded(wire)] == expected


def test_an_upload_of_which_all_but_the_end_is_there_is_ready_without_a_question(
    wire: Wire, access: Access, post: Post, prepared: Prepared
) -> None:
    outcome, _ = prepare(access, post, prepared)
    assert outcome == Ready()
    assert not wire.requests


@pytest.mark.parametrize("code", [400, 403, 404, 410, 416])
def test_an_upload_that_takes_no_more_chunks_is_lost(wire: Wire, access: Access, post: Post, code: int) -> None:
    wire.on(CREATOR, creator()).on(INIT, OPENED).on(UPLOAD, Answer(code))
    with pytest.raises(PreparationLost):
        prepare(access, post)


def test_an_upload_is_good_for_an_hour(wire: Wire, access: Access, post: Post) -> None:
    with pytest.raises(PreparationLost):
        prepare(access, post, opened(age=timedelta(hours=1)))


# ── commit ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("code", [201, 200])
def test_the_last_chunk_posts_it(wire: Wire, access: Access, post: Post, prepared: Prepared, code: int) -> None:
    wire.on(UPLOAD, Answer(code))
    assert isinstance(PUBLISHER.commit(access, post, prepared), Processing)
    assert uploaded(wire) == [("bytes 20-32/33", b"0123456789abc")]


@pytest.mark.parametrize("answer", [DROPPED, Answer(500), Answer(503), Answer(429)])
def test_a_last_chunk_without_a_clear_answer_is_sent_once_and_left_open(
    wire: Wire, access: Access, post: Post, prepared: Prepared, answer: Answer | httpx.TransportError
) -> None:
    wire.on(UPLOAD, answer)
    with pytest.raises(Ambiguous):
        PUBLISHER.commit(access, post, prepared)
    assert len(wire.requests) == 1


def test_a_last_chunk_that_never_arrived_posted_nothing(
    wire: Wire, access: Access, post: Post, prepared: Prepared
) -> None:
    wire.on(UPLOAD, UNREACHABLE)
    with pytest.raises(UpstreamError) as failed:
        PUBLISHER.commit(access, post, prepared)
    assert failed.value.code == "platform_unreachable"


def test_a_refusal_of_what_an_earlier_attempt_brought_is_no_failure(
    wire: Wire, access: Access, post: Post, prepared: Prepared
) -> None:
    wire.on(UPLOAD, Answer(416))
    wire.on(STATUS, status("PROCESSING_UPLOAD", uploaded_bytes=33))
    assert isinstance(PUBLISHER.commit(access, post, prepared), Processing)
    wire.on(STATUS, status("PUBLISH_COMPLETE", publicaly_available_post_id=[POST_ID]))
    assert PUBLISHER.commit(access, post, prepared) == Published(
        str(POST_ID), f"https://www.tiktok.com/@aurora/video/{POST_ID}"
    )


@pytest.mark.parametrize(
    "answer", [Answer(500), refused("access_token_invalid", 401), refused("invalid_publish_id", 400)]
)
def test_a_refusal_is_not_believed_while_the_status_cannot_be_read(
    wire: Wire, access: Access, post: Post, prepared: Prepared, answer: Answer
) -> None:
    wire.on(UPLOAD, Answer(403)).on(STATUS, answer)
    with pytest.raises(Ambiguous):
        PUBLISHER.commit(access, post, prepared)


@pytest.mark.parametrize("code", [403, 404, 410, 416])
def test_an_upload_is_made_anew_only_when_its_time_is_over_and_its_end_is_missing(
    wire: Wire, access: Access, post: Post, code: int
) -> None:
    wire.on(UPLOAD, Answer(code)).on(STATUS, status("PROCESSING_UPLOAD", uploaded_bytes=20))
    with pytest.raises(UpstreamError) as failed:
        PUBLISHER.commit(access, post, opened())
    assert failed.value.retryable
    assert not isinstance(failed.value, PreparationLost | Ambiguous)
    with pytest.raises(PreparationLost):
        PUBLISHER.commit(access, post, opened(age=timedelta(minutes=61)))


# ── reconcile and confirm ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("there", [0, 20, 32])
def test_a_video_without_its_end_was_not_posted(
    wire: Wire, access: Access, post: Post, prepared: Prepared, there: int
) -> None:
    wire.on(STATUS, status("PROCESSING_UPLOAD", uploaded_bytes=there))
    assert PUBLISHER.reconcile(access, post, prepared) == NotCommitted()
    assert not PUBLISHER.is_processing(access, prepared)
    assert isinstance(PUBLISHER.confirm(access, prepared), Processing)


@pytest.mark.parametrize("word", ["PROCESSING_UPLOAD", "PROCESSING_DOWNLOAD"])
def test_a_whole_video_is_being_posted(wire: Wire, access: Access, post: Post, prepared: Prepared, word: str) -> None:
    wire.on(STATUS, status(word, uploaded_bytes=33))
    assert isinstance(PUBLISHER.reconcile(access, post, prepared), Processing)
    assert PUBLISHER.is_processing(access, prepared)


def test_a_public_post_is_live_before_it_has_an_id(wire: Wire, access: Access, post: Post, prepared: Prepared) -> None:
    wire.on(
        STATUS,
        status("PUBLISH_COMPLETE", publicaly_available_post_id=[]),
        status("PUBLISH_COMPLETE"),
        status("PUBLISH_COMPLETE", publicaly_available_post_id=[POST_ID]),
    )
    assert PUBLISHER.reconcile(access, post, prepared) == Published(None, None)
    assert PUBLISHER.confirm(access, prepared) == Published(None, None)
    found = PUBLISHER.confirm(access, prepared)
    assert found == Published("7512345678901234567", "https://www.tiktok.com/@aurora/video/7512345678901234567")


def test_a_private_post_never_gets_an_id_and_is_found_in_the_profile(wire: Wire, access: Access) -> None:
    wire.on(STATUS, status("PUBLISH_COMPLETE", publicaly_available_post_id=[]))
    assert PUBLISHER.confirm(access, opened(level="SELF_ONLY")) == Published(None, "https://www.tiktok.com/@aurora")


@pytest.mark.parametrize(
    ("reason", "error"), [("duration_check_failed", Refused), ("auth_removed", Refused), ("internal", PreparationLost)]
)
def test_a_failed_post_says_why(
    wire: Wire, access: Access, post: Post, prepared: Prepared, reason: str, error: type[Exception]
) -> None:
    wire.on(STATUS, status("FAILED", fail_reason=reason, uploaded_bytes=33))
    for ask in (lambda: PUBLISHER.reconcile(access, post, prepared), lambda: PUBLISHER.confirm(access, prepared)):
        with pytest.raises(error):
            ask()
    assert not PUBLISHER.is_processing(access, prepared)


@pytest.mark.parametrize("code", ["invalid_publish_id", "invalid_params"])
def test_a_question_that_is_refused_says_nothing_of_the_post(
    wire: Wire, access: Access, post: Post, prepared: Prepared, code: str
) -> None:
    wire.on(STATUS, refused(code, 400))
    with pytest.raises(OutcomeUnknown):
        PUBLISHER.reconcile(access, post, prepared)
    assert not PUBLISHER.is_processing(access, prepared)
    with pytest.raises(PreparationLost):
        prepare(access, post, opened(sent=0))


@pytest.mark.parametrize("http", [401, 200])
def test_a_question_with_a_dead_token_is_for_a_fresh_one(
    wire: Wire, access: Access, post: Post, prepared: Prepared, http: int
) -> None:
    wire.on(STATUS, Answer(http, {"data": {}, "error": {"code": "access_token_invalid", "message": "No"}}))
    with pytest.raises(Expired):
        PUBLISHER.reconcile(access, post, prepared)


def test_what_is_kept_is_json(wire: Wire, access: Access, post: Post) -> None:
    wire.on(CREATOR, creator()).on(INIT, OPENED).on(UPLOAD, CHUNK_TAKEN)
    _, kept = prepare(access, post)
    assert json.loads(json.dumps(kept)) == kept
