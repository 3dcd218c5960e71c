"""Requests of strangers, made by schemathesis of the OpenAPI document: each operation alone, and along its links.

`make strangers` makes 20,000; the suite a sample.
"""

import json
import os
from collections import Counter
from typing import Any, Final

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.main import create_app
from tests.api.conftest import PUBLIC
from tests.generated_client import EXAMPLE_ID

pytestmark = pytest.mark.slow

DESCRIBED: Final = [status_code_conformance, content_type_conformance, response_schema_conformance]
SCHEMA: Final = schemathesis.openapi.from_asgi("/openapi.json", create_app()).include(path_regex="^/api/")
OPERATIONS: Final = {operation.label: operation for operation in (found.ok() for found in SCHEMA.get_all_operations())}
CASES: Final = int(os.environ.get("STRANGERS_CASES", 20 * len(OPERATIONS)))
STEPS: Final = 12
USUAL: Final[dict[str, Any]] = {
    "phases": [Phase.generate],
    "suppress_health_check": list(HealthCheck),
    "deadline": None,
    "database": None,
}


@pytest.fixture
def stranger(connect) -> TestClient:
    """A client that may ask as often as it likes."""
    client: TestClient = connect(requests_per_minute=1_000_000)
    return client


@pytest.mark.parametrize("label", OPERATIONS)
def test_no_request_is_answered_otherwise_than_described(label: str, stranger: TestClient) -> None:
    @given(case=OPERATIONS[label].as_strategy())
    @settings(max_examples=max(1, CASES // len(OPERATIONS)), **USUAL)
    def fuzz(case: schemathesis.Case) -> None:
        case.call_and_validate(
            headers={"X-API-Key": stranger.headers["X-API-Key"]}, checks=[not_a_server_error, *DESCRIBED]
        )

    fuzz()


def test_no_request_along_the_links_is_answered_otherwise_than_described(stranger: TestClient) -> None:
    twin_id = stranger.post(f"{PUBLIC}/twins", json={"name": "Tech Creator", "voice_id": "en-US"}).json()["id"]
    followed: Counter[str] = Counter()

    class Stranger(SCHEMA.as_state_machine()):  # type: ignore[misc]
        """Begins with the examples of the document: what is made up at random is hardly ever created."""

        def step(self, input: Any) -> Any:
            if input.is_applied and input.transition:
                followed[input.transition.id] += 1
            elif example := _example(input.case, twin_id):
                input.case.body = example
            return super().step(input)

        def get_call_kwargs(self, case: schemathesis.Case) -> dict[str, Any]:
            return {"headers": {"X-API-Key": stranger.headers["X-API-Key"]}}

        def validate_response(self, response: Any, case: schemathesis.Case, *_: Any, **__: Any) -> None:
            assert response.status_code != 500
            case.validate_response(response, checks=DESCRIBED)  # 503, as without a language model, may be told

    Stranger.run(
        settings=settings(
            max_examples=max(1, CASES // 4 // STEPS), stateful_step_count=STEPS, verbosity=Verbosity.quiet, **USUAL
        )
    )
    assert followed


def _example(case: schemathesis.Case, twin_id: str) -> Any:
    content = case.operation.definition.raw.get("requestBody", {}).get("content", {})
    example = content.get("application/json", {}).get("example")
    return example and json.loads(json.dumps(example).replace(EXAMPLE_ID, twin_id))
