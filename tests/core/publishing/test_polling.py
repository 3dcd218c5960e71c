"""Polling of posts that a platform is processing: back-off, limits, and URLs that are known later."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from content_pipeline.core.errors import UpstreamError
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Publication
from content_pipeline.core.platforms.base import Disconnected, Refused
from content_pipeline.core.publishing import attempts, polling, publications
from tests.core.platforms.network import network
from tests.core.publishing import posting
from tests.core.publishing.faults import Fault
from tests.core.publishing.hanging_platform import instagram_post
from tests.core.publishing.posting import Stage, code, newest, publication

UNREACHABLE = UpstreamError("It did not answer.", code="platform_unreachable", retryable=True)


@pytest.fixture
def stage(workspace_id: UUID, tmp_path: Path) -> Iterator[Stage]:
    with posting.stage(workspace_id, tmp_path) as stage:
        yield stage


@pytest.mark.slow
@pytest.mark.parametrize("step", ["prepare", "commit"])
def test_a_post_goes_on_when_the_platform_is_done(stage: Stage, step: str) -> None:
    stage.platform.processing_seconds = {step: 20}
    key = stage.post(stage.account())
    assert stage.run(key) is None
    assert newest(key).state == "waiting"
    polls = 0
    while newest(key).state == "waiting":
        stage.advance(key)
        polls += 1
    assert newest(key).state == "done"
    assert polls == stage.platform.calls.count("is_processing") > 1
    assert newest(key).starts == 2, "one run for what is before, and one for what is after"
    assert len(stage.platform.posted) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("step", "ends", "status"), [("prepare", "platform_slow", "failed"), ("commit", "unconfirmed", "unconfirmed")]
)
def test_the_wait_for_a_platform_is_limited(stage: Stage, step: str, ends: str, status: str) -> None:
    stage.platform.processing_seconds = {step: 2 * attempts.PATIENCE.total_seconds()}
    key = stage.post(stage.account())
    task = stage.run_to_end(key)
    assert (code(task), publications.status(publication(key), task)) == (ends, status)
    assert len(stage.platform.posted) == (step == "commit")


@pytest.mark.slow
@pytest.mark.parametrize("step", ["prepare", "commit"])
def test_a_retry_has_patience_of_its_own(stage: Stage, step: str) -> None:
    patience = attempts.PATIENCE.total_seconds()
    stage.platform.processing_seconds = {step: 1.5 * patience if step == "commit" else 0.5 * patience}
    key = stage.post(stage.account())
    if step == "commit":
        assert code(stage.run_to_end(key)) == "unconfirmed"
    else:
        stage.run(key)
        posting.cancel(key)
        posting.advance_clock(seconds=3 * patience)
    posting.retry(key)
    assert stage.run_to_end(key).state == "done"
    assert len(stage.platform.posted) == 1


def test_a_canceled_post_is_not_polled(stage: Stage) -> None:
    stage.platform.processing_seconds = {"prepare": 3000}
    key = stage.post(stage.account())
    stage.run(key)
    posting.cancel(key)
    posting.advance_clock(hours=1)
    for _ in range(2):
        assert stage.poll() == []
        posting.advance_clock(minutes=10)
    assert stage.platform.calls.count("is_processing") == 1


@pytest.mark.slow
def test_a_question_that_fails_is_asked_again(stage: Stage) -> None:
    stage.platform.processing_seconds = {"prepare": 5}
    stage.platform.faults = {"is_processing": [Fault(UNREACHABLE), Fault(KeyError("status"))]}
    key = stage.post(stage.account())
    assert stage.run_to_end(key).state == "done"
    assert stage.platform.calls.count("is_processing") == 3


@pytest.mark.parametrize("is_published", [False, True])
def test_a_platform_that_hangs_is_asked_once_and_for_ten_seconds(stage: Stage, is_published: bool) -> None:
    waits: list[float] = []

    def hang(request: httpx.Request) -> httpx.Response:
        waits.append(request.extensions["timeout"]["read"])
        raise httpx.ReadTimeout("It hangs.")

    key = instagram_post(stage)
    with transaction() as session:
        session.get_one(Publication, UUID(key)).published_at = now() if is_published else None
    with network(hang):
        assert polling.poll(publication(key)) is None
    assert waits == [10]


def test_an_account_that_is_left_meanwhile_ends_its_posts(stage: Stage) -> None:
    stage.platform.processing_seconds = {"prepare": 1000}
    stage.platform.faults = {"is_processing": [Fault(Disconnected("The person left."))]}
    key = stage.post(stage.account())
    assert code(stage.run_to_end(key)) == "needs_reconnect"


def test_an_unexpected_response_delays_no_other_post(stage: Stage) -> None:
    stage.platform.processing_seconds = {"prepare": 1}
    stage.platform.faults = {"is_processing": [Fault(KeyError("status"))]}
    account = stage.account()
    keys = [stage.post(account) for _ in range(2)]
    for key in keys:
        stage.run(key)
    posting.advance_clock(minutes=1)
    assert len(stage.poll()) == 1


@pytest.mark.slow
def test_a_post_that_is_out_gets_its_address_when_the_platform_tells_it(stage: Stage) -> None:
    stage.platform.url_delay = 600
    key = stage.post(stage.account())
    stage.run(key)
    out = publication(key)
    assert newest(key).state == "done"
    assert (out.post_id, out.post_url) == (None, None)
    for _ in range(20):
        posting.advance_clock(minutes=1)
        assert stage.poll() == []
    row = publication(key)
    assert row.post_url == f"https://platform.example.com/{row.post_id}"
    assert (row.published_at, row.poll_at) == (out.published_at, None)


@pytest.mark.slow
def test_an_address_that_never_comes_is_asked_for_for_a_day(stage: Stage) -> None:
    stage.platform.url_delay = 1e9
    key = stage.post(stage.account())
    stage.run(key)
    for _ in range(60):
        posting.advance_clock(minutes=31)
        stage.poll()
    assert publication(key).poll_at is None
    assert stage.platform.calls.count("confirm") < 60


def test_the_address_of_a_post_that_was_taken_down_is_not_asked_for_again(stage: Stage) -> None:
    stage.platform.url_delay = 600
    key = stage.post(stage.account())
    stage.run(key)
    stage.platform.faults = {"confirm": [Fault(Refused("It was taken down."))]}
    posting.advance_clock(minutes=1)
    stage.poll()
    assert publication(key).poll_at is None
    assert newest(key).state == "done"


@pytest.mark.slow
def test_two_daemons_ask_about_each_post_once(stage: Stage) -> None:
    stage.platform.processing_seconds = {"prepare": 1000}
    account = stage.account()
    keys = [stage.post(account) for _ in range(4)]
    for key in keys:
        stage.run(key)
    posting.advance_clock(minutes=1)
    with transaction() as first, transaction() as second:
        taken = [{str(row.id) for row in polling.claim_due(session, most=2)} for session in (first, second)]
    assert taken[0] | taken[1] == set(keys)
    assert not taken[0] & taken[1]
    with transaction() as session:
        assert polling.claim_due(session, most=10) == []


def test_two_daemons_that_both_heard_it_start_one_run(stage: Stage) -> None:
    stage.platform.processing_seconds = {"prepare": 1}
    key = stage.post(stage.account())
    stage.run(key)
    posting.advance_clock(minutes=1)
    row = publication(key)
    assert [task and task.key for task in (polling.poll(row), polling.poll(row))] == [key, None]
