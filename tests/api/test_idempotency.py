"""Idempotency-Key over HTTP; the rules below it are tested in tests/core/workspaces/test_idempotency.py."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from content_pipeline.core.infrastructure import storage
from content_pipeline.core.settings import settings
from tests.media import samples

GENERATE = "/api/v1/public/captions/generate"


def key_header(key: str | None = None) -> dict[str, str]:
    return {"Idempotency-Key": str(uuid4()) if key is None else key}


def generate(client: TestClient, headers: dict[str, str], **fields: str):
    return client.post(GENERATE, data={"reel_url": "http://8.8.8.8/clip.mp4", **fields}, headers=headers)


def test_a_repeat_gets_the_same_answer_and_is_marked(client: TestClient) -> None:
    headers = key_header()
    first, again = generate(client, headers), generate(client, headers)
    assert first.status_code == again.status_code == 202
    assert first.json() == again.json()
    assert [answer.headers.get("Idempotent-Replayed") for answer in (first, again)] == [None, "true"]
    for name in ("Location", "Retry-After"):
        assert first.headers[name] == again.headers[name]
    assert len(client.get("/api/v1/public/tasks").json()) == 1


def test_without_a_key_each_request_is_a_new_one(client: TestClient) -> None:
    assert generate(client, {}).json() != generate(client, {}).json()


def test_other_fields_under_the_same_key_are_refused(client: TestClient) -> None:
    headers = key_header()
    generate(client, headers)
    answer = generate(client, headers, language="de")
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_mismatch")


@pytest.mark.slow
def test_a_file_is_known_again_by_its_bytes(client: TestClient) -> None:
    headers = key_header()
    speech = samples.SPEECH.read_bytes()
    first = client.post(GENERATE, files={"audio_file": ("a.flac", speech)}, headers=headers)
    again = client.post(GENERATE, files={"audio_file": ("b.flac", speech)}, headers=headers)
    assert first.status_code == 202
    assert first.json() == again.json()
    other = (samples.LIBRIVOX / "0880.flac").read_bytes()
    assert client.post(GENERATE, files={"audio_file": ("a.flac", other)}, headers=headers).status_code == 422


@pytest.mark.slow
def test_a_repeated_upload_leaves_one_object(client: TestClient) -> None:
    headers = key_header()
    for _ in range(2):
        answer = client.post(GENERATE, files={"audio_file": samples.SPEECH.read_bytes()}, headers=headers)
    (workspace,) = {key.split("/")[0] for key in _keys() if answer.json()["caption_id"] in key}
    assert sum(key.startswith(workspace) for key in _keys()) == 1


def _keys() -> list[str]:
    pages = storage.client().get_paginator("list_objects_v2").paginate(Bucket=settings().s3_bucket)
    return [found["Key"] for page in pages for found in page.get("Contents", [])]


def test_twins_at_the_same_time_are_one_request(client: TestClient) -> None:
    headers = key_header()
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: generate(client, headers), range(4)))
    assert len({answer.json()["task_id"] for answer in answers}) == 1
    assert sum("Idempotent-Replayed" in answer.headers for answer in answers) == 3


def test_a_refused_request_may_be_mended_under_its_key(client: TestClient) -> None:
    headers = key_header()
    assert generate(client, headers, language="klingon").status_code == 400
    assert generate(client, headers).status_code == 202


def test_workspaces_do_not_share_keys(connect) -> None:
    headers = key_header()
    assert generate(connect(), headers).json() != generate(connect(), headers).json()


def test_the_spelling_of_json_does_not_matter(client: TestClient, finished_id: str) -> None:
    headers = {**key_header(), "Content-Type": "application/json"}
    path = f"/api/v1/public/captions/{finished_id}/burn-in"
    first = client.post(path, content=b'{"font_size": 24, "position": "top"}', headers=headers)
    again = client.post(path, content=b'{"position":"top","font_size":24}', headers=headers)
    assert first.status_code == 202, first.text
    assert first.json() == again.json()


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_a_key_without_sense_is_refused(client: TestClient, key: str) -> None:
    answer = generate(client, key_header(key))
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key")


@pytest.mark.parametrize("path", ["twins", "tasks/unknown/cancel"])
@pytest.mark.parametrize("body", ["[" * 100_000, "[" * 60_000 + "]" * 60_000])
def test_a_body_that_is_nested_without_end_is_refused(client: TestClient, path: str, body: str) -> None:
    headers = {**key_header(), "Content-Type": "application/json"}
    assert client.post(f"/api/v1/public/{path}", content=body, headers=headers).status_code == 400


def test_a_number_without_end_is_no_internal_error(client: TestClient) -> None:
    for kind in ("application/json", "text/plain"):
        headers = {**key_header(), "Content-Type": kind}
        answer = client.post("/api/v1/public/tasks/unknown/cancel", content="9" * 5000, headers=headers)
        assert answer.status_code in (400, 404)


def test_no_depth_of_a_body_is_an_internal_error(client: TestClient) -> None:
    for depth in range(200, 1000, 50):
        headers = {**key_header(), "Content-Type": "application/json"}
        answer = client.post("/api/v1/public/tasks/unknown/cancel", content="[" * depth + "]" * depth, headers=headers)
        assert answer.status_code in (400, 404)


def test_the_limits_of_json_cannot_be_passed_by_another_content_type(client: TestClient) -> None:
    body = ("[" + "0," * 5000 + "0]").encode()
    path = "/api/v1/public/tasks/unknown/cancel"
    codes = [
        client.post(path, content=body, headers={**key_header(), "Content-Type": kind}).json()["code"]
        for kind in ("application/json", "text/plain")
    ]
    assert codes == ["too_many_values", "task_not_found"]


def test_the_longest_key_is_taken(client: TestClient) -> None:
    assert generate(client, key_header("x" * 255)).status_code == 202
