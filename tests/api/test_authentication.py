"""API keys over HTTP: authentication, revocation and the rate limit per key."""

from ipaddress import IPv6Address
from uuid import uuid4

from fastapi import FastAPI
from fastapi.testclient import TestClient

from api import authentication
from api.caller_cache import CallerCache
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.workspaces import api_keys, workspaces

TASKS = "/api/v1/public/tasks"


def test_without_a_key_nothing_is_answered_but_how_to_send_one(anonymous_client: TestClient) -> None:
    answer = anonymous_client.get(TASKS)
    assert (answer.status_code, answer.json()["code"]) == (401, "key_missing")
    assert "X-API-Key" in answer.headers["WWW-Authenticate"]
    assert "X-API-Key" in answer.json()["remedy"]


def test_a_wrong_key_is_refused(anonymous_client: TestClient) -> None:
    answer = anonymous_client.get(TASKS, headers={"X-API-Key": "sk_wrong"})
    assert (answer.status_code, answer.json()["code"]) == (401, "key_invalid")
    assert "WWW-Authenticate" in answer.headers


def test_the_key_is_asked_for_before_the_path_and_the_body_are_looked_at(anonymous_client: TestClient) -> None:
    assert anonymous_client.get("/api/v1/public/nothing").status_code == 401
    assert anonymous_client.post("/api/v1/public/captions/generate", content=b"x" * 2_000_000).status_code == 401


def test_health_and_the_documentation_need_no_key(anonymous_client: TestClient) -> None:
    assert [anonymous_client.get(path).status_code for path in ("/health/live", "/openapi.json", "/docs")] == [200] * 3


def test_behind_a_root_path_keys_are_asked_for_and_taken(app: FastAPI, client: TestClient) -> None:
    behind = TestClient(app, root_path="/pipeline")
    refused = behind.get(f"/pipeline{TASKS}")
    assert (refused.status_code, refused.json()["code"]) == (401, "key_missing")
    assert behind.get(f"/pipeline{TASKS}", headers=client.headers).status_code == 200
    unknown = behind.get("/pipeline/api/v1/tasks/unknown", headers=client.headers)
    assert (unknown.status_code, unknown.json()["status"]) == (404, "error")
    assert behind.put(f"/pipeline{TASKS}", headers=client.headers).headers["Allow"] == "GET, HEAD"
    made = behind.post(
        "/pipeline/api/v1/public/twins", json={"name": "Ann", "voice_id": "en-US"}, headers=client.headers
    )
    assert behind.get(made.headers["Location"], headers=client.headers).json() == made.json()


def test_wrong_keys_are_throttled_by_address_while_a_right_one_passes(app, connect) -> None:
    attacker = TestClient(app, client=(str(uuid4()), 1000))
    quota = authentication.FAILED_ATTEMPTS.quota
    answers = []
    # On a busy machine 31 requests take longer than the quota needs to allow one more.
    while len(answers) < 3 * quota and {answer.status_code for answer in answers} <= {401}:
        answers.append(attacker.get(TASKS, headers={"X-API-Key": f"sk_{len(answers)}"}))
    assert len(answers) > quota
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert attacker.get(TASKS, headers=connect().headers).status_code == 200
    assert TestClient(app, client=(str(uuid4()), 1000)).get(TASKS, headers={"X-API-Key": "sk_x"}).status_code == 401


def test_wrong_keys_from_all_addresses_of_one_network_are_throttled_together(app) -> None:
    network = IPv6Address(uuid4().int >> 64 << 64)

    def answer(number: int) -> int:
        attacker = TestClient(app, client=(str(network + number), 1000))
        return attacker.get(TASKS, headers={"X-API-Key": f"sk_{number}"}).status_code

    assert 429 in map(answer, range(3 * authentication.FAILED_ATTEMPTS.quota))
    assert answer(2**64) == 401  # of the next network


def test_what_was_read_before_a_revocation_is_not_kept_after_it(client: TestClient) -> None:
    callers = CallerCache()
    key = client.headers["X-API-Key"]
    with transaction() as session:
        caller = workspaces.authenticate(session, key)
    version = callers.version
    callers.forget(caller.api_key_id)  # announced while the thread that read it was on its way back
    callers.keep(api_keys.digest(key), caller, version)
    assert callers.get(api_keys.digest(key)) is None


def test_every_answer_says_what_is_left_of_the_quota(connect) -> None:
    client = connect(requests_per_minute=10)
    answers = [
        client.get(TASKS),
        client.get(f"{TASKS}/unknown"),
        client.get("/api/v1/public/nothing"),
        client.put(TASKS),
        client.get(TASKS, params={"limit": 0}),
        client.post("/api/v1/public/captions/generate", data={}),
    ]
    assert [answer.status_code for answer in answers] == [200, 404, 404, 405, 422, 400]
    assert {answer.headers["RateLimit-Policy"] for answer in answers} == {'"default";q=10;w=60'}
    assert [answer.headers["RateLimit"].split(";")[1] for answer in answers] == [f"r={n}" for n in range(9, 3, -1)]


def test_a_request_over_the_quota_is_refused_and_told_when_to_come_back(connect) -> None:
    client = connect(requests_per_minute=2)
    answers = [client.get(TASKS) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 30
    assert answers[-1].headers["RateLimit"].startswith('"default";r=0;t=')
    assert answers[-1].json()["retryable"] is True


def test_keys_have_quotas_of_their_own(connect) -> None:
    first, second = connect(requests_per_minute=1), connect(requests_per_minute=1)
    assert [client.get(TASKS).status_code for client in (first, second, first)] == [200, 200, 429]
