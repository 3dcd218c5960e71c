"""Failures are counted by code, each once, and told at once and then every 15 minutes."""

from datetime import timedelta

import pytest

from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import FailureCount
from content_pipeline.core.operations.alerts import failures
from content_pipeline.core.operations.alerts.failures import Failure

pytestmark = pytest.mark.usefixtures("database")


def failure(event_id: int, code: str = "no_audio") -> Failure:
    return Failure(event_id, f"run-{event_id}", "captions", code, now())


def record(*found: Failure) -> None:
    with transaction() as session:
        failures.record(session, found)


def totals() -> dict[str, int]:
    with transaction() as session:
        return failures.totals(session)


def told_to_log() -> dict[str, int]:
    """The failures of each code of which the log is told now."""
    with transaction() as session:
        told = {count.code: count.total - count.logged for count in failures.to_log(session)}
        for count in failures.to_log(session):
            failures.set_logged(count)
    return told


def to_send() -> list[FailureCount]:
    with transaction() as session:
        return list(failures.to_send(session, 10))


def settle(count: FailureCount, *, is_accepted: bool) -> None:
    with transaction() as session:
        failures.settle(session, count, is_accepted=is_accepted)


def later(monkeypatch: pytest.MonkeyPatch, by: timedelta) -> None:
    at = now() + by
    monkeypatch.setattr(failures, "now", lambda: at)


def test_failures_are_counted_by_code_and_each_once() -> None:
    record(failure(3), failure(1), failure(2, "broken"))
    record(failure(3), failure(4))  # the tick before had died between counting and its cursor
    assert totals() == {"no_audio": 3, "broken": 1}


def test_the_log_is_told_at_once_and_then_every_quarter_of_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    record(failure(1))
    assert told_to_log() == {"no_audio": 1}
    record(failure(2), failure(3), failure(4, "broken"))
    assert told_to_log() == {"broken": 1}
    later(monkeypatch, timedelta(minutes=16))
    assert told_to_log() == {"no_audio": 2}
    later(monkeypatch, timedelta(minutes=40))
    assert told_to_log() == {}


def test_the_webhook_is_told_again_of_what_it_refused_and_of_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    record(failure(1), failure(2, "broken"))
    for count in to_send():
        settle(count, is_accepted=count.code == "broken")
    assert to_send() == []
    later(monkeypatch, timedelta(minutes=2))
    assert [count.code for count in to_send()] == ["no_audio"]


def test_what_fails_while_the_webhook_is_called_is_told_next(monkeypatch: pytest.MonkeyPatch) -> None:
    record(failure(1))
    (called,) = to_send()
    record(failure(2))
    settle(called, is_accepted=True)
    later(monkeypatch, timedelta(minutes=16))
    (again,) = to_send()
    assert (again.total, again.sent) == (2, 1)


def test_a_webhook_that_is_set_later_is_told_of_what_fails_from_then_on() -> None:
    record(failure(1), failure(2))
    with transaction() as session:
        failures.skip_unsent(session)
    assert to_send() == []
    record(failure(3))
    assert [count.total - count.sent for count in to_send()] == [1]
