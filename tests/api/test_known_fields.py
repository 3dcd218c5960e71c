"""Names of query parameters, form fields and JSON fields that a route does not have."""

import pytest
from fastapi.testclient import TestClient

from api import known_fields
from tests.api.conftest import PUBLIC


@pytest.mark.parametrize(
    ("method", "path", "sent", "place", "pointer", "sentence"),
    [
        ("GET", "tasks", {"params": {"lmit": 1}}, "query", "/lmit", "There is no 'lmit' here. Did you mean 'limit'?"),
        ("GET", "tasks/a", {"params": {"wiat": 1}}, "query", "/wiat", "There is no 'wiat' here. Did you mean 'wait'?"),
        ("GET", "usage", {"params": {"a": [1, 2]}}, "query", "/a", "There is no 'a' here."),
        (
            "POST",
            "captions/generate",
            {"data": {"reel_ulr": "https://example.com/a.mp4"}},
            "body",
            "/reel_ulr",
            "There is no 'reel_ulr' here. Did you mean 'reel_url'?",
        ),
        (
            "POST",
            "twins",
            {"json": {"name": "Ann", "voice_id": "en-US", "persona_prompts": "x"}},
            "body",
            "/persona_prompts",
            "There is no 'persona_prompts' here. Did you mean 'persona_prompt'?",
        ),
        (
            "PATCH",
            "captions/5bc41d91-867a-4ccb-821a-2b9544c45719",
            {"json": {"segments": [{"start": 0.0, "end": 1.0, "text": "a", "ends": 1}]}},
            "body",
            "/segments/0/ends",
            "There is no 'ends' here. Did you mean 'end'?",
        ),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest_known_one(
    client: TestClient, method: str, path: str, sent: dict, place: str, pointer: str, sentence: str
) -> None:
    answer = client.request(method, f"{PUBLIC}/{path}", **sent)
    assert (answer.status_code, answer.json()["code"]) == (422, "schema")
    assert answer.json()["errors"] == [{"in": place, "pointer": pointer, "detail": sentence}]


def test_a_platforms_redirect_may_have_parameters_of_its_own(anonymous_client: TestClient) -> None:
    answer = anonymous_client.get(f"{PUBLIC}/social/callback/tiktok", params={"state": "made-up", "scopes": "some"})
    assert "There is no" not in answer.text


def test_a_name_like_a_mark_of_the_validator_is_a_name(client: TestClient) -> None:
    answer = client.post(f"{PUBLIC}/twins", json={"name": "Ann", "voice_id": "en-US", "[key]": 1})
    assert (answer.status_code, answer.json()["errors"][0]["detail"]) == (422, "There is no '[key]' here.")


def test_of_many_names_the_first_are_told(client: TestClient) -> None:
    names = [f"name{number}" for number in range(2_000)]
    for answer in (
        client.get(f"{PUBLIC}/tasks", params=dict.fromkeys(names, "")),
        client.post(f"{PUBLIC}/twins", json={"glossary": [dict.fromkeys(names[:99], 1)] * 10}),
    ):
        assert (answer.status_code, len(answer.json()["errors"])) == (422, known_fields.MAX_ERRORS)
