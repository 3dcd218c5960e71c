"""Removal of posts: what is called, what is recorded, and what is refused."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from content_pipeline.core.analytics import posts
from content_pipeline.core.errors import Conflict, Error, NotFound, TooManyRequests, Unavailable, UpstreamError
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Account, SocialPost
from content_pipeline.core.operations.maintenance import retention
from content_pipeline.core.platforms import registry
from content_pipeline.core.platforms.base import Access, Refused
from content_pipeline.core.publishing import publications, removal
from tests.core.publishing import posting
from tests.core.publishing.faults import Crash
from tests.core.publishing.posting import PLATFORM, Stage

OUT = UpstreamError("It is out.", remedy="Repeat it.", retryable=True)


class Remover:
    """The call of the fake platform that takes a post down."""

    def __init__(self) -> None:
        self.removed: list[str] = []
        self.error: Error | None = None
        self.dies = False

    def __call__(self, access: Access, post_id: str) -> None:
        if self.error:
            raise self.error
        self.removed.append(post_id)
        if self.dies:
            raise Crash


@pytest.fixture
def stage(workspace_id: UUID, tmp_path: Path) -> Iterator[Stage]:
    with posting.stage(workspace_id, tmp_path) as stage:
        yield stage


@pytest.fixture
def remover(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Remover:
    remover = Remover()
    monkeypatch.setitem(registry.PLATFORMS, PLATFORM, replace(registry.PLATFORMS[PLATFORM], remove_post=remover))
    return remover


@pytest.fixture
def key(stage: Stage) -> str:
    """A published post."""
    key = stage.post(stage.account())
    stage.run_to_end(key)
    return key


def status(key: str) -> str:
    return publications.status(posting.publication(key), posting.newest(key))


def read_post(account: Account) -> SocialPost:
    with transaction() as session:
        return session.scalars(select(SocialPost).where(SocialPost.account_id == account.id)).one()


def test_a_published_post_is_taken_down_once_and_its_figures_rest(stage: Stage, remover: Remover) -> None:
    account = stage.account()
    key = stage.post(account)
    stage.run_to_end(key)
    with transaction() as session:
        posts.record_published(session, account)
    removal.remove_post(stage.workspace_id, key)
    removal.remove_post(stage.workspace_id, key)
    post = posting.publication(key)
    assert remover.removed == [post.post_id]
    assert (status(key), post.published_at is not None, post.poll_at) == ("removed", True, None)
    assert read_post(account).vanished_at == post.removed_at
    with transaction() as session:
        assert list(posts.due(session, account, now() + timedelta(days=1))) == []


def test_a_post_that_was_removed_before_its_first_reading_is_never_read(stage: Stage, remover: Remover) -> None:
    account = stage.account()
    key = stage.post(account)
    stage.run_to_end(key)
    removal.remove_post(stage.workspace_id, key)
    with transaction() as session:
        posts.record_published(session, account)
        assert list(posts.due(session, account, now() + timedelta(days=1))) == []


def test_the_intention_is_stored_before_the_call_and_a_repetition_ends_it(
    stage: Stage, remover: Remover, key: str
) -> None:
    remover.error = OUT
    with pytest.raises(UpstreamError):
        removal.remove_post(stage.workspace_id, key)
    post = posting.publication(key)
    assert (status(key), post.removing_at is not None, post.removed_at) == ("published", True, None)
    remover.error = None
    removal.remove_post(stage.workspace_id, key)
    assert status(key) == "removed"


def test_a_removal_whose_process_was_killed_after_the_call_is_finished(
    stage: Stage, remover: Remover, key: str
) -> None:
    remover.dies = True
    with pytest.raises(Crash):
        removal.remove_post(stage.workspace_id, key)
    remover.dies = False
    retention.sweep_rows()
    assert (status(key), len(remover.removed)) == ("published", 1), "the request may still be at work"
    posting.advance_clock(minutes=6)
    retention.sweep_rows()
    retention.sweep_rows()
    assert (status(key), len(remover.removed)) == ("removed", 2)


FAILURES = [
    Refused("It belongs to an advertisement.", remedy="End the advertisement."),
    TooManyRequests("The quota of the day is used up.", code="youtube_quota", remedy="Try again tomorrow."),
    Unavailable("Another process refreshes the token.", code="token_refreshing", remedy="Try again."),
]


@pytest.mark.slow
@pytest.mark.parametrize("error", FAILURES, ids=["refused", "quota", "token"])
def test_a_removal_that_is_known_to_have_failed_is_not_repeated(
    stage: Stage, remover: Remover, key: str, error: Error
) -> None:
    remover.error = error
    with pytest.raises(type(error)):
        removal.remove_post(stage.workspace_id, key)
    remover.error = None
    posting.advance_clock(minutes=6)
    retention.sweep_rows()
    assert (status(key), remover.removed) == ("published", [])


def test_a_repeated_removal_that_is_refused_is_the_last_one(stage: Stage, remover: Remover, key: str) -> None:
    remover.error = OUT
    with pytest.raises(UpstreamError):
        removal.remove_post(stage.workspace_id, key)
    posting.advance_clock(minutes=6)
    remover.error = FAILURES[0]
    retention.sweep_rows()
    remover.error = None
    retention.sweep_rows()
    assert (status(key), remover.removed) == ("published", [])


def test_a_removal_whose_outcome_stays_unknown_for_a_day_is_given_up(stage: Stage, remover: Remover, key: str) -> None:
    remover.error = OUT
    with pytest.raises(UpstreamError):
        removal.remove_post(stage.workspace_id, key)
    remover.error = None
    posting.advance_clock(days=1, minutes=1)
    retention.sweep_rows()
    assert (status(key), remover.removed) == ("published", [])


def test_a_post_that_is_not_out_is_not_removed(stage: Stage, remover: Remover) -> None:
    key = stage.post(stage.account())
    with pytest.raises(Conflict) as refused:
        removal.remove_post(stage.workspace_id, key)
    assert (refused.value.code, remover.removed) == ("post_publishing", [])


def test_a_platform_without_such_a_call_says_so(stage: Stage, key: str) -> None:
    with pytest.raises(Conflict) as refused:
        removal.remove_post(stage.workspace_id, key)
    assert refused.value.code == "removal_unsupported"
    assert str(posting.publication(key).post_url) in refused.value.remedy
    assert posting.publication(key).removing_at is None


def test_another_workspace_s_post_is_not_found(stage: Stage, remover: Remover) -> None:
    key = stage.post(stage.account())
    with pytest.raises(NotFound):
        removal.remove_post(uuid4(), key)


def test_which_platforms_let_a_post_be_removed() -> None:
    assert {name for name, spec in registry.PLATFORMS.items() if spec.remove_post} == {"linkedin", "youtube"}
