from collections.abc import Callable
from uuid import uuid4

import pytest

from content_pipeline.core import workspaces
from content_pipeline.core.database import transaction
from content_pipeline.core.errors import Invalid, NotFound, Unauthorized

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def name() -> str:
    """A workspace that no other test has."""
    return str(uuid4())


def create_key(workspace: str, **options: str) -> str:
    with transaction() as session:
        return workspaces.create_key(session, workspace=workspace, **options)


def caller_of(key: str) -> workspaces.Caller:
    with transaction() as session:
        return workspaces.authenticate(session, key)


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


def test_the_database_does_not_know_the_key(name: str) -> None:
    key = create_key(name)
    with transaction() as session:
        (row,) = workspaces.keys(session, name)
    assert key.startswith("sk_")
    assert row.hint == key[-4:]
    assert key[3:-8] not in repr(vars(row))


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
        caller_of(f"sk_{'A' * 43}{workspaces._checksum('A' * 43)}")


def test_a_revoked_key_is_refused_and_still_listed(name: str) -> None:
    key = create_key(name)
    with transaction() as session:
        workspaces.revoke(session, caller_of(key).api_key_id)
    with pytest.raises(Unauthorized):
        caller_of(key)
    with transaction() as session:
        assert [row.revoked_at is not None for row in workspaces.keys(session, name)] == [True]


def test_a_key_that_does_not_exist_cannot_be_revoked(name: str) -> None:
    caller = caller_of(create_key(name))
    with transaction() as session, pytest.raises(NotFound):
        workspaces.revoke(session, caller.workspace_id)
