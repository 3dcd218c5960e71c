"""Memory of twins in ZeroMemory: a sandbox server takes its place."""

import socket
import threading
from collections.abc import Iterator
from uuid import UUID, uuid4

import httpx
import pytest
import uvicorn
from pydantic import SecretStr
from sqlalchemy import select

from content_pipeline.core.errors import Conflict, Error, Unavailable, UpstreamError
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Memory, Twin
from content_pipeline.core.settings import settings
from content_pipeline.core.twins import deleted_memories, memory, twins
from content_pipeline.core.twins import zeromemory as zeromemory_client
from sandbox import zeromemory
from tests.factories import make_twin, make_workspace
from tests.polling import until


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The base URL of the sandbox server."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(zeromemory.create_app(), log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        until(lambda: server.started, seconds=20, what="the server")
        yield "http://{}:{}".format(*listening.getsockname())
        zeromemory_client.client().close()
        zeromemory_client.client.cache_clear()
        server.should_exit = True
        thread.join(20)


@pytest.fixture
def token(address: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The token of a new ZeroMemory account, in the settings."""
    token = f"sandbox-{uuid4()}"
    monkeypatch.setattr(settings(), "zeromemory_url", address)
    monkeypatch.setattr(settings(), "zeromemory_token", SecretStr(token))
    return token


@pytest.fixture
def account(address: str, token: str) -> Iterator[httpx.Client]:
    """A client that calls ZeroMemory directly, with the same token."""
    with httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}) as client:
        yield client


@pytest.fixture
def namespace(workspace_id: UUID, token: str) -> str:
    return new_namespace(workspace_id)


def new_namespace(workspace_id: UUID) -> str:
    with transaction() as session:
        return memory.namespace_of(make_twin(session, workspace_id).id)


def remember(workspace_id: UUID, namespace: str, content: str, **fields) -> Memory:
    with transaction() as session:
        return memory.remember(session, workspace_id=workspace_id, namespace=namespace, content=content, **fields)


def recall(workspace_id: UUID, namespace: str, query: str, **fields) -> list[str]:
    with transaction() as session:
        found = memory.recall(session, workspace_id=workspace_id, namespace=namespace, query=query, **fields)
    assert all(0 <= recalled.score <= 1 for recalled in found)
    return [recalled.memory.content for recalled in found]


def all_memories(account: httpx.Client) -> list[dict]:
    return account.post("/recall", json={"query": "", "limit": 100}).raise_for_status().json()["results"]


def test_a_memory_is_kept_there_and_found_by_it(workspace_id: UUID, namespace: str, account: httpx.Client) -> None:
    kept = remember(workspace_id, namespace, "She likes tea.", tags=["drinks"], memory_type="semantic")
    remember(workspace_id, namespace, "The rent is due.")
    assert {there["memory_id"]: there["content"] for there in all_memories(account)}[
        kept.remote_id or ""
    ] == kept.content
    assert kept.vector is None
    assert recall(workspace_id, namespace, "likes tea") == ["She likes tea.", "The rent is due."]
    assert recall(workspace_id, namespace, "likes tea", limit=1) == ["She likes tea."]
    assert recall(workspace_id, namespace, "likes tea", layer="episodic") == ["The rent is due."]


def test_one_account_keeps_the_twins_apart(workspace_id: UUID, namespace: str) -> None:
    with transaction() as session:
        other_workspace_id = make_workspace(session)
    other_namespace = new_namespace(other_workspace_id)
    remember(workspace_id, namespace, "She likes tea.")
    remember(other_workspace_id, other_namespace, "He likes tea.")
    assert recall(workspace_id, namespace, "tea") == ["She likes tea."]
    assert recall(other_workspace_id, other_namespace, "tea") == ["He likes tea."]


def test_what_others_keep_in_the_account_is_not_found(
    workspace_id: UUID, namespace: str, account: httpx.Client
) -> None:
    account.post("/remember", json={"content": "tea tea tea", "entity_id": namespace}).raise_for_status()
    remember(workspace_id, namespace, "She likes tea.")
    assert recall(workspace_id, namespace, "tea") == ["She likes tea."]


def test_an_entity_is_found_among_many_others(workspace_id: UUID, namespace: str) -> None:
    for number in range(15):
        remember(workspace_id, namespace, f"Brand {number} likes tea.", importance=0.9)
    remember(workspace_id, namespace, "Acme likes tea.", entity_id="acme", importance=0.1)
    assert recall(workspace_id, namespace, "likes tea", entity_id="acme") == ["Acme likes tea."]


def test_what_is_forgotten_is_gone_there_too(workspace_id: UUID, namespace: str, account: httpx.Client) -> None:
    tea = remember(workspace_id, namespace, "She likes tea.")
    for entity in ("acme", None):
        remember(workspace_id, namespace, "She likes cake.", entity_id=entity)
    with transaction() as session:
        memory.forget(session, workspace_id=workspace_id, memory_id=tea.id)
    assert [there["content"] for there in all_memories(account)] == ["She likes cake.", "She likes cake."]
    with transaction() as session:
        assert memory.forget_all(session, workspace_id=workspace_id, namespace=namespace) == 2
    assert all_memories(account) == []


def test_a_memory_that_is_gone_there_can_be_forgotten_here(
    workspace_id: UUID, namespace: str, account: httpx.Client
) -> None:
    tea = remember(workspace_id, namespace, "She likes tea.")
    account.delete(f"/forget/{tea.remote_id}").raise_for_status()
    with transaction() as session:
        memory.forget(session, workspace_id=workspace_id, memory_id=tea.id)
        assert session.get(Memory, tea.id) is None


def test_what_could_not_be_kept_there_is_not_here_either(
    workspace_id: UUID, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "zeromemory_token", SecretStr("expired"))
    with pytest.raises(UpstreamError) as raised:
        remember(workspace_id, namespace, "She likes tea.")
    assert raised.value.code == "zeromemory_unauthorized"
    with transaction() as session:
        assert memory.forget_all(session, workspace_id=workspace_id, namespace=namespace) == 0


def test_without_the_token_what_is_there_is_neither_found_nor_forgotten(
    workspace_id: UUID, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = remember(workspace_id, namespace, "She likes tea.")
    monkeypatch.setattr(settings(), "zeromemory_token", SecretStr(""))
    here = remember(workspace_id, namespace, "She likes cake.")
    assert (there.vector, here.remote_id) == (None, None)
    assert recall(workspace_id, namespace, "tea") == ["She likes cake."]
    with pytest.raises(Unavailable) as raised, transaction() as session:
        memory.forget_all(session, workspace_id=workspace_id, namespace=namespace)
    assert isinstance(raised.value, Error)
    assert raised.value.code == "zeromemory_unset"
    assert recall(workspace_id, namespace, "tea") == ["She likes cake."]


# ── deleted twins ────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def deleted(workspace_id: UUID, namespace: str) -> list[UUID]:
    """The memories of a twin that is deleted."""
    found = [remember(workspace_id, namespace, f"She likes {what}.", entity_id="acme") for what in ("tea", "cake")]
    with transaction() as session:
        twin = session.get_one(Twin, found[0].twin_id)
        twins.delete(twin)
        deleted_memories.erase(session, twin)
    return [memory.id for memory in found]


def rows(ids: list[UUID]) -> list[Memory]:
    with transaction() as session:
        return list(session.scalars(select(Memory).where(Memory.id.in_(ids))))


def test_the_memories_of_a_deleted_twin_are_erased_here_at_once_and_there_soon(
    deleted: list[UUID], account: httpx.Client
) -> None:
    assert {(row.content, row.entity_id) for row in rows(deleted)} == {("", None)}
    assert len(all_memories(account)) == 2
    assert deleted_memories.forget_remaining() == 2
    assert (rows(deleted), all_memories(account)) == ([], [])


@pytest.mark.parametrize("fault", ["unreachable", "unauthorized", "unset"])
def test_while_zeromemory_deletes_nothing_they_are_still_to_be_deleted(
    deleted: list[UUID], account: httpx.Client, address: str, token: str, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    faults = {
        "unreachable": ("zeromemory_url", "http://127.0.0.1:1"),
        "unauthorized": ("zeromemory_token", SecretStr("expired")),
        "unset": ("zeromemory_token", SecretStr("")),
    }
    with monkeypatch.context() as patch:
        patch.setattr(settings(), *faults[fault])
        assert deleted_memories.forget_remaining() == 0
    assert len(rows(deleted)) == 2
    assert deleted_memories.forget_remaining() == 2
    assert all_memories(account) == []


def test_a_memory_that_it_refuses_to_delete_keeps_no_other(
    deleted: list[UUID], account: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forget_all_but_one(memory_id: str) -> None:
        if memory_id == refused.remote_id:
            raise UpstreamError("No.", code="zeromemory_refused")
        forget(memory_id)

    refused, _ = rows(deleted)
    forget = zeromemory_client.forget
    monkeypatch.setattr(zeromemory_client, "forget", forget_all_but_one)
    assert deleted_memories.forget_remaining() == 1
    assert [row.id for row in rows(deleted)] == [refused.id]
    assert [there["memory_id"] for there in all_memories(account)] == [refused.remote_id]


# ── deleted workspaces ───────────────────────────────────────────────────────────────────────────────────


def test_the_memories_of_a_workspace_are_deleted_there_and_those_of_others_stay(
    workspace_id: UUID, deleted: list[UUID], account: httpx.Client
) -> None:
    """Those of its living and of its deleted twins."""
    mine = remember(workspace_id, new_namespace(workspace_id), "He likes tea.")
    with transaction() as session:
        other_workspace_id = make_workspace(session)
    remember(other_workspace_id, new_namespace(other_workspace_id), "They like tea.")
    deleted_memories.forget_of_workspace(workspace_id)
    assert [there["content"] for there in all_memories(account)] == ["They like tea."]
    assert rows([mine.id, *deleted]) == []


def test_the_memories_of_a_workspace_that_zeromemory_keeps_are_told_and_the_next_call_goes_on(
    workspace_id: UUID, namespace: str, account: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = [remember(workspace_id, namespace, f"She likes {what}.") for what in ("tea", "cake")]
    with monkeypatch.context() as patch:
        patch.setattr(settings(), "zeromemory_url", "http://127.0.0.1:1")
        with pytest.raises(Conflict) as raised:
            deleted_memories.forget_of_workspace(workspace_id)
    assert (raised.value.code, raised.value.detail.count("could not be reached")) == ("memories_left", 1)
    assert len(rows([memory.id for memory in kept])) == len(all_memories(account)) == 2
    deleted_memories.forget_of_workspace(workspace_id)
    assert (rows([memory.id for memory in kept]), all_memories(account)) == ([], [])


def test_a_memory_that_it_refuses_to_delete_keeps_no_other_of_a_workspace(
    workspace_id: UUID, namespace: str, account: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused, *_ = [remember(workspace_id, namespace, f"She likes {what}.") for what in ("tea", "cake", "jam")]
    forget = zeromemory_client.forget

    def forget_all_but_one(memory_id: str) -> None:
        if memory_id == refused.remote_id:
            raise UpstreamError("No.", code="zeromemory_refused")
        forget(memory_id)

    monkeypatch.setattr(zeromemory_client, "forget", forget_all_but_one)
    with pytest.raises(Conflict) as raised:
        deleted_memories.forget_of_workspace(workspace_id)
    assert "1 of 3 memories" in raised.value.detail
    assert [there["memory_id"] for there in all_memories(account)] == [refused.remote_id]
