"""Error responses: RFC 9457 problem documents."""

import base64
import gzip
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.exc import InternalError, OperationalError

from api.main import create_app
from content_pipeline.core.errors import Unavailable
from tests.api.conftest import PUBLIC

PUBLISH = "social/publish"
JSON = {"Content-Type": "application/json"}
HALF_A_CHARACTER = base64.urlsafe_b64encode(b'["2026-11-27T00:00:00+00:00", "\\ud800"]').decode()
MEMBERS = {"type", "title", "status", "detail", "code", "request_id"}


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing", 404, "not_found"),
        ("POST", "/health/live", 405, "method_not_allowed"),
        ("GET", "/api/v1/public/tasks/unknown", 404, "task_not_found"),
        ("GET", "/api/v1/public/tasks?limit=many", 422, "schema"),
        ("GET", "/api/v1/public/tasks/%00", 400, "invalid"),
        ("GET", "/api/v1/public/tasks?cursor=made-up", 400, "cursor_invalid"),
        ("GET", f"/api/v1/public/tasks?cursor={HALF_A_CHARACTER}", 400, "cursor_invalid"),
        ("POST", "/api/v1/public/captions/generate", 400, "source_missing"),
    ],
)
def test_an_error_is_a_problem_document(client: TestClient, method: str, path: str, status: int, code: str) -> None:
    answer = client.request(method, path)
    problem = answer.json()
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert (answer.status_code, problem["status"], problem["code"]) == (status, status, code)
    assert set(problem) >= MEMBERS
    assert isinstance(problem["detail"], str)
    assert problem["request_id"] == answer.headers["X-Request-Id"]


def test_a_value_of_the_wrong_shape_is_pointed_at(client: TestClient) -> None:
    answer = client.patch(
        "/api/v1/public/captions/5bc41d91-867a-4ccb-821a-2b9544c45719",
        json={"segments": [{"start": 0.0, "end": "late", "text": "a", "a/b~c": 1}]},
    )
    assert answer.status_code == 422
    assert {(error["in"], error["pointer"]) for error in answer.json()["errors"]} == {
        ("body", "/segments/0/end"),
        ("body", "/segments/0/a~1b~0c"),
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    ("method", "path", "sent", "place", "pointer", "sentence"),
    [
        (
            "POST",
            "captions/generate",
            {"files": {"audio_file": (None, "clip.mp4")}},
            "body",
            "/audio_file",
            "Send a file: with curl, -F audio_file=@path",
        ),
        (
            "GET",
            "content/calendar",
            {"params": {"from_date": "2026-05-01T10:00:00"}},
            "query",
            "/from_date",
            "Send the time with its offset, such as 2026-05-01T10:00:00Z",
        ),
        (
            "POST",
            "twins",
            {"json": {"name": "", "voice_id": "en-US"}},
            "body",
            "/name",
            "This text should have at least 1 character",
        ),
        ("POST", PUBLISH, {}, "body", "", "Send a JSON object, with Content-Type: application/json"),
        ("POST", PUBLISH, {"content": b"{}"}, "body", "", "Send a JSON object, with Content-Type: application/json"),
        ("POST", PUBLISH, {"json": []}, "body", "", "Input should be an object"),
        (
            "POST",
            "twins",
            {"content": b'{"name": "Ann", "voice_id": "en-US", "speed": 1%s}' % (b"0" * 400), "headers": JSON},
            "body",
            "/speed",
            "This number is too large",
        ),
        (
            "POST",
            "keys",
            {"json": {"name": "a", "scopes": ["read"], "expires_at": "tomorrow"}},
            "body",
            "/expires_at",
            "This is not a time: input is too short. Send one such as 2026-05-01T10:00:00Z",
        ),
        (
            "POST",
            "keys",
            {"json": {"name": "a", "scopes": []}},
            "body",
            "/scopes",
            "Send 1 or more; these are 0",
        ),
        (
            "POST",
            PUBLISH,
            {"content": b'{"caption":', "headers": {"Content-Type": "application/json"}},
            "body",
            "",
            "This is not JSON: Expecting value at character 11",
        ),
        (
            "POST",
            PUBLISH,
            {"json": {"platforms": ["tiktok", "tiktok"]}},
            "body",
            "",
            "Each platform can be listed once.",
        ),
        (
            "POST",
            PUBLISH,
            {"json": {"platforms": ["tiktok"], "captions": {"myspace": "Look."}}},
            "body",
            "/captions/myspace",
            "Input should be 'instagram', 'tiktok', 'linkedin' or 'youtube'",
        ),
        (
            "POST",
            f"captions/{UUID(int=0)}/burn-in",
            {"json": {"font_color": "rgb(1,2,3)"}},
            "body",
            "/font_color",
            "Input should have the format that its description names",
        ),
        (
            "GET",
            "captions/mine",
            {},
            "path",
            "/caption_id",
            "Send an id as it was answered, such as 5bc41d91-867a-4ccb-821a-2b9544c45719",
        ),
        ("POST", "memory/v2/remember", {"json": {}}, "body", "/content", "This field is missing"),
        ("POST", "memory/v2/remember", {"json": {"content": 1}}, "body", "/content", "Input should be a text"),
    ],
)
def test_a_person_is_told_what_is_wrong_without_the_insides_of_the_validator(
    client: TestClient, method: str, path: str, sent: dict[str, Any], place: str, pointer: str, sentence: str
) -> None:
    answer = client.request(method, f"{PUBLIC}/{path}", **sent)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "schema")
    assert problem["errors"] == [{"in": place, "pointer": pointer, "detail": sentence}]
    assert problem["detail"] == (f"{pointer}: {sentence}" if pointer else sentence)


def test_json_that_is_none_is_a_problem_of_shape(client: TestClient) -> None:
    path = "/api/v1/public/captions/5bc41d91-867a-4ccb-821a-2b9544c45719"
    answer = client.patch(path, content=b'{"segments": [', headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (422, "schema")


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (b"[" * 100_000, {}, 400, "body_nested"),
        (b'{"content": ' + b"9" * 5000 + b"}", {}, 400, "number_too_long"),
        (b'{"content": "\xff"}', {}, 400, "body_unreadable"),
        (gzip.compress(b'{"content": "Hello."}'), {"Content-Encoding": "gzip"}, 415, "encoding_unsupported"),
    ],
    ids=["nested", "number", "no UTF-8", "compressed"],  # the processes of a run have to make the same ones
)
def test_a_body_that_cannot_be_read_is_answered_with_what_is_wrong(
    client: TestClient, body: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    headers = {"Content-Type": "application/json", **headers}
    problem = client.post(f"{PUBLIC}/memory/v2/remember", content=body, headers=headers).json()
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["remedy"]


def test_the_polling_hook_of_the_specification_ends_at_an_error(client: TestClient, anonymous_client) -> None:
    """It looks at `status` alone, and compares it with the words of a task."""
    for answer, code in (
        (client.get("/api/v1/tasks/unknown"), "task_not_found"),
        (anonymous_client.get("/api/v1/tasks/unknown", headers={"X-API-Key": "sk_revoked"}), "key_invalid"),
        (_crashing(client).get("/api/v1/tasks/crash/now"), "broken"),
    ):
        body = answer.json()
        assert (body["status"], body["error"]["code"], body["code"]) == ("error", code, code)
        assert body["error"]["message"] == body["detail"]
    assert client.get(f"{PUBLIC}/tasks/unknown").json()["status"] == 404


def test_the_polling_hook_goes_on_where_an_error_says_when_to_come_back(client: TestClient) -> None:
    assert _crashing(client, Unavailable("Away.", retry_after=1)).get("/api/v1/tasks/crash/now").json()["status"] == 503


def _crashing(client: TestClient, raised: Exception | None = None) -> TestClient:
    app = create_app()

    @app.get("/api/v1/tasks/crash/now")
    def crash() -> None:
        raise raised or RuntimeError("Oh.")

    return TestClient(app, headers=client.headers)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("raised", "status", "code"),
    [
        (RuntimeError("password=hunter2"), 500, "broken"),
        (OperationalError("select hunter2", {}, Exception("hunter2")), 503, "database_unavailable"),
        (InternalError("select hunter2", {}, Exception("idle in transaction")), 503, "database_unavailable"),
        (Unavailable("Away.", code="away", retry_after=1.2), 503, "away"),
    ],
)
def test_a_crash_is_answered_without_its_text(connect, raised: Exception, status: int, code: str) -> None:
    app = create_app()

    @app.get("/api/crash")
    def crash() -> None:
        raise raised

    answer = TestClient(app, headers=connect().headers).get("/api/crash")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert "hunter2" not in answer.text
    assert "RateLimit" in answer.headers
    assert answer.headers.get("Retry-After") == (None if status == 500 else "2")
    assert answer.json()["retryable"]


@pytest.mark.slow
def test_a_method_that_a_path_does_not_have_is_told_with_all_that_it_has(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    for template, operations in paths.items():
        path = template.replace("{platform}", "tiktok").replace("{form}", "srt")
        answer = client.put(path)
        assert answer.status_code == 405, path
        assert set(answer.headers["Allow"].split(", ")) >= {method.upper() for method in operations}, path
    assert client.put(f"{PUBLIC}/twins").headers["Allow"] == "GET, HEAD, POST"
