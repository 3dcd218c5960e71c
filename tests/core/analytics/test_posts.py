"""Posts of an account: found in its listing, linked with what was published here, and read less often with age."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from content_pipeline.core.analytics import posts, readings, windows
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Account, MetricSnapshot, Publication, SocialPost
from content_pipeline.core.platforms.insights import ListedPost
from tests.factories import make_account, make_publication

TEXT = "Bread needs time.\n\n#baking"


@pytest.fixture
def account(workspace_id: UUID) -> Account:
    with transaction() as session:
        return make_account(session, workspace_id, "tiktok")


def listed(post_id: str = "7", *, text: str = "From the phone.", published_at: datetime | None = None) -> ListedPost:
    return ListedPost(post_id, f"https://tiktok.example.com/{post_id}", text, published_at or now(), 12.0)


def record(account: Account, *found: ListedPost) -> dict[str, SocialPost]:
    """The account's posts after a listing, by their id."""
    with transaction() as session:
        posts.record_published(session, account)
        posts.record_listed(session, account, found)
    with transaction() as session:
        rows = session.scalars(select(SocialPost).where(SocialPost.account_id == account.id))
        return {post.post_id: post for post in rows}


def published(account: Account, **fields: object) -> Publication:
    with transaction() as session:
        return make_publication(session, account.id, **fields)


def test_a_post_that_was_made_elsewhere_is_external(account: Account) -> None:
    found = record(account, listed("7"))
    assert (found["7"].publication_id, found["7"].twin_id) == (None, None)


def test_a_post_that_was_published_here_is_linked_with_its_publication(account: Account) -> None:
    publication = published(account, post_id="8")
    assert record(account, listed("8"))["8"].publication_id == publication.id


def test_a_published_post_is_known_before_the_platform_lists_it(account: Account) -> None:
    publication = published(account, post_id="9")
    found = record(account)
    assert found["9"].publication_id == publication.id
    assert found["9"].text == TEXT


def test_a_post_that_is_listed_again_stays_one_row_and_takes_the_new_text(account: Account) -> None:
    first = record(account, listed("7"))["7"]
    again = record(account, listed("7", text="Edited."))
    assert (len(again), again["7"].id, again["7"].text) == (1, first.id, "Edited.")


def test_a_listing_that_shows_a_post_twice_is_taken(account: Account) -> None:
    assert len(record(account, listed("7"), listed("7"))) == 1


def test_an_id_that_comes_late_is_found_by_text_and_time(account: Account) -> None:
    publication = published(account, post_id=None)
    found = record(account, listed("7", text=TEXT))
    assert found["7"].publication_id == publication.id
    with transaction() as session:
        row = session.get_one(Publication, publication.id)
    assert (row.post_id, row.post_url) == ("7", "https://tiktok.example.com/7")


@pytest.mark.parametrize(
    "candidates",
    [
        pytest.param([listed("7", text="Another text.")], id="another text"),
        pytest.param([listed("7", text=TEXT, published_at=now() - timedelta(days=1))], id="published before"),
        pytest.param([listed("7", text=TEXT), listed("8", text=TEXT)], id="two that cannot be told apart"),
    ],
)
def test_an_id_that_may_be_another_post_s_is_not_taken(account: Account, candidates: list[ListedPost]) -> None:
    publication = published(account, post_id=None)
    found = record(account, *candidates)
    assert {post.publication_id for post in found.values()} == {None}
    with transaction() as session:
        assert session.get_one(Publication, publication.id).post_id is None


def test_the_same_post_of_two_workspaces_is_a_row_of_each(account: Account, workspace_id: UUID) -> None:
    with transaction() as session:
        other = make_account(session, workspace_id, "tiktok")
    assert record(account, listed("7"))["7"].id != record(other, listed("7"))["7"].id


@pytest.mark.parametrize(
    ("age", "hours"),
    [(timedelta(days=1), 6), (timedelta(days=6.9), 6), (timedelta(days=8), 24), (timedelta(days=40), 168)],
)
def test_a_post_is_read_less_often_with_age(age: timedelta, hours: int) -> None:
    """Due in the window of that time, although a window is never read at the same second."""
    due = posts.next_reading(now() - age, now()) - now()
    assert timedelta(hours=hours - 6) < due <= timedelta(hours=hours - 3)


def test_a_post_of_an_account_that_was_connected_shortly_before_the_end_of_a_window_is_read_again_at_its_end() -> None:
    end = windows.latest_complete(now()).end + windows.LENGTH
    for before in (timedelta(minutes=1), timedelta(hours=2)):
        assert posts.next_reading(end - timedelta(days=1), end - before) == end


def test_a_post_that_is_read_is_due_again_later(account: Account) -> None:
    record(account, listed("7"))
    with transaction() as session:
        due = posts.due(session, account, now())
        readings.record_posts(session, due, {"7": {"views": 12.0}}, now())
    with transaction() as session:
        assert [post.post_id for post in due] == ["7"]
        assert posts.due(session, account, now()) == []
        assert [post.post_id for post in posts.due(session, account, now() + timedelta(hours=6))] == ["7"]
        assert session.scalars(select(MetricSnapshot.views).where(MetricSnapshot.account_id == account.id)).all() == [
            12
        ]


def test_a_young_post_without_figures_is_in_moderation_and_read_again(account: Account) -> None:
    record(account, listed("7"))
    with transaction() as session:
        readings.record_posts(session, posts.due(session, account, now()), {}, now())
    with transaction() as session:
        assert [post.post_id for post in posts.due(session, account, now() + timedelta(hours=6))] == ["7"]


def test_a_post_without_figures_has_vanished_and_is_not_read_again_until_it_is_listed(account: Account) -> None:
    record(account, listed("7", published_at=now() - timedelta(days=3)))
    with transaction() as session:
        readings.record_posts(session, posts.due(session, account, now()), {}, now())
    with transaction() as session:
        post = session.scalars(select(SocialPost).where(SocialPost.account_id == account.id)).one()
        assert post.vanished_at
        assert posts.due(session, account, now() + timedelta(days=9)) == []
    assert record(account, listed("7"))["7"].vanished_at is None


def test_a_first_listing_goes_back_ninety_days_and_later_ones_to_the_newest_post(account: Account) -> None:
    moment = now()
    with transaction() as session:
        assert posts.list_since(session, account, moment) == moment - timedelta(days=90)
    record(account, listed(str(uuid4()), published_at=moment - timedelta(days=2)))
    with transaction() as session:
        assert posts.list_since(session, account, moment) == moment - timedelta(days=5)
