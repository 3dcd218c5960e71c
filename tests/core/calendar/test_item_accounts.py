"""The account of a calendar item: selection, conflicts, and items without one."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from content_pipeline.core.calendar import items
from content_pipeline.core.errors import Invalid, NotFound
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Account, CalendarItem, Twin
from content_pipeline.core.platforms.base import Disconnected
from content_pipeline.core.twins import twins
from tests.core.calendar.planned import (
    apply_locked,
    connect,
    create_due_item,
    create_item,
    failure_code,
    finish_and_record,
    item,
    publications_of,
    start_posts,
)
from tests.factories import make_twin, make_workspace

pytestmark = pytest.mark.usefixtures("database")


def account_of(item_id: UUID) -> UUID | None:
    return item(item_id).account_id


def set_account(account: Account, **columns: Any) -> None:
    with transaction() as session:
        for name, value in columns.items():
            setattr(session.get_one(Account, account.id), name, value)


# ── selection ────────────────────────────────────────────────────────────────────────────────────────────


def test_the_account_that_is_named_is_kept_on_the_item_else_the_twins_else_the_only_one(twin: Twin) -> None:
    first = connect(twin)
    assert account_of(create_item(twin)) == first.id
    second, third = connect(twin), connect(twin)
    with transaction() as session:
        other = make_twin(session, twin.workspace_id, accounts={"instagram": str(second.id)})
    assert account_of(create_item(other)) == second.id
    assert account_of(create_item(other, account_id=third.id)) == third.id


def test_an_item_that_could_go_to_several_accounts_is_refused(twin: Twin) -> None:
    connect(twin), connect(twin)
    with pytest.raises(Invalid) as caught:
        create_item(twin)
    assert caught.value.code == "account_ambiguous"


def test_an_account_that_is_not_there_or_another_platforms_is_refused(twin: Twin) -> None:
    with transaction() as session:
        other_twin = make_twin(session, make_workspace(session))
    for unknown in uuid4(), connect(other_twin).id:
        with pytest.raises(NotFound):
            create_item(twin, account_id=unknown)
    with pytest.raises(Invalid) as caught:
        create_item(twin, account_id=connect(twin, "tiktok").id)
    assert caught.value.code == "account_mismatch"


def test_an_item_keeps_its_account_when_more_are_connected(twin: Twin) -> None:
    only = connect(twin)
    item_id = create_due_item(twin)
    connect(twin)
    start_posts(twin)
    (post,) = publications_of(twin)
    assert post.account_id == account_of(item_id) == only.id


@pytest.mark.parametrize(
    ("change", "platform"),
    [({"platform": "tiktok"}, "tiktok"), ({"account_id": None}, "instagram"), ({"caption": "Look!"}, None)],
)
def test_a_change_of_where_it_goes_to_settles_that_anew(twin: Twin, change: dict[str, Any], platform: str) -> None:
    with transaction() as session:
        used = connect(twin)
        usual = {name: connect(twin, name) for name in ("instagram", "tiktok")}
        twins.edit(
            session,
            twins.get(session, twin.workspace_id, twin.id),
            {"accounts": {name: str(account.id) for name, account in usual.items()}},
        )
    item_id = create_item(twin, account_id=used.id)
    apply_locked(twin, item_id, items.edit, change)
    assert account_of(item_id) == (usual[platform].id if platform else used.id)


def test_a_change_to_a_platform_that_the_named_account_is_not_of_is_refused(twin: Twin) -> None:
    account = connect(twin)
    item_id = create_item(twin)
    with pytest.raises(Invalid) as caught:
        apply_locked(twin, item_id, items.edit, {"platform": "tiktok", "account_id": account.id})
    assert caught.value.code == "account_mismatch"


def test_an_item_can_be_changed_though_its_account_is_no_longer_connected(twin: Twin) -> None:
    account = connect(twin)
    item_id = create_item(twin)
    set_account(account, status="disconnected")
    apply_locked(twin, item_id, items.edit, {"caption": "Look!"})
    assert account_of(item_id) == account.id


def test_others_are_told_of_when_they_go_out_on_the_same_account_at_about_the_same_time(twin: Twin) -> None:
    noon = now() + timedelta(days=2)
    open_to_all = create_item(twin, scheduled_at=noon)
    first, second = connect(twin), connect(twin)
    here, there, here_too = (
        create_item(twin, scheduled_at=noon, account_id=account.id) for account in (first, second, first)
    )

    def conflict_ids(item_id: UUID) -> set[UUID]:
        with transaction() as session:
            return set(items.conflicts(session, session.get_one(CalendarItem, item_id)))

    assert conflict_ids(here) == {open_to_all, here_too}
    assert conflict_ids(there) == {open_to_all}
    assert conflict_ids(open_to_all) == {here, there, here_too}


def test_words_over_the_platforms_limits_are_refused_when_they_are_planned(twin: Twin) -> None:
    with pytest.raises(Invalid) as caught:
        create_item(twin, caption="x" * 2201)
    assert caught.value.code == "text_unfit"
    item_id = create_item(twin)
    with pytest.raises(Invalid) as caught:
        apply_locked(twin, item_id, items.edit, {"caption": "#many " * 31})
    assert caught.value.code == "text_unfit"


# ── without a usable account ─────────────────────────────────────────────────────────────────────────────


def test_an_item_without_an_account_fails_and_goes_out_once_there_is_one(twin: Twin) -> None:
    item_id = create_due_item(twin)
    assert start_posts(twin) == []
    assert failure_code(item_id) == "account_missing"
    account = connect(twin)
    apply_locked(twin, item_id, items.retry)
    (task,) = start_posts(twin)
    assert (item(item_id).status, account_of(item_id)) == ("publishing", account.id)
    assert str(item(item_id).publication_id) == task.key


def test_an_item_that_has_come_to_be_ambiguous_fails_until_it_is_said_where_it_goes_to(twin: Twin) -> None:
    item_id = create_due_item(twin)
    _, wanted = connect(twin), connect(twin)
    start_posts(twin)
    assert failure_code(item_id) == "account_ambiguous"
    apply_locked(twin, item_id, items.edit, {"account_id": wanted.id})
    apply_locked(twin, item_id, items.retry)
    start_posts(twin)
    assert [post.account_id for post in publications_of(twin)] == [wanted.id]


def test_an_item_whose_account_was_disconnected_fails_until_that_is_back(twin: Twin) -> None:
    account = connect(twin)
    item_id = create_due_item(twin)
    set_account(account, status="disconnected")
    connect(twin)  # no reason to post there instead
    assert start_posts(twin) == []
    assert failure_code(item_id) == "account_missing"
    set_account(account, status="connected")
    apply_locked(twin, item_id, items.retry)
    start_posts(twin)
    assert [post.account_id for post in publications_of(twin)] == [account.id]


def test_one_that_cannot_go_out_keeps_nobody_else_from_it(twin: Twin) -> None:
    first = create_due_item(twin, platform="tiktok")
    connect(twin)
    second = create_due_item(twin)
    assert len(start_posts(twin)) == 1
    assert (item(first).status, item(second).status) == ("failed", "publishing")


def test_an_item_whose_account_needs_reconnecting_fails_with_that_and_goes_on_afterwards(twin: Twin) -> None:
    account = connect(twin, status="needs_reconnect")
    item_id = create_due_item(twin)
    (task,) = start_posts(twin)
    finish_and_record(task, error=Disconnected("The grant was taken back.", remedy="Connect the account again."))
    assert failure_code(item_id) == Disconnected.code
    set_account(account, status="connected")
    apply_locked(twin, item_id, items.retry)
    (again,) = start_posts(twin)
    finish_and_record(again)
    assert item(item_id).status == "published"
