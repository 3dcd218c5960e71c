"""Odd posts in the answers of a platform: one hides no other and is not taken for gone; all of them are an error."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import select

from content_pipeline.core.analytics import posts, sync, windows
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Account, AccountSync, MetricSnapshot, SocialPost
from content_pipeline.core.platforms import transport
from tests.accounts import connect
from tests.sandbox_server import Sandbox

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("no_pauses")]

# The platforms give these names to the time of a post in a list, and to its figures in an answer about it.
_TIMES: Final = ("timestamp", "create_time", "videoPublishedAt")
_FIGURES: Final = ("like_count", "statistics", "values", "count")
# At Instagram and at LinkedIn, the address names the post that an answer is about like this.
_ABOUT: Final = ("/{}/insights", ":{})")


class _Spoiling(httpx.BaseTransport):
    """The network, on which the answers are changed by a function."""

    def __init__(self, spoil: Callable[[str, Any], None]) -> None:
        self._network, self._spoil = httpx.HTTPTransport(), spoil

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self._network.handle_request(request)
        response.read()
        body = response.json()
        self._spoil(str(request.url), body)
        return httpx.Response(response.status_code, json=body)

    def close(self) -> None:
        self._network.close()


def _objects(found: Any) -> Iterator[dict[str, Any]]:
    if isinstance(found, dict):
        yield found
    for part in found.values() if isinstance(found, dict) else found if isinstance(found, list) else ():
        yield from _objects(part)


def _spoil(names: tuple[str, ...], post_id: str, url: str, body: Any) -> None:
    """Let these names of a post have a word as their value."""
    is_about = any(form.format(quote(post_id, safe="")) in url for form in _ABOUT)
    for entry in list(_objects(body)):
        if is_about or post_id in (entry.get("id"), entry.get("videoId")):
            entry.update({name: "many" for name in names if name in entry})


def _know(account: Account, made: Sequence[dict[str, Any]]) -> None:
    """Posts that need not be listed."""
    with transaction() as session:
        session.add_all(
            SocialPost(
                id=uuid4(),
                workspace_id=account.workspace_id,
                account_id=account.id,
                platform=account.platform,
                post_id=post["id"],
                text="",
                published_at=post["time"],
                next_read_at=post["time"],
            )
            for post in made
        )


def _sync(monkeypatch: pytest.MonkeyPatch, platform: str, spoil: Callable[[str, Any], None]) -> sync.Outcome:
    with httpx.Client(transport=_Spoiling(spoil)) as client:
        monkeypatch.setattr(transport, "client", lambda: client)
        (outcome,) = sync.sync_platform(transaction, platform, [windows.latest_complete(now())])
    return outcome


@pytest.mark.parametrize("platform", ["instagram", "tiktok", "youtube", "linkedin"])
def test_a_malformed_post_hides_no_other_and_is_not_gone(
    platforms: Sandbox, workspace_id: UUID, monkeypatch: pytest.MonkeyPatch, platform: str
) -> None:
    platforms.set(instagram_insights_seconds=0, tiktok_listing_seconds=0)
    made = platforms.history(platform, posts=4, days=20)
    unlisted, unread, *others = (post["id"] for post in made)
    account = connect(platforms, workspace_id, platform)
    if platform == "linkedin":
        _know(account, made[1:])

    def spoil(url: str, body: Any) -> None:
        _spoil(_TIMES, unlisted, url, body)
        _spoil(_FIGURES, unread, url, body)

    outcome = _sync(monkeypatch, platform, spoil)
    assert (outcome.error, outcome.posts_read) == (None, 3)
    with transaction() as session:
        found = session.execute(
            select(SocialPost.post_id, MetricSnapshot.likes, SocialPost.vanished_at)
            .join(MetricSnapshot, MetricSnapshot.social_post_id == SocialPost.id)
            .where(SocialPost.account_id == account.id)
        ).all()
    assert {post_id: likes is not None for post_id, likes, _ in found} == {unread: False, **dict.fromkeys(others, True)}
    assert {vanished_at for _, _, vanished_at in found} == {None}


@pytest.mark.parametrize(
    ("platform", "names"),
    [
        ("instagram", _TIMES),
        ("tiktok", _TIMES),
        ("youtube", _TIMES),
        ("instagram", _FIGURES),
        ("tiktok", _FIGURES),
        ("youtube", _FIGURES),
        ("linkedin", _FIGURES),
    ],
)
def test_a_form_that_a_platform_changed_is_an_error_and_its_posts_stay_due(
    platforms: Sandbox, workspace_id: UUID, monkeypatch: pytest.MonkeyPatch, platform: str, names: tuple[str, ...]
) -> None:
    platforms.set(instagram_insights_seconds=0, tiktok_listing_seconds=0)
    made = platforms.history(platform, posts=2, days=20)
    account = connect(platforms, workspace_id, platform)
    _know(account, made)

    def spoil(url: str, body: Any) -> None:
        for post in made:
            _spoil(names, post["id"], url, body)

    outcome = _sync(monkeypatch, platform, spoil)
    assert outcome.error
    assert (outcome.error.code, outcome.posts_read) == ("broken", 0)
    with transaction() as session:
        assert len(posts.due(session, account, now())) == 2
        assert session.scalars(select(MetricSnapshot).where(MetricSnapshot.account_id == account.id)).all() == []
        assert session.scalars(select(AccountSync.error).where(AccountSync.account_id == account.id)).one() is not None
