"""Moments of an attempt, before and after each call and after each write, at which a test interferes."""

from typing import Any

from sqlalchemy import text

from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.publishing import publications
from content_pipeline.core.tasks import leases, tasks
from tests.core.publishing import posting
from tests.core.publishing.faults import Crash
from tests.core.publishing.posting import Stage


class AtMoment:
    """Records moments, and performs an action at the one with this number."""

    def __init__(self, number: int, action: Any) -> None:
        self.number, self.action = number, action
        self.names: list[str] = []

    def __call__(self, name: str) -> None:
        self.names.append(name)
        if len(self.names) == self.number + 1:
            self.action()


def moments_of(stage: Stage) -> list[str]:
    """The moments of an undisturbed post, by name."""
    recorder = AtMoment(-1, None)
    key = stage.post(stage.account())
    with posting.observe_moments(stage.platform, recorder):
        stage.run_to_end(key)
    stage.platform.posted.clear()
    return recorder.names


def crash() -> None:
    raise Crash


def freeze(stage: Stage, key: str) -> None:
    """Declare the run dead, end its idle database session, and let other runs publish the post."""
    with transaction() as session:
        leases.stop_subject(session, tasks.subject(publications.KIND, key))
    terminate_lock_sessions()
    stage.run_to_end(key)


def terminate_lock_sessions() -> None:
    with transaction() as session:
        session.execute(text("select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'"))
