"""Accounts: selection for a post, and disconnection."""

from uuid import UUID, uuid4

import pytest

from content_pipeline.core.errors import Invalid, NotFound
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Account, Twin
from content_pipeline.core.platforms.accounts import accounts, tokens
from content_pipeline.core.platforms.base import Disconnected, Expired
from content_pipeline.core.platforms.registry import PLATFORMS
from content_pipeline.core.settings import settings
from content_pipeline.core.twins import twins
from tests.accounts import connect, encryption_key, read_account
from tests.factories import make_account, make_twin, make_workspace
from tests.sandbox_server import Sandbox


def chosen_account_id(
    workspace_id: UUID, platform: str = "tiktok", account_id: UUID | None = None, twin: Twin | None = None
) -> UUID:
    with transaction() as session:
        return accounts.choose(session, workspace_id, platform, account_id, twin).id


def unused_username() -> str:
    """A username that no other test has connected."""
    return uuid4().hex[:20]


def choice_error(*arguments: object, **named: object) -> Invalid:
    with pytest.raises(Invalid) as caught:
        chosen_account_id(*arguments, **named)
    return caught.value


def create_twin_with_accounts(workspace_id: UUID, **platforms: Account) -> Twin:
    with transaction() as session:
        defaults = {platform: str(account.id) for platform, account in platforms.items()}
        return make_twin(session, workspace_id, accounts=defaults)


def test_the_only_account_of_a_platform_is_taken(platforms: Sandbox, workspace_id: UUID) -> None:
    account = connect(platforms, workspace_id, "tiktok")
    connect(platforms, workspace_id, "instagram")
    assert chosen_account_id(workspace_id) == account.id


def test_without_an_account_of_the_platform_there_is_nothing_to_take(platforms: Sandbox, workspace_id: UUID) -> None:
    connect(platforms, workspace_id, "instagram")
    error = choice_error(workspace_id)
    assert error.code == "account_missing"
    assert "/social/connect/tiktok" in error.remedy


def test_several_accounts_are_ambiguous_unless_one_is_named(platforms: Sandbox, workspace_id: UUID) -> None:
    first = connect(platforms, workspace_id, "tiktok")
    second = connect(platforms, workspace_id, "tiktok", "tech.tom")
    error = choice_error(workspace_id)
    assert error.code == "account_ambiguous"
    assert all(shown in error.detail for shown in (str(first.id), str(second.id), "@mara.bakes", "@tech.tom"))
    assert chosen_account_id(workspace_id, account_id=second.id) == second.id
    assert chosen_account_id(workspace_id, twin=create_twin_with_accounts(workspace_id, tiktok=first)) == first.id
    assert (
        chosen_account_id(
            workspace_id, account_id=second.id, twin=create_twin_with_accounts(workspace_id, tiktok=first)
        )
        == second.id
    )


def test_a_twin_without_an_account_for_the_platform_takes_the_only_one(platforms: Sandbox, workspace_id: UUID) -> None:
    account = connect(platforms, workspace_id, "tiktok")
    twin = create_twin_with_accounts(workspace_id, instagram=connect(platforms, workspace_id, "instagram"))
    assert chosen_account_id(workspace_id, twin=twin) == account.id


def test_a_twins_account_that_was_disconnected_is_not_replaced_by_another(
    platforms: Sandbox, workspace_id: UUID
) -> None:
    twin = create_twin_with_accounts(workspace_id, tiktok=connect(platforms, workspace_id, "tiktok"))
    accounts.disconnect(workspace_id, "tiktok")
    connect(platforms, workspace_id, "tiktok", "tech.tom")
    assert choice_error(workspace_id, twin=twin).code == "account_missing"


def test_an_account_of_another_platform_is_not_taken(platforms: Sandbox, workspace_id: UUID) -> None:
    account = connect(platforms, workspace_id, "instagram")
    assert choice_error(workspace_id, account_id=account.id).code == "account_mismatch"


def test_another_workspaces_account_does_not_exist(platforms: Sandbox, workspace_id: UUID) -> None:
    account = connect(platforms, workspace_id, "tiktok")
    with transaction() as session:
        other_workspace_id = make_workspace(session)
    for account_id in (account.id, uuid4()):
        with pytest.raises(NotFound) as caught:
            chosen_account_id(other_workspace_id, account_id=account_id)
        assert caught.value.code == "account_not_found"
    assert choice_error(other_workspace_id).code == "account_missing"
    with pytest.raises(NotFound):
        accounts.disconnect(other_workspace_id, "tiktok", account.id)
    assert read_account(account.id).status == "connected"


def test_an_account_that_needs_reconnecting_still_takes_posts(platforms: Sandbox, workspace_id: UUID) -> None:
    account = connect(platforms, workspace_id, "tiktok")
    tokens.mark_disconnected(
        account.id, tokens.get_access(account.id).token, Disconnected("No.", remedy="Connect it again.")
    )
    assert chosen_account_id(workspace_id) == account.id


def test_a_twin_accepts_only_accounts_that_it_can_use(platforms: Sandbox, workspace_id: UUID) -> None:
    tiktok = connect(platforms, workspace_id, "tiktok")
    with transaction() as session:
        twin = make_twin(session, workspace_id)
        assert twin.accounts == {}
        for unusable in ({"instagram": str(tiktok.id)}, {"tiktok": str(uuid4())}):
            with pytest.raises((Invalid, NotFound)), session.begin_nested():
                twins.edit(session, twin, {"accounts": unusable})
        session.refresh(twin)
        twins.edit(session, twin, {"accounts": {"tiktok": str(tiktok.id)}})
    accounts.disconnect(workspace_id, "tiktok")
    with transaction() as session:
        twins.edit(session, session.get_one(Twin, twin.id), {"name": "Renamed"})


@pytest.mark.parametrize("platform", ["tiktok", "linkedin", "youtube"])
def test_disconnecting_revokes_the_grant(platforms: Sandbox, workspace_id: UUID, platform: str) -> None:
    account = connect(platforms, workspace_id, platform, unused_username())
    token = tokens.get_access(account.id).token
    accounts.disconnect(workspace_id, platform)
    with pytest.raises(Expired):
        PLATFORMS[platform].oauth.profile(token)


def test_a_disconnected_account_has_no_tokens_and_is_not_listed(platforms: Sandbox, workspace_id: UUID) -> None:
    account = connect(platforms, workspace_id, "tiktok")
    accounts.disconnect(workspace_id, "tiktok")
    found = read_account(account.id)
    assert (found.status, found.access_token, found.refresh_token, found.issued_at) == ("disconnected", *[None] * 3)
    with transaction() as session:
        assert accounts.list_page(session, workspace_id, limit=50) == ([], None)


def test_one_account_of_several_can_be_disconnected(platforms: Sandbox, workspace_id: UUID) -> None:
    first, second = (connect(platforms, workspace_id, "tiktok", name) for name in ("mara.bakes", "tech.tom"))
    accounts.disconnect(workspace_id, "tiktok", first.id)
    assert [read_account(account.id).status for account in (first, second)] == ["disconnected", "connected"]
    connect(platforms, workspace_id, "tiktok")
    accounts.disconnect(workspace_id, "tiktok")
    assert [read_account(account.id).status for account in (first, second)] == ["disconnected"] * 2


def test_an_account_that_is_not_connected_cannot_be_disconnected(platforms: Sandbox, workspace_id: UUID) -> None:
    account = connect(platforms, workspace_id, "tiktok")
    for platform, account_id in (("instagram", None), ("instagram", account.id), ("tiktok", uuid4())):
        with pytest.raises(NotFound):
            accounts.disconnect(workspace_id, platform, account_id)
    assert read_account(account.id).status == "connected"


def test_a_grant_that_another_workspace_uses_is_not_revoked(platforms: Sandbox, workspace_id: UUID) -> None:
    username = unused_username()
    connect(platforms, workspace_id, "tiktok", username)
    with transaction() as session:
        other_workspace_id = make_workspace(session)
    other_account = connect(platforms, other_workspace_id, "tiktok", username)
    accounts.disconnect(workspace_id, "tiktok")
    token = tokens.get_access(other_account.id).token
    assert PLATFORMS["tiktok"].oauth.profile(token).user_id == other_account.user_id
    accounts.disconnect(other_workspace_id, "tiktok")
    with pytest.raises(Expired):
        PLATFORMS["tiktok"].oauth.profile(token)


@pytest.mark.parametrize("kind", ["drop", "accept_then_drop", "status"])
def test_an_account_is_disconnected_even_if_the_platform_cannot_be_reached(
    platforms: Sandbox, workspace_id: UUID, kind: str
) -> None:
    account = connect(platforms, workspace_id, "tiktok")
    platforms.fail("tiktok", "grant", kind)
    accounts.disconnect(workspace_id, "tiktok")
    assert read_account(account.id).status == "disconnected"


def test_an_account_without_tokens_is_disconnected(workspace_id: UUID) -> None:
    with transaction() as session:
        account = make_account(session, workspace_id, "tiktok")
    accounts.disconnect(workspace_id, "tiktok")
    assert read_account(account.id).status == "disconnected"


def test_an_account_is_disconnected_even_if_its_encryption_key_is_lost(
    platforms: Sandbox, workspace_id: UUID, monkeypatch
) -> None:
    account = connect(platforms, workspace_id, "tiktok")
    monkeypatch.setattr(settings(), "encryption_keys", [encryption_key(9)])
    accounts.disconnect(workspace_id, "tiktok")
    assert read_account(account.id).status == "disconnected"
