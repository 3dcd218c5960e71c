"""Texts for a twin over HTTP, and scripts as they are written."""

import json
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi.testclient import TestClient

from api.limits.vector_search_limit import COMPARISONS
from api.main import create_app
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Twin
from tests.api.conftest import PUBLIC, LimitTo
from tests.api.problems import assert_error
from tests.language_model import LanguageModel, language_model
from tests.metric_history import TwinHistory
from tests.polling import until
from tests.servers import serving

__all__ = ["language_model"]

TWIN = {
    "name": "Tech Creator",
    "voice_id": "en-US",
    "style_tags": ["casual"],
    "persona_prompt": "You explain complex topics simply.",
    "platform_defaults": {"tiktok": {"caption_style": "plain", "hashtags": ["#ad"]}},
}
SCRIPT = "AI is transforming how creators work. Now a script becomes a finished reel in minutes."
ASKED = {"topic": "Sourdough", "platform": "tiktok", "seconds": 20}
EVENTS = {"Accept": "text/event-stream"}


@pytest.fixture
def twin(client: TestClient) -> str:
    return f"{PUBLIC}/twins/{client.post(f'{PUBLIC}/twins', json=TWIN).json()['id']}"


@pytest.mark.slow
def test_what_is_composed_counts_as_queries_of_memories(connect: Callable[..., TestClient], limit_to: LimitTo) -> None:
    """It computes as they do: a twin's memories are compared with the script."""
    limit_to(COMPARISONS, 3)
    busy, other = connect(), connect()
    for client in busy, other:
        made = client.post(f"{PUBLIC}/twins", json=TWIN).json()
        twin = f"{PUBLIC}/twins/{made['id']}"
        asked = {"script": SCRIPT, "platform": "tiktok"}
        assert client.post(f"{twin}/compose", json=asked).status_code == 200  # compares none
        remembered = {"namespace": made["memory_namespace"], "content": "Bread takes its time."}
        for _ in range(2):
            assert client.post(f"{PUBLIC}/memory/v2/remember", json=remembered).status_code == 200
        assert client.post(f"{twin}/compose", json=asked).status_code == 200
        assert_error(client.post(f"{twin}/compose", json=asked), 429, "too_many_requests")
        assert_error(client.post(f"{twin}/script", json=ASKED), 429, "too_many_requests")


def _events(lines: Iterator[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    name = ""
    for line in lines:
        kind, _, value = line.partition(": ")
        if kind == "event":
            name = value
        if kind == "data":
            yield name, json.loads(value)


def test_what_would_be_posted_is_shown(client: TestClient, twin: str) -> None:
    answer = client.post(f"{twin}/compose", json={"script": SCRIPT, "platform": "instagram"})
    assert answer.status_code == 200, answer.text
    shown = answer.json()
    assert shown["text"].split("\n\n")[:2] == [
        "AI is transforming how creators work.",
        "Now a script becomes a finished reel in minutes.",
    ]
    assert shown["hashtags"][:2] == ["AI", "Creators"]
    whole = shown["text"] + "\n\n" + " ".join(f"#{tag}" for tag in shown["hashtags"])
    assert shown["characters"] == len(whole)
    assert (shown["platform"], shown["title"], shown["provider"]) == ("instagram", None, "composer")


def test_the_twins_defaults_are_followed(client: TestClient, twin: str) -> None:
    shown = client.post(f"{twin}/compose", json={"script": SCRIPT, "platform": "tiktok"}).json()
    assert (shown["text"], shown["hashtags"]) == (SCRIPT.replace("work. ", "work.\n"), ["ad"])


def test_a_title_goes_where_the_platform_has_one(client: TestClient, twin: str) -> None:
    body = {"script": SCRIPT, "platform": "youtube", "title": "Reels in minutes"}
    assert client.post(f"{twin}/compose", json=body).json()["title"] == "Reels in minutes"


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"script": " "}, 422),
        ({"script": "\x1f"}, 400),
        ({"script": "x" * 10_001}, 422),
        ({"platform": "myspace"}, 422),
        ({"title": "x" * 121}, 422),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused(client: TestClient, twin: str, change: dict, status: int) -> None:
    body = {"script": SCRIPT, "platform": "instagram"} | change
    assert client.post(f"{twin}/compose", json=body).status_code == status


@pytest.mark.parametrize("call", ["compose", "script"])
def test_another_workspaces_twin_writes_nothing(connect, twin: str, call: str) -> None:
    body = ASKED if call == "script" else {"script": SCRIPT, "platform": "instagram"}
    assert connect().post(f"{twin}/{call}", json=body).json()["code"] == "twin_not_found"


def test_a_script_comes_with_its_length(client: TestClient, twin: str, language_model: LanguageModel) -> None:
    language_model.will_answer(" Bread needs four things. The last one is time.\n")
    answer = client.post(f"{twin}/script", json=ASKED)
    assert answer.status_code == 200, answer.text
    written = answer.json()
    learned_from = written.pop("learned_from")
    assert written == {
        "script": "Bread needs four things. The last one is time.",
        "words": 9,
        "seconds": 20,
        "estimated_seconds": 3.6,
    }
    assert (learned_from["posts"], learned_from["best"], learned_from["seconds"]) == (0, [], None)
    assert learned_from["detail"].startswith("Too few posts to learn from")


def publish(twin: str, platform: str, **fields: Any) -> None:
    """Eight posts of this twin, of which those of 12 s, in the style `short`, do four times as well."""
    with transaction() as session:
        history = TwinHistory(session.get_one(Twin, UUID(twin.rpartition("/")[2])), platform)
    for number in range(5):
        history.published(4000 + number, style="short", seconds=12, script=f"Hook {number} holds. The rest.", **fields)
        history.published(1000 + number, style="long", seconds=40, **fields)


def test_a_composed_text_says_what_it_has_learned_and_from_which_posts(client: TestClient, twin: str) -> None:
    publish(twin, "instagram")
    shown = client.post(f"{twin}/compose", json={"script": SCRIPT, "platform": "instagram"}).json()
    assert (shown["caption_style"], shown["provider"]) == ("short", "composer")
    learned = shown["learned_from"]
    assert (learned["posts"], learned["caption_style"]["value"], learned["caption_style"]["posts"]) == (10, "short", 5)
    assert [post["hook"] for post in learned["best"]] == ["Hook 4 holds.", "Hook 3 holds.", "Hook 2 holds."]
    assert learned["best"][0].keys() >= {"post_id", "url", "views", "index", "published_at"}
    assert "The caption style short did best" in learned["detail"]
    other = client.post(f"{twin}/compose", json={"script": SCRIPT, "platform": "linkedin"}).json()
    assert (other["caption_style"], other["learned_from"]["posts"]) == ("long", 0)


@pytest.mark.slow
@pytest.mark.parametrize("headers", [{}, EVENTS])
def test_a_script_is_as_long_as_those_that_did_best_unless_its_length_is_given(
    client: TestClient, twin: str, language_model: LanguageModel, headers: dict[str, str]
) -> None:
    publish(twin, "tiktok")
    asked = {name: value for name, value in ASKED.items() if name != "seconds"}
    for body in (asked, ASKED):
        language_model.will_answer("Bread needs four things.")
        answer = client.post(f"{twin}/script", json=body, headers=headers)
        assert answer.status_code == 200, answer.text
        written = list(_events(answer.iter_lines()))[-1][1] if headers else answer.json()
        assert written["seconds"] == body.get("seconds", 12)
        assert written["learned_from"]["seconds"]["value"] == 12
    told = language_model.asked()[0][1]["content"]
    assert "a TikTok video of 12 seconds: about 30 words" in told
    assert '"first_sentence": "Hook 4 holds."' in told


@pytest.mark.parametrize("headers", [{}, EVENTS])
def test_without_a_model_the_answer_says_what_to_set(client: TestClient, twin: str, headers: dict[str, str]) -> None:
    answer = client.post(f"{twin}/script", json=ASKED, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "text_model_missing")
    assert "CONTENT_PIPELINE_TEXT_URL" in answer.json()["remedy"]


def test_a_script_is_streamed_to_those_who_ask_for_it(
    client: TestClient, twin: str, language_model: LanguageModel
) -> None:
    language_model.will_answer("Bread needs four things.\n\nThe last one is time.")
    answer = client.post(f"{twin}/script", json=ASKED, headers={"Accept": "text/event-stream;q=0.9, */*"})
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    *deltas, (last, whole) = _events(answer.iter_lines())
    assert len(deltas) > 1
    assert {name for name, _ in deltas} == {"delta"}
    assert "".join(data["text"] for _, data in deltas) == whole["script"]
    assert (last, whole["words"]) == ("done", 9)


def test_an_error_before_the_first_word_has_its_own_status(
    client: TestClient, twin: str, language_model: LanguageModel
) -> None:
    language_model.will_answer("Too many", status=429, headers={"Retry-After": "7"})
    answer = client.post(f"{twin}/script", json=ASKED, headers=EVENTS)
    assert (answer.status_code, answer.json()["code"]) == (502, "text_model_limited")
    assert answer.headers["Retry-After"] == "7"


def test_an_error_after_it_is_an_event(client: TestClient, twin: str, language_model: LanguageModel) -> None:
    language_model.will_answer("Bread needs four things.", broken_after=1)
    answer = client.post(f"{twin}/script", json=ASKED, headers=EVENTS)
    assert answer.status_code == 200
    (first, _), (last, error) = _events(answer.iter_lines())
    assert (first, last) == ("delta", "error")
    assert (error["code"], error["retryable"]) == ("text_model_unreachable", True)


@pytest.mark.slow
def test_words_arrive_while_the_rest_is_written_and_a_client_that_leaves_ends_it(
    client: TestClient, twin: str, language_model: LanguageModel
) -> None:
    language_model.will_answer("Bread needs time. " * 1000, seconds_between=0.05)  # 75 s, were it heard to its end
    headers = {"X-API-Key": client.headers["X-API-Key"], **EVENTS}
    with (
        serving(create_app()) as url,
        httpx.stream("POST", f"{url}{twin}/script", json=ASKED, headers=headers) as answer,
    ):
        assert next(_events(answer.iter_lines())) == ("delta", {"text": "Bread needs "})
        assert not language_model.requests()[0]["aborted"]
    until(lambda: language_model.requests()[0]["aborted"], seconds=10, what="the end of the model's request")
