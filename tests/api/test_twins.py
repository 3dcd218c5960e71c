"""Twins over HTTP."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient

from content_pipeline.core.infrastructure.clock import now
from tests.api.conftest import PUBLIC

TWIN: dict[str, Any] = {
    "name": "Tech Creator",
    "voice_id": "en-US-Neural2-A",
    "speed": 1.2,
    "pause": 0.0,
    "style_tags": ["casual", "educational"],
    "persona_prompt": "You are an engaging tech educator who explains complex topics simply.",
    "platform_defaults": {
        "tiktok": {"caption_style": "short", "hashtags": ["ai"], "privacy": "friends", "ai_generated": True},
        "instagram": {"caption_style": "hashtag-heavy", "mentions": ["@ainative"], "cover_seconds": 1.5},
        "linkedin": {"caption_style": "long", "privacy": "connections"},
        "youtube": {"caption_style": "plain", "privacy": "unlisted", "made_for_kids": False},
    },
    "caption_animation": "typewriter",
    "call_to_action": "Follow for part 2",
    "glossary": [
        {"term": "Zyntraxo", "heard_as": ["zen traxo", "sin-trax so"], "pronunciation": "zin track so"},
        {"term": "王小明", "heard_as": [], "pronunciation": None},
    ],
    "avatar_id": "heygen_avatar",
    "picture_url": "https://8.8.8.8/face.png",
}


@pytest.fixture
def twin(client: TestClient) -> str:
    """The URL of a new twin."""
    created = client.post(f"{PUBLIC}/twins", json=TWIN)
    assert created.status_code == 201, created.text
    return created.headers["Location"]


def pointers(answer: Any) -> list[str]:
    assert answer.status_code == 422, answer.text
    return [error["pointer"] for error in answer.json()["errors"]]


def test_a_twin_is_created_and_found_again(client: TestClient, twin: str) -> None:
    found = client.get(twin).json()
    assert found.items() >= TWIN.items()
    assert found["memory_namespace"] == f"twin_{found['id']}"


def test_a_list_leaves_the_glossaries_out(client: TestClient, twin: str) -> None:
    """200 twins with full ones were an answer of 18 MB."""
    (listed,) = client.get(f"{PUBLIC}/twins").json()
    assert listed == {name: value for name, value in client.get(twin).json().items() if name != "glossary"}


def test_a_twin_needs_no_more_than_a_name_and_a_voice(client: TestClient) -> None:
    created = client.post(f"{PUBLIC}/twins", json={"name": "Plain", "voice_id": "en"}).json()
    assert (created["style_tags"], created["platform_defaults"]) == ([], {})
    assert (created["caption_animation"], created["call_to_action"]) == ("box", None)
    assert created["glossary"] == []
    assert (created["speed"], created["pause"]) == (1.0, 0.4)
    assert (created["persona_prompt"], created["avatar_id"], created["picture_url"]) == (None, None, None)


def test_another_workspaces_twin_does_not_exist(twin: str, connect) -> None:
    other_client = connect()
    assert other_client.get(twin).json()["code"] == "twin_not_found"
    assert other_client.patch(twin, json={"name": "Mine"}).status_code == 404
    assert other_client.delete(twin).status_code == 404
    assert other_client.get(f"{PUBLIC}/twins").json() == []


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"voice_id": "nobody-knows-me"}, 400),
        ({"picture_url": "http://169.254.169.254/latest"}, 400),
        ({"name": "  "}, 422),
        ({"name": None}, 422),
        ({"speed": 0.69}, 422),
        ({"speed": 1.41}, 422),
        ({"speed": None}, 422),
        ({"pause": -0.1}, 422),
        ({"pause": 2.1}, 422),
        ({"style_tags": ["x" * 41]}, 422),
        ({"style_tags": "casual"}, 422),
        ({"style_tags": None}, 422),
        ({"caption_animation": "dance"}, 422),
        ({"call_to_action": "x" * 61}, 422),
        ({"call_to_action": "  "}, 422),
        ({"glossary": None}, 422),
        ({"glossary": [{"heard_as": ["zen traxo"]}]}, 422),
        ({"glossary": [{"term": "x" * 61}]}, 422),
        ({"glossary": [{"term": "—"}]}, 422),
        ({"glossary": [{"term": "<|endoftext|>"}]}, 422),
        ({"glossary": [{"term": "a\x00b"}]}, 422),
        ({"glossary": [{"term": "Qwen", "pronunciation": "k1"}]}, 422),
        ({"glossary": [{"term": "Qwen", "pronunciation": " - "}]}, 422),
        ({"glossary": [{"term": "Qwen", "pronunciation": "x" * 101}]}, 422),
        ({"glossary": [{"term": "Qwen", "pronunciation": "𐌺𐍅𐌴𐌽"}]}, 400),  # Gothic, which no voice speaks
        ({"glossary": [{"term": "Qwen", "heard_as": ["a", "b", "c", "d", "e", "f"]}]}, 422),
        ({"glossary": [{"term": "Qwen"}, {"term": "QWEN"}]}, 422),
        ({"glossary": [{"term": "Qwen", "heard_as": ["quen"]}, {"term": "Kwen", "heard_as": ["Quen"]}]}, 422),
        ({"glossary": [{"term": f"term {number}"} for number in range(201)]}, 422),
        ({"platform_defaults": None}, 422),
        ({"platform_defaults": {"youtube": {"captions_id": str(UUID(int=0))}}}, 404),
        ({"favorite_color": "red"}, 422),
    ],
)
def test_what_makes_no_sense_is_refused_when_a_twin_is_made_and_when_it_is_edited(
    client: TestClient, twin: str, change: dict[str, Any], status: int
) -> None:
    before = client.get(twin).json()
    assert client.post(f"{PUBLIC}/twins", json=TWIN | change).status_code == status
    assert client.patch(twin, json=change).status_code == status
    assert client.get(twin).json() == before


@pytest.mark.parametrize(
    ("defaults", "pointer"),
    [
        ({"tiktok": {"caption_style": "shouted"}}, "/platform_defaults/tiktok/caption_style"),
        ({"tiktok": {"cover_url": "https://8.8.8.8/c.png"}}, "/platform_defaults/tiktok/cover_url"),
        ({"instagram": {"privacy": "public"}}, "/platform_defaults/instagram/privacy"),
        ({"instagram": {"hashtags": ["fine", "not fine"]}}, "/platform_defaults/instagram/hashtags/1"),
        ({"linkedin": {"ai_generated": True}}, "/platform_defaults/linkedin/ai_generated"),
        ({"youtube": {"own_brand": True}}, "/platform_defaults/youtube/own_brand"),
        ({"youtube": {"made_for_kids": "unsure"}}, "/platform_defaults/youtube/made_for_kids"),
        ({"my/space": {}}, "/platform_defaults/my~1space"),
    ],
)
def test_an_option_that_its_platform_does_not_have_is_told_by_its_place(
    client: TestClient, defaults: dict[str, Any], pointer: str
) -> None:
    assert pointers(client.post(f"{PUBLIC}/twins", json=TWIN | {"platform_defaults": defaults})) == [pointer]


def test_an_edit_changes_what_it_names_and_null_takes_away_what_may_be_missing(client: TestClient, twin: str) -> None:
    before = client.get(twin).json()
    answer = client.patch(twin, json={"persona_prompt": "Updated persona...", "avatar_id": None})
    assert answer.status_code == 200
    assert answer.json() == before | {"persona_prompt": "Updated persona...", "avatar_id": None}
    assert client.get(twin).json() == answer.json()
    assert client.patch(twin, json={}).json() == answer.json()


def test_platform_defaults_are_replaced_as_a_whole(client: TestClient, twin: str) -> None:
    defaults = {"youtube": {"caption_style": "long"}}
    assert client.patch(twin, json={"platform_defaults": defaults}).json()["platform_defaults"] == defaults


def test_a_repeat_with_the_same_key_makes_no_second_twin(client: TestClient) -> None:
    first, again = (client.post(f"{PUBLIC}/twins", json=TWIN, headers={"Idempotency-Key": "twin-1"}) for _ in range(2))
    assert first.json() == again.json()
    assert (again.status_code, again.headers["Location"]) == (201, first.headers["Location"])
    assert len(client.get(f"{PUBLIC}/twins").json()) == 1


@pytest.mark.slow
def test_a_deleted_twin_exists_nowhere_any_more(client: TestClient, twin: str) -> None:
    view = client.get(twin).json()
    twin_id, namespace = view["id"], view["memory_namespace"]
    memory = client.post(f"{PUBLIC}/memory/v2/remember", json={"namespace": namespace, "content": "Likes tea."}).json()
    deleted = client.delete(twin)
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert client.get(f"{PUBLIC}/twins").json() == []
    post = {"twin_id": twin_id, "title": "Late", "platform": "tiktok", "scheduled_at": _tomorrow(), "script": "Hello."}
    upload = {"files": {"csv_file": ("a.csv", b"script\nHello.\n")}, "data": {"twin_id": twin_id, "platform": "tiktok"}}
    answers = [
        client.get(twin),
        client.patch(twin, json={"name": "Back"}),
        client.delete(twin),
        client.post(f"{twin}/compose", json={"script": "Hello.", "platform": "tiktok"}),
        client.post(f"{twin}/script", json={"topic": "Tea", "platform": "tiktok", "seconds": 20}),
        client.post(f"{PUBLIC}/content/calendar", json=post),
        client.post(f"{PUBLIC}/bulk/reels", **upload),
        client.post(f"{PUBLIC}/memory/v2/remember", json={"namespace": namespace, "content": "Likes coffee."}),
        client.post(f"{PUBLIC}/memory/v2/recall", json={"namespace": namespace, "query": "tea"}),
        client.delete(f"{PUBLIC}/memory/v2/forget/{memory['memory_id']}"),
    ]
    assert [answer.status_code for answer in answers] == [404] * len(answers), [answer.text for answer in answers]
    left = client.post(f"{PUBLIC}/memory/v2/forget", json={"namespace": namespace})
    assert (left.status_code, left.json()) == (200, {"forgotten": 0})


def test_what_is_planned_for_a_deleted_twin_is_canceled_and_says_why(client: TestClient, twin: str) -> None:
    twin_id = client.get(twin).json()["id"]
    post = {"twin_id": twin_id, "title": "Planned", "platform": "tiktok", "scheduled_at": _tomorrow(), "script": "Hi."}
    item = client.post(f"{PUBLIC}/content/calendar", json=post).headers["Location"]
    client.delete(twin)
    (listed,) = client.get(f"{PUBLIC}/content/calendar", params={"twin_id": twin_id}).json()
    for view in listed, client.get(item).json():
        assert (view["status"], view["reason"]["code"]) == ("canceled", "twin_deleted")


def test_an_unknown_twin_does_not_exist(client: TestClient) -> None:
    assert client.get(f"{PUBLIC}/twins/{uuid4()}").json()["code"] == "twin_not_found"


def _tomorrow() -> str:
    return (now() + timedelta(days=1)).isoformat()
