"""Workspaces, plans, API keys and redirect URIs."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from content_pipeline.core.errors import Invalid, NotFound, Unauthorized
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import ApiKey, RedirectUri
from content_pipeline.core.workspaces import api_keys, workspaces
from content_pipeline.core.workspaces.caller import Caller

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def name() -> str:
    """A workspace that no other test has."""
    return str(uuid4())


def create_key(workspace: str, **options: Any) -> str:
    with transaction() as session:
        return workspaces.create_key(session, workspace=workspace, **options)


def caller_of(key: str) -> Caller:
    with transaction() as session:
        return workspaces.authenticate(session, key)


def keys_of(workspace: str) -> Sequence[ApiKey]:
    with transaction() as session:
        return api_keys.list_all(session, workspaces.named(session, workspace).id)


def test_a_key_speaks_for_its_workspace_and_its_plan(name: str) -> None:
    first, second = create_key(name, plan="starter"), create_key(name)
    assert first != second
    assert caller_of(first).workspace_id == caller_of(second).workspace_id
    assert caller_of(first).plan.name == caller_of(second).plan.name == "starter"


def test_workspaces_of_other_names_are_other_workspaces(name: str) -> None:
    assert caller_of(create_key(name)).workspace_id != caller_of(create_key(f"another than {name}")).workspace_id


def test_the_plan_of_a_workspace_is_found(name: str) -> None:
    caller = caller_of(create_key(name, plan="starter"))
    with transaction() as session:
        assert workspaces.plan_of(session, caller.workspace_id).name == "starter"


def test_an_unknown_plan_is_refused_and_the_known_ones_are_named(name: str) -> None:
    with pytest.raises(Invalid, match="platinum") as caught:
        create_key(name, plan="platinum")
    assert caught.value.code == "unknown_plan"
    assert "starter, studio" in caught.value.remedy


def test_a_workspace_keeps_its_plan_and_another_one_is_refused(name: str) -> None:
    create_key(name, plan="starter")
    with pytest.raises(Invalid, match="has the plan starter") as caught:
        create_key(name, plan="studio")
    assert caught.value.code == "plan_differs"
    assert len(keys_of(name)) == 1


def test_the_database_does_not_know_the_key(name: str) -> None:
    key = create_key(name)
    (row,) = keys_of(name)
    assert key.startswith("sk_")
    assert row.hint == key[-4:]
    assert key[3:-8] not in repr(vars(row))


def redirect_uris(workspace_id: UUID) -> set[str]:
    with transaction() as session:
        return set(session.scalars(select(RedirectUri.uri).where(RedirectUri.workspace_id == workspace_id)))


def test_addresses_to_come_back_to_are_added_up_and_kept_letter_for_letter(name: str) -> None:
    mine = ["https://app.example.com/Back?a=1", "http://localhost:3000/"]
    workspace_id = caller_of(create_key(name, redirect_uris=mine)).workspace_id
    create_key(name, redirect_uris=[mine[0], "https://app.example.com/two"])
    create_key(f"another than {name}", redirect_uris=["https://other.example.com"])
    assert redirect_uris(workspace_id) == {*mine, "https://app.example.com/two"}


@pytest.mark.parametrize(
    "uri", ["", "/callback", "app.example.com/x", "javascript:alert(1)", "https://", "https://a.example/#x", "app://x"]
)
def test_an_address_that_no_browser_comes_back_to_is_refused_and_no_key_is_made(name: str, uri: str) -> None:
    with pytest.raises(Invalid) as caught:
        create_key(name, redirect_uris=["https://app.example.com", uri])
    assert caught.value.code == "redirect_uri_invalid"
    with pytest.raises(NotFound):
        keys_of(name)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda key: key[:-1] + ("0" if key[-1] != "0" else "1"),
        lambda key: key[:5] + ("a" if key[5] != "a" else "b") + key[6:],
        lambda key: key.removeprefix("sk_"),
        lambda key: "",
        lambda key: "sk_",
        lambda key: "sk_\0" + key,
        lambda key: "sk_ü",
    ],
)
def test_a_spoiled_key_is_refused(name: str, spoil: Callable[[str], str]) -> None:
    with pytest.raises(Unauthorized):
        caller_of(spoil(create_key(name)))


def test_a_well_formed_key_that_nobody_made_is_refused() -> None:
    with pytest.raises(Unauthorized):
        caller_of(f"sk_{'A' * 43}{api_keys.checksum('A' * 43)}")


def test_a_revoked_key_is_refused_and_still_listed(name: str) -> None:
    key = create_key(name)
    with transaction() as session:
        api_keys.revoke_as_operator(session, caller_of(key).api_key_id)
    with pytest.raises(Unauthorized):
        caller_of(key)
    assert [row.revoked_at is not None for row in keys_of(name)] == [True]


def test_a_key_that_does_not_exist_cannot_be_revoked(name: str) -> None:
    caller = caller_of(create_key(name))
    with transaction() as session, pytest.raises(NotFound):
        api_keys.revoke_as_operator(session, caller.workspace_id)
