"""Publishes through a scripted transport: what is sent, and how each response is mapped."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from content_pipeline.core.errors import TooManyRequests, UpstreamError
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.platforms.base import (
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
from content_pipeline.core.platforms.instagram import publisher as module
from content_pipeline.core.platforms.instagram.options import InstagramOptions
from content_pipeline.core.platforms.instagram.publisher import InstagramPublisher
from tests.core.platforms.wire import ACCESS, DROPPED, UNREACHABLE, Answer, Wire, form, make_post

PUBLISHER = InstagramPublisher()
USER = ACCESS.user_id
CREATE, PUBLISH, QUOTA = f"{USER}/media", "media_publish", "content_publishing_limit"
CONTAINER, MEDIA = "17889455560051444", "17895695668004550"
PERMALINK = "https://www.instagram.com/reel/Cx1/"
CREATED = Answer(body={"id": CONTAINER})
PUBLISHED = Answer(body={"id": MEDIA})


def state(name: str, status: str = "", **headers: str) -> Answer:
    return Answer(body={"id": CONTAINER, "status_code": name, "status": status}, headers=headers)


def quota(used: int) -> Answer:
    return Answer(body={"data": [{"quota_usage": used, "config": {"quota_total": 50, "quota_duration": 86400}}]})


def refused(code: int, subcode: int | None = None, status: int = 400) -> Answer:
    return Answer(status, {"error": {"message": "No", "code": code, "error_subcode": subcode}})


def listed(*, age: timedelta = timedelta(), id: str = MEDIA, caption: str = "Hello there\n\n#one") -> dict[str, Any]:
    posted = (now() - age).strftime("%Y-%m-%dT%H:%M:%S+0000")
    return {"id": id, "caption": caption, "permalink": PERMALINK, "timestamp": posted}


@pytest.fixture
def post(tmp_path: Path) -> Post:
    return make_post(tmp_path, InstagramOptions())


@pytest.fixture
def prepared() -> Prepared:
    return {"container": CONTAINER, "created_at": now().isoformat(), "caption": "Hello there\n\n#one"}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "POLL_PAUSE_SECONDS", 0.0)


def prepare(post: Post, prepared: Prepared | None = None) -> tuple[Ready | Processing, list[Prepared]]:
    kept: list[Prepared] = []
    outcome = PUBLISHER.prepare(ACCESS, post, prepared or {}, keep=kept.append, progress=lambda fraction: None)
    return outcome, kept


# ── prepare ──────────────────────────────────────────────────────────────────────────────────────────────


def test_a_container_is_made_kept_and_awaited(wire: Wire, post: Post) -> None:
    wire.on(CREATE, CREATED).on(CONTAINER, state("IN_PROGRESS"), state("IN_PROGRESS"), state("FINISHED"))
    outcome, kept = prepare(post)
    assert outcome == Ready()
    assert [prepared["container"] for prepared in kept] == [CONTAINER]
    (created,) = wire.sent(CREATE)
    assert created.url.host == "graph.instagram.com"
    assert form(created) == {"media_type": "REELS", "video_url": post.video.link, "caption": post.text}
    assert created.headers["authorization"] == f"Bearer {ACCESS.token}"
    assert all(ACCESS.token not in str(request.url) for request in wire.requests)


def test_a_caller_without_patience_reads_the_state_once(wire: Wire, post: Post) -> None:
    wire.on(CREATE, CREATED).on(CONTAINER, state("IN_PROGRESS"))
    keep: list[Prepared] = []
    outcome = PUBLISHER.prepare(ACCESS, post, {}, keep=keep.append, progress=lambda _: None, patient=False)
    assert isinstance(outcome, Processing)
    assert (len(keep), len(wire.sent(CONTAINER))) == (1, 1)


def test_progress_is_reported_when_a_container_is_made_and_not_when_it_is_looked_at_again(
    wire: Wire, post: Post, prepared: Prepared
) -> None:
    wire.on(CREATE, CREATED).on(CONTAINER, state("FINISHED"))
    reported: list[float] = []
    for kept in ({}, prepared):
        PUBLISHER.prepare(ACCESS, post, kept, keep=lambda _: None, progress=reported.append)
    assert reported == [0.5]


def test_options_become_the_parameters_that_the_api_has(wire: Wire, tmp_path: Path) -> None:
    wire.on(CREATE, CREATED).on(CONTAINER, state("FINISHED"))
    options = InstagramOptions(cover_seconds=1.25, share_to_feed=False, paid_partnership=True)
    prepare(make_post(tmp_path, options))
    sent = form(wire.sent(CREATE)[0])
    assert (sent["thumb_offset"], sent["share_to_feed"], sent["is_paid_partnership"]) == ("1250", "false", "true")


def test_a_cover_picture_goes_before_a_moment_of_the_video(wire: Wire, tmp_path: Path) -> None:
    wire.on(CREATE, CREATED).on(CONTAINER, state("FINISHED"))
    with_cover = replace(
        make_post(tmp_path, InstagramOptions(cover_seconds=1.0)), cover=(tmp_path / "c.jpg", "https://b.example/c.jpg")
    )
    prepare(with_cover)
    sent = form(wire.sent(CREATE)[0])
    assert sent["cover_url"] == "https://b.example/c.jpg"
    assert "thumb_offset" not in sent


def test_a_container_that_takes_long_is_left_to_a_later_run(wire: Wire, post: Post, prepared: Prepared) -> None:
    wire.on(CREATE, CREATED).on(CONTAINER, state("IN_PROGRESS"))
    outcome, kept = prepare(post)
    assert isinstance(outcome, Processing)
    looks = len(wire.sent(CONTAINER))
    again, _ = prepare(post, kept[0])
    assert isinstance(again, Processing)
    assert len(wire.sent(CREATE)) == 1
    assert len(wire.sent(CONTAINER)) == looks + 1
    assert PUBLISHER.is_processing(ACCESS, prepared)


def test_the_longer_a_container_takes_the_less_often_it_is_asked_about(wire: Wire, post: Post) -> None:
    wire.on(CONTAINER, state("IN_PROGRESS"))
    waits = []
    for minutes in (0, 1, 60):
        created = (now() - timedelta(minutes=minutes)).isoformat()
        outcome, _ = prepare(post, {"container": CONTAINER, "created_at": created, "caption": ""})
        assert isinstance(outcome, Processing)
        waits.append(outcome.seconds)
    assert waits == [5.0, pytest.approx(30, abs=2), 60.0]


def test_nothing_more_is_asked_once_the_apps_budget_is_nearly_used_up(wire: Wire, post: Post) -> None:
    busy = {"x-app-usage": '{"call_count":28,"total_time":95,"total_cputime":25}'}
    wire.on(CREATE, CREATED).on(CONTAINER, state("IN_PROGRESS", **busy))
    outcome, _ = prepare(post)
    assert outcome == Processing(60.0)
    assert len(wire.sent(CONTAINER)) == 1


def test_an_accounts_budget_is_left_alone_until_instagram_says(wire: Wire, post: Post) -> None:
    usage = '{"1784":[{"type":"instagram","call_count":99,"estimated_time_to_regain_access":19}]}'
    wire.on(CREATE, CREATED).on(CONTAINER, state("IN_PROGRESS", **{"x-business-use-case-usage": usage}))
    outcome, _ = prepare(post)
    assert outcome == Processing(19 * 60.0)


def test_a_container_whose_answer_was_lost_is_made_again(wire: Wire, post: Post) -> None:
    wire.on(CREATE, DROPPED, CREATED).on(CONTAINER, state("FINISHED"))
    outcome, kept = prepare(post)
    assert outcome == Ready()
    assert len(kept) == 1


@pytest.mark.parametrize("answer", [DROPPED, UNREACHABLE, Answer(500)])
def test_a_container_that_cannot_be_made_now_is_tried_later(
    wire: Wire, post: Post, answer: Answer | httpx.TransportError
) -> None:
    wire.on(CREATE, answer)
    with pytest.raises(UpstreamError) as failed:
        prepare(post)
    assert failed.value.retryable
    assert not isinstance(failed.value, Ambiguous)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (state("ERROR", "Error: Media upload has failed with error code 2207026"), Refused),
        (state("ERROR", "Error: Media upload has failed with error code 2207003"), PreparationLost),
        (state("EXPIRED"), PreparationLost),
        (refused(100, 33), PreparationLost),
        (refused(190, 463), Expired),
    ],
)
def test_a_container_that_will_never_do_is_not_published(
    wire: Wire, post: Post, answer: Answer, error: type[Exception]
) -> None:
    wire.on(CREATE, CREATED).on(CONTAINER, answer)
    with pytest.raises(error):
        prepare(post)
    assert not wire.sent(PUBLISH)


# ── commit ───────────────────────────────────────────────────────────────────────────────────────────────


def test_a_post_is_live_with_its_id_and_address(wire: Wire, post: Post, prepared: Prepared) -> None:
    wire.on(QUOTA, quota(3)).on(PUBLISH, PUBLISHED).on(MEDIA, Answer(body={"permalink": PERMALINK}))
    assert PUBLISHER.commit(ACCESS, post, prepared) == Published(MEDIA, PERMALINK, is_shown=True)
    assert form(wire.sent(PUBLISH)[0]) == {"creation_id": CONTAINER}


@pytest.mark.parametrize("answer", [Answer(500), DROPPED, refused(190), Answer(body={})])
def test_a_post_is_live_even_when_its_address_is_not_told(
    wire: Wire, post: Post, prepared: Prepared, answer: Answer | httpx.TransportError
) -> None:
    wire.on(QUOTA, quota(3)).on(PUBLISH, PUBLISHED).on(MEDIA, answer)
    assert PUBLISHER.commit(ACCESS, post, prepared) == Published(MEDIA, None)


def test_nothing_is_published_over_the_quota(wire: Wire, post: Post, prepared: Prepared) -> None:
    wire.on(QUOTA, quota(50))
    for ask in (lambda: PUBLISHER.commit(ACCESS, post, prepared), lambda: PUBLISHER.check(ACCESS, post)):
        with pytest.raises(TooManyRequests) as refusal:
            ask()
        assert (refusal.value.code, refusal.value.retry_after) == ("instagram_daily_limit", 3600)
    assert not wire.sent(PUBLISH)


def test_a_post_with_faults_of_its_own_is_told_these_whatever_the_quota(wire: Wire, tmp_path: Path) -> None:
    wire.on(QUOTA, quota(50))
    faulty = make_post(tmp_path, InstagramOptions(), seconds=1.0)
    assert [problem.code for problem in PUBLISHER.check(ACCESS, faulty)] == ["instagram_duration"]


@pytest.mark.parametrize("answer", [DROPPED, Answer(500), Answer(200, {}), refused(4, 2207051, 403)])
def test_a_commit_without_a_clear_answer_is_sent_once_and_left_open(
    wire: Wire, post: Post, prepared: Prepared, answer: Answer | httpx.TransportError
) -> None:
    wire.on(QUOTA, quota(3)).on(PUBLISH, answer).on(CONTAINER, state("IN_PROGRESS"))
    with pytest.raises(Ambiguous):
        PUBLISHER.commit(ACCESS, post, prepared)
    assert len(wire.sent(PUBLISH)) == 1


def test_a_commit_that_never_arrived_did_not_happen(wire: Wire, post: Post, prepared: Prepared) -> None:
    wire.on(QUOTA, quota(3)).on(PUBLISH, UNREACHABLE)
    with pytest.raises(UpstreamError) as failed:
        PUBLISHER.commit(ACCESS, post, prepared)
    assert failed.value.code == "platform_unreachable"


@pytest.mark.parametrize("answer", [refused(9007, 2207027), refused(100), refused(4, 2207051), refused(24, 2207008)])
def test_a_refusal_of_what_an_earlier_attempt_published_is_no_failure(
    wire: Wire, post: Post, prepared: Prepared, answer: Answer
) -> None:
    wire.on(QUOTA, quota(3)).on(PUBLISH, answer).on(CONTAINER, state("PUBLISHED"))
    wire.on(CREATE, Answer(body={"data": [listed()]}))
    assert PUBLISHER.commit(ACCESS, post, prepared) == Published(MEDIA, PERMALINK, is_shown=True)


def test_a_refusal_is_not_believed_while_the_container_cannot_be_read(
    wire: Wire, post: Post, prepared: Prepared
) -> None:
    wire.on(QUOTA, quota(3)).on(PUBLISH, refused(100)).on(CONTAINER, Answer(500))
    with pytest.raises(Ambiguous):
        PUBLISHER.commit(ACCESS, post, prepared)


@pytest.mark.parametrize(
    ("answer", "error", "code"),
    [
        (refused(9007, 2207027), UpstreamError, "instagram_not_ready"),
        (refused(9, 2207042, 403), TooManyRequests, "instagram_daily_limit"),
        (refused(4, status=403), TooManyRequests, "too_many_requests"),
        (refused(190, 463), Expired, "token_expired"),
        (refused(100, 2207001), Refused, "instagram_spam"),
    ],
)
def test_a_commit_that_was_refused_says_why(
    wire: Wire, post: Post, prepared: Prepared, answer: Answer, error: type[UpstreamError], code: str
) -> None:
    wire.on(QUOTA, quota(3)).on(PUBLISH, answer).on(CONTAINER, state("FINISHED"))
    with pytest.raises(error) as failed:
        PUBLISHER.commit(ACCESS, post, prepared)
    assert failed.value.code == code
    assert not isinstance(failed.value, Ambiguous)


# ── reconcile and confirm ────────────────────────────────────────────────────────────────────────────────


def test_a_published_container_is_found_among_the_accounts_posts(wire: Wire, post: Post, prepared: Prepared) -> None:
    others = [listed(id="1", caption="Something else"), listed(id="2", age=timedelta(hours=1))]
    wire.on(CONTAINER, state("PUBLISHED")).on(CREATE, Answer(body={"data": [others[0], listed(), others[1]]}))
    assert PUBLISHER.reconcile(ACCESS, post, prepared) == Published(MEDIA, PERMALINK, is_shown=True)
    assert PUBLISHER.confirm(ACCESS, prepared) == Published(MEDIA, PERMALINK, is_shown=True)
    assert {request.method for request in wire.requests} == {"GET"}


@pytest.mark.parametrize(
    "answer",
    [
        Answer(body={"data": []}),
        Answer(body={"data": [listed(), listed(id="1")]}),
        Answer(body={"data": [{"id": "1", "timestamp": "2026-01-01T00:00:00+0000"}]}),
        Answer(500),
        refused(190),
    ],
)
def test_a_published_container_whose_post_is_not_surely_found_is_live_without_a_name(
    wire: Wire, post: Post, prepared: Prepared, answer: Answer
) -> None:
    wire.on(CONTAINER, state("PUBLISHED")).on(CREATE, answer)
    assert PUBLISHER.reconcile(ACCESS, post, prepared) == Published(None, None)


def test_a_container_that_is_only_ready_was_not_published(wire: Wire, post: Post, prepared: Prepared) -> None:
    wire.on(CONTAINER, state("FINISHED"))
    assert PUBLISHER.reconcile(ACCESS, post, prepared) == NotCommitted()
    assert not PUBLISHER.is_processing(ACCESS, prepared)


def test_a_container_in_progress_says_nothing_yet(wire: Wire, post: Post, prepared: Prepared) -> None:
    wire.on(CONTAINER, state("IN_PROGRESS"))
    assert isinstance(PUBLISHER.reconcile(ACCESS, post, prepared), Processing)
    assert isinstance(PUBLISHER.confirm(ACCESS, prepared), Processing)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (state("EXPIRED"), PreparationLost),
        (state("ERROR", "2207026"), Refused),
        (refused(100, 33), OutcomeUnknown),
        (refused(100), OutcomeUnknown),
        (refused(190), Expired),
    ],
)
def test_what_a_dead_container_says_of_a_commit(
    wire: Wire, post: Post, prepared: Prepared, answer: Answer, error: type[Exception]
) -> None:
    wire.on(CONTAINER, answer)
    with pytest.raises(error) as failed:
        PUBLISHER.reconcile(ACCESS, post, prepared)
    assert type(failed.value) is error


def test_a_container_that_is_gone_is_not_waited_for(wire: Wire, prepared: Prepared) -> None:
    wire.on(CONTAINER, refused(100, 33))
    assert not PUBLISHER.is_processing(ACCESS, prepared)
