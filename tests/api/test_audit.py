"""The audit log over HTTP: who did what to which object, with which key, from which address."""

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api import audit
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.infrastructure.rate_limits import Rate
from content_pipeline.core.models import Twin
from content_pipeline.core.workspaces.scopes import Scope
from tests.api.conftest import PUBLIC
from tests.factories import make_account

AUDIT: Final = f"{PUBLIC}/audit"
TWIN: Final = {"name": "Mara", "voice_id": "en-US"}


def events(client: TestClient, **query: Any) -> list[dict[str, Any]]:
    answer = client.get(AUDIT, params=query)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


def actions(client: TestClient, **query: Any) -> list[tuple[str, str | None]]:
    return [(event["action"], event["object_id"]) for event in events(client, **query)]


def create_twin(client: TestClient, **options: Any) -> str:
    answer = client.post(f"{PUBLIC}/twins", json=TWIN, **options)
    assert answer.status_code == 201, answer.text
    twin_id: str = answer.json()["id"]
    return twin_id


def test_an_event_says_who_did_what_to_which_object_and_from_where(client: TestClient, app: FastAPI) -> None:
    key = client.post(f"{PUBLIC}/keys", json={"name": "Bot", "scopes": ["create"]}).json()
    bot = TestClient(app, headers={"X-API-Key": key["key"]}, client=("203.0.113.7", 1000))
    twin_id = create_twin(bot, headers={"X-Request-Id": "from-the-bot"})
    event = events(client)[0]
    assert event.pop("id")
    assert event.pop("at")
    assert event == {
        "actor": "key",
        "actor_name": "Bot",
        "api_key_id": key["id"],
        "address": "203.0.113.7",
        "request_id": "from-the-bot",
        "action": "twins.create",
        "object_type": "twin",
        "object_id": twin_id,
        "outcome": "done",
    }


def test_what_the_operator_did_is_in_it(client: TestClient) -> None:
    (event,) = events(client)
    (key,) = client.get(f"{PUBLIC}/keys").json()
    assert (event["actor"], event["actor_name"], event["api_key_id"]) == ("operator", "operator", None)
    assert (event["action"], event["object_id"]) == ("keys.create", key["id"])


def test_every_change_of_an_object_is_found_by_its_id(client: TestClient) -> None:
    twin_id = create_twin(client)
    client.patch(f"{PUBLIC}/twins/{twin_id.upper()}", json={"name": "Maya"})
    client.delete(f"{PUBLIC}/twins/{twin_id}")
    changes = ["twins.delete", "twins.edit", "twins.create"]
    assert actions(client, object_id=twin_id) == [(action, twin_id) for action in changes]


def test_a_repeated_request_is_one_event(client: TestClient) -> None:
    headers = {"Idempotency-Key": str(uuid4())}
    assert create_twin(client, headers=headers) == create_twin(client, headers=headers)
    assert len(events(client, action="twins.create")) == 1


def test_what_changed_nothing_is_no_event(client: TestClient) -> None:
    twin_id = create_twin(client)
    before = events(client)
    refused = [
        client.post(f"{PUBLIC}/twins", json={"name": ""}),
        client.patch(f"{PUBLIC}/twins/{uuid4()}", json={"name": "Maya"}),
        client.patch(f"{PUBLIC}/twins/{twin_id}", json={"accounts": {"tiktok": str(uuid4())}}),
    ]
    assert [answer.status_code for answer in refused] == [422, 404, 404]
    assert client.get(f"{PUBLIC}/twins/{twin_id}").status_code == 200
    assert events(client) == before


def test_each_post_of_a_request_is_an_event(client: TestClient) -> None:
    twin_id = create_twin(client)
    with transaction() as session:
        workspace_id = session.get_one(Twin, UUID(twin_id)).workspace_id
        for platform in ("tiktok", "youtube"):
            make_account(session, workspace_id, platform)
    body = {
        "platforms": ["tiktok", "youtube"], "reel_url": "https://8.8.8.8/reel.mp4", "title": "Look", "caption": "Look.",
    }  # fmt: skip
    answer = client.post(f"{PUBLIC}/social/publish", json=body)
    assert answer.status_code == 202, answer.text
    posts = {("publications.create", post["task_id"]) for post in answer.json()["results"]}
    assert set(actions(client, action="publications.create")) == posts


@pytest.mark.slow
def test_what_was_forgotten_is_named_by_memory_or_namespace(client: TestClient) -> None:
    namespace = f"twin_{create_twin(client)}"
    memory = {"namespace": namespace, "content": "The blue mug sold out."}
    remembered = [client.post(f"{PUBLIC}/memory/v2/remember", json=memory).json()["memory_id"] for _ in range(2)]
    client.post(f"{PUBLIC}/memory/v2/forget", json={"memory_id": remembered[0]})
    client.post(f"{PUBLIC}/memory/v2/forget", json={"namespace": namespace})
    assert actions(client, action="memories.delete") == [
        ("memories.delete", namespace),
        ("memories.delete", remembered[0]),
    ]


def test_what_a_key_may_not_do_is_recorded_so_many_times_a_minute(
    connect: Callable[..., TestClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "DENIALS", Rate(2, 60))
    workspace = str(uuid4())
    client, reader = connect(workspace), connect(workspace, scopes=[Scope.READ])
    twin_id = create_twin(client)
    for path in (twin_id, "no%00id", twin_id):
        assert reader.delete(f"{PUBLIC}/twins/{path}").status_code == 403
    assert actions(client, outcome="denied") == [("twins.delete", None), ("twins.delete", twin_id)]
    assert client.get(f"{PUBLIC}/twins/{twin_id}").status_code == 200


def test_events_are_found_by_key_action_and_time_and_come_in_pages(client: TestClient) -> None:
    first, second = create_twin(client), create_twin(client)
    (own,) = client.get(f"{PUBLIC}/keys").json()
    by_key = actions(client, api_key_id=own["id"])
    assert by_key == [("twins.create", second), ("twins.create", first)]
    newest, *_ = events(client)
    assert actions(client, since=newest["at"]) == by_key[:1]
    assert actions(client, until=newest["at"], action="twins.create") == by_key[1:]
    assert actions(client, since=now().isoformat()) == []
    page = client.get(AUDIT, params={"limit": 1, "action": "twins.create"})
    assert [event["object_id"] for event in page.json()] == [second]
    following = client.get(page.links["next"]["url"])
    assert [event["object_id"] for event in following.json()] == [first]
    assert "next" not in following.links


def test_a_workspace_sees_its_own_events_only(client: TestClient, connect: Callable[..., TestClient]) -> None:
    twin_id = create_twin(client)
    (own,) = client.get(f"{PUBLIC}/keys").json()
    other = connect()
    assert actions(other, object_id=twin_id) == []
    assert actions(other, api_key_id=own["id"]) == []
    assert len(events(other)) == 1  # its own key
