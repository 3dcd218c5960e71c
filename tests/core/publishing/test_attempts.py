"""Publishing attempts: one post per publication under every error, and a final state that says what happened."""

import httpx
import pytest
from sqlalchemy import select

from content_pipeline.core.errors import Conflict, Error, TooManyRequests
from content_pipeline.core.infrastructure import encryption
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Account, AuditEvent, Task
from content_pipeline.core.platforms import transport
from content_pipeline.core.platforms.base import Duplicate, Problem, Published
from content_pipeline.core.publishing import attempts, publications
from content_pipeline.core.tasks import tasks
from content_pipeline.core.tasks.run_context import MAX_ATTEMPTS
from content_pipeline.core.tasks.run_context import PATIENCE as PACE_PATIENCE
from tests.core.platforms.network import network
from tests.core.publishing import posting
from tests.core.publishing.faults import (
    AMBIGUOUS,
    BROKEN,
    BUSY,
    DISCONNECTED,
    EXPIRED,
    LOST,
    REFUSED,
    UNKNOWN,
    UNREACHABLE,
    Crash,
    Fault,
)
from tests.core.publishing.posting import Stage, code, newest, publication


def test_a_post_goes_out_and_says_where_it_is(stage: Stage) -> None:
    key = stage.post(stage.account())
    assert stage.run(key) is None
    row = publication(key)
    (upload,) = stage.platform.committed
    assert (row.post_id, row.post_url) == (upload, f"https://platform.example.com/{upload}")
    assert row.published_at
    assert newest(key).state == "done"
    assert stage.platform.calls == ["check", "prepare", "commit", "confirm"]
    assert [post.text for post in stage.platform.posted] == ["Look at this."]
    with transaction() as session:
        ((actor, action, object_id),) = session.execute(
            select(AuditEvent.actor, AuditEvent.action, AuditEvent.object_id)
        )
    assert (actor, action, object_id) == ("service", "publications.post", key)


# ── errors ───────────────────────────────────────────────────────────────────────────────────────────────

RETRYABLE = [UNREACHABLE, BUSY, EXPIRED, LOST, AMBIGUOUS]
FINAL = [(REFUSED, "platform_refused"), (BROKEN, "remote_failed"), (DISCONNECTED, "needs_reconnect")]
ALWAYS = [
    (UNREACHABLE, "platform_unreachable"),
    (LOST, "preparation_lost"),
    (EXPIRED, "needs_reconnect"),
    (BUSY, "too_many_requests"),
]


@pytest.mark.slow
@pytest.mark.parametrize("step", ["check", "prepare", "commit"])
@pytest.mark.parametrize("error", RETRYABLE, ids=lambda error: error.code)
def test_an_error_that_passes_only_delays_a_post(stage: Stage, step: str, error: Error) -> None:
    stage.platform.faults = {step: [Fault(error)]}
    key = stage.post(stage.account())
    assert stage.run_to_end(key).state == "done"
    assert len(stage.platform.posted) == 1
    assert stage.oauth.refreshes == (error is EXPIRED)


@pytest.mark.slow
@pytest.mark.parametrize("step", ["check", "prepare", "commit"])
@pytest.mark.parametrize(("error", "reason"), FINAL, ids=lambda value: str(value))
def test_an_error_for_good_ends_a_post_that_is_not_out(stage: Stage, step: str, error: Error, reason: str) -> None:
    stage.platform.faults = {step: [Fault(error)]}
    key = stage.post(stage.account())
    task = stage.run_to_end(key)
    assert (task.state, code(task), task.irrevocable) == ("error", reason, False)
    assert_not_published(stage, key)


@pytest.mark.slow
@pytest.mark.parametrize("step", ["check", "prepare", "commit"])
@pytest.mark.parametrize(("error", "reason"), ALWAYS, ids=lambda value: str(value))
def test_an_error_that_never_passes_ends_a_post_that_is_not_out(
    stage: Stage, step: str, error: Error, reason: str
) -> None:
    if error is BUSY:
        error = TooManyRequests("Slowly.", retry_after=PACE_PATIENCE.total_seconds() / 4)
    stage.platform.faults = {step: [Fault(error)] * 50}
    key = stage.post(stage.account())
    task = stage.run_to_end(key)
    assert (task.state, code(task)) == ("error", reason)
    assert_not_published(stage, key)
    assert 50 - len(stage.platform.faults[step]) == (
        2 if error is EXPIRED else MAX_ATTEMPTS + 4 * isinstance(error, TooManyRequests)
    )


@pytest.mark.slow
@pytest.mark.parametrize("step", ["check", "prepare", "commit"])
@pytest.mark.parametrize("error", [REFUSED, BROKEN, DISCONNECTED], ids=lambda error: error.code)
def test_what_failed_goes_out_once_when_it_is_retried(stage: Stage, step: str, error: Error) -> None:
    stage.platform.faults = {step: [Fault(error)]}
    account = stage.account()
    key = stage.post(account)
    stage.run_to_end(key)
    posting.reconnect(account)
    posting.retry(key)
    assert stage.run_to_end(key).state == "done"
    assert len(stage.platform.posted) == 1


def assert_not_published(stage: Stage, key: str) -> None:
    row = publication(key)
    assert not stage.platform.posted
    assert (row.committed_at, row.published_at, row.post_id) == (None, None, None)
    assert publications.status(row, newest(key)) == "failed"


def test_a_post_that_the_platform_would_refuse_is_not_sent(stage: Stage) -> None:
    stage.platform.problems = [
        Problem("too_long", "It is too long.", "Cut it."),
        Problem("too_wide", "It is too wide.", "Crop it."),
    ]
    key = stage.post(stage.account())
    task = stage.run_to_end(key)
    assert task.error == {
        "code": "too_long",
        "message": "It is too long. It is too wide.",
        "remedy": "Cut it.",
        "retryable": False,
    }
    assert stage.platform.calls == ["check"]


def test_an_account_that_only_its_owner_can_help_says_so(stage: Stage) -> None:
    stage.platform.faults = {"prepare": [Fault(EXPIRED), Fault(DISCONNECTED)]}
    account = stage.account()
    stage.run_to_end(stage.post(account))
    with transaction() as session:
        assert session.get_one(Account, account.id).status == "needs_reconnect"
    stage.platform.calls.clear()
    assert code(stage.run_to_end(stage.post(account))) == "needs_reconnect"
    assert not stage.platform.calls


# ── commits of unknown outcome ───────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
@pytest.mark.parametrize("happened", [True, False])
@pytest.mark.parametrize("error", [AMBIGUOUS, UNKNOWN], ids=lambda error: error.code)
def test_a_commit_whose_answer_was_lost_is_looked_for_first(stage: Stage, happened: bool, error: Error) -> None:
    stage.platform.faults = {"commit": [Fault(error, after=happened)]}
    key = stage.post(stage.account())
    if error is UNKNOWN:  # no publisher may say so of a commit; should one do it, nothing is sent again by itself
        assert code(stage.run_to_end(key)) == "unconfirmed"
        posting.retry(key)
    assert stage.run_to_end(key).state == "done"
    assert len(stage.platform.posted) == 1
    assert stage.platform.calls.count("commit") == (1 if happened else 2)
    assert stage.platform.calls.index("reconcile") == stage.platform.calls.index("commit") + 1


@pytest.mark.slow
@pytest.mark.parametrize("happened", [True, False])
@pytest.mark.parametrize("error", [UNREACHABLE, BUSY, EXPIRED, AMBIGUOUS], ids=lambda error: error.code)
def test_a_platform_that_does_not_say_at_once_what_happened_is_asked_again(
    stage: Stage, error: Error, happened: bool
) -> None:
    stage.platform.faults = {"commit": [Fault(AMBIGUOUS, after=happened)], "reconcile": [Fault(error)]}
    key = stage.post(stage.account())
    assert stage.run_to_end(key).state == "done"
    assert len(stage.platform.posted) == 1


@pytest.mark.slow
@pytest.mark.parametrize("happened", [True, False])
@pytest.mark.parametrize(
    "error", [UNKNOWN, DISCONNECTED, BROKEN, *[error for error, _ in ALWAYS if error is not LOST]], ids=str
)
def test_nobody_knowing_what_happened_ends_unconfirmed_and_a_retry_looks_first(
    stage: Stage, error: Error, happened: bool
) -> None:
    if error is BUSY:
        error = TooManyRequests("Slowly.", retry_after=PACE_PATIENCE.total_seconds() / 4)
    stage.platform.faults = {"commit": [Fault(AMBIGUOUS, after=happened)], "reconcile": [Fault(error)] * 50}
    account = stage.account()
    key = stage.post(account)
    task = stage.run_to_end(key)
    assert (task.state, code(task)) == ("error", "unconfirmed")
    assert error.detail in task.error["message"]
    assert publication(key).committed_at
    assert publications.status(publication(key), task) == "unconfirmed"
    stage.platform.faults = {}
    posting.reconnect(account)
    posting.retry(key)
    with pytest.raises(Conflict, match="can no longer be canceled"):
        posting.cancel(key)
    assert stage.run_to_end(key).state == "done"
    assert len(stage.platform.posted) == 1
    assert publications.status(publication(key), task) == "published"


@pytest.mark.slow
@pytest.mark.parametrize(("error", "ends"), [(REFUSED, "error"), (LOST, "done")])
def test_what_the_platform_says_did_not_happen_is_open_again(stage: Stage, error: Error, ends: str) -> None:
    stage.platform.faults = {"commit": [Fault(AMBIGUOUS)], "reconcile": [Fault(error)]}
    key = stage.post(stage.account())
    task = stage.run_to_end(key)
    assert (task.state, len(stage.platform.posted)) == (ends, ends == "done")
    assert bool(publication(key).committed_at) == (ends == "done")
    assert len(stage.platform.uploads) == (2 if error is LOST else 1)


@pytest.mark.slow
@pytest.mark.parametrize("end", ["lost for good", "broken", "database away"])
def test_a_task_that_ends_otherwise_while_its_post_may_be_out_says_so(stage: Stage, end: str) -> None:
    crash = {"lost for good": Crash(), "broken": KeyError("id"), "database away": Crash()}[end]
    stage.platform.faults = {"commit": [Fault(crash, after=True)]}
    key = stage.post(stage.account())
    stage.run(key)
    if end != "broken":
        with transaction() as session:
            tasks.fail(session, key, tasks.LOST)
    task = newest(key)
    assert (task.state, code(task)) == ("error", "unconfirmed")
    posting.retry(key)
    assert stage.run_to_end(key).state == "done"
    assert len(stage.platform.posted) == 1


@pytest.mark.slow
def test_a_duplicate_of_another_post_of_ours_was_not_made(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    account = stage.account()
    first, second = stage.post(account), stage.post(account)
    stage.run_to_end(first)
    other = publication(first)
    stage.platform.faults = {"commit": [Fault(AMBIGUOUS)]}
    monkeypatch.setattr(stage.platform, "reconcile", lambda *_: Duplicate(other.post_id, other.post_url))
    task = stage.run_to_end(second)
    assert (code(task), publication(second).committed_at) == ("duplicate_post", None)
    assert other.post_url in task.error["message"]


@pytest.mark.slow
@pytest.mark.parametrize("named", ["another post's name", "no name"])
def test_a_post_that_is_out_is_never_called_failed_over_its_name(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    account = stage.account()
    first, second = stage.post(account), stage.post(account)
    stage.run_to_end(first)
    other = publication(first)
    live = Published(None, None) if named == "no name" else Published(other.post_id, other.post_url)
    stage.platform.faults = {"commit": [Fault(AMBIGUOUS)]}
    monkeypatch.setattr(stage.platform, "reconcile", lambda *_: live)
    assert stage.run_to_end(second).state == "done"
    assert publication(second).published_at
    assert publication(second).post_id is None


# ── back-off ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_to_be_told_to_come_later_is_no_failed_attempt(stage: Stage) -> None:
    stage.platform.faults = {"prepare": [Fault(TooManyRequests("Slowly.", retry_after=3600))] * 30}
    key = stage.post(stage.account())
    task = stage.run_to_end(key)
    assert (task.state, task.attempt) == ("done", 0)
    assert task.starts - task.waits == 1, "nor is it a sign of a task that goes round in a circle"


@pytest.mark.slow
def test_posts_of_an_account_that_are_told_to_come_later_come_spread(stage: Stage) -> None:
    account = stage.account()
    keys = [stage.post(account) for _ in range(12)]
    stage.platform.faults = {"check": [Fault(TooManyRequests("Slowly.", retry_after=60)) for _ in keys]}
    for key in keys:
        stage.run(key)
    times = sorted(newest(key).not_before for key in keys)
    assert (times[-1] - times[0]).total_seconds() > 120
    assert (times[-1] - times[0]).total_seconds() < 60 * 12 + 10


def test_a_post_that_may_be_out_is_looked_after_when_the_platform_says(stage: Stage) -> None:
    account = stage.account()
    keys = [stage.post(account) for _ in range(5)]
    stage.platform.faults = {
        "commit": [Fault(AMBIGUOUS)],
        "reconcile": [Fault(TooManyRequests("Slowly.", retry_after=60))],
    }
    stage.run(keys[0])
    stage.advance(keys[0])
    task = newest(keys[0])
    assert publication(keys[0]).committed_at
    assert task.not_before <= attempts.now() + attempts.timedelta(seconds=60)


# ── stored state ─────────────────────────────────────────────────────────────────────────────────────────


def test_what_a_platform_was_given_is_sealed(stage: Stage) -> None:
    stage.platform.processing_seconds = {"prepare": 10}
    account = stage.account()
    key = stage.post(account)
    stage.run(key)
    assert attempts.decrypt_prepared(publication(key))["address"] == posting.UPLOAD
    with transaction() as session:
        row = session.get_one(Account, account.id)
    stored = posting.stored_values(key) + repr((row.access_token, row.refresh_token))
    assert "secret" not in stored
    with pytest.raises(Error):  # nor does it open elsewhere
        encryption.decrypt(publication(key).prepared, f"publications/{account.id}/prepared")


def test_what_is_asked_during_an_accounts_turn_is_answered_before_the_turn_is_over(stage: Stage) -> None:
    waits: list[float] = []

    def hang(request: httpx.Request) -> httpx.Response:
        waits.append(request.extensions["timeout"]["read"])
        raise httpx.ReadTimeout("It hangs.")

    def read_quota(moment: str) -> None:
        if moment == "before commit":
            transport.read("GET", "https://platform.example.com/quota")

    key = stage.post(stage.account())
    with network(hang), posting.observe_moments(stage.platform, read_quota):
        stage.run(key)
    assert waits == [10], "three tries of a minute would outlast the lock"
    assert stage.run_to_end(key).state == "done"


def test_a_key_that_is_gone_is_told_and_nothing_is_sent(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.platform.processing_seconds = {"prepare": 10}
    key = stage.post(stage.account())
    stage.run(key)
    monkeypatch.setattr(posting.settings(), "encryption_keys", [posting.encryption_key(2)])
    assert code(stage.run_to_end(key)) == "encryption_key_missing"
    assert not stage.platform.posted


# ── runs without a task ──────────────────────────────────────────────────────────────────────────────────


def test_a_run_by_hand_of_a_published_post_only_looks(stage: Stage) -> None:
    key = stage.post(stage.account())
    stage.run_to_end(key)
    before = posting.stored_values(key)
    stage.platform.calls.clear()
    for _ in range(2):
        assert stage.run_without_task(key) is None
    assert stage.platform.calls == ["confirm", "confirm"]
    assert posting.stored_values(key) == before


@pytest.mark.parametrize("ended", ["canceled", "failed", "unconfirmed"])
def test_a_run_by_hand_of_a_post_that_is_not_published_posts_nothing(stage: Stage, ended: str) -> None:
    key = stage.post(stage.account())
    if ended == "canceled":
        posting.cancel(key)
    else:
        stage.platform.faults = {"commit": [Fault(REFUSED if ended == "failed" else UNKNOWN)]}
        stage.run_to_end(key)
    before = len(stage.platform.calls)
    raised = stage.run_without_task(key)
    assert "a run without a task never publishes" in str(raised)
    assert len(stage.platform.calls) == before
    with transaction() as session:
        assert session.get_one(Task, key).state in ("canceled", "error")
