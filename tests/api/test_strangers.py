"""Property-based tests by schemathesis: generated requests to each operation, alone and along the document's links.

`make strangers` makes 20,000 requests, and the test suite a sample of them.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
import schemathesis
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis.stateful import Bundle, MultipleResults, initialize, multiple
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.generation.stateful.state_machine import StepInput, StepOutput
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api import authentication, logs
from api.main import create_app
from content_pipeline.core.infrastructure.rate_limits import Rate
from tests.api.conftest import PUBLIC
from tests.generated_client import FILES, Call, World, calls
from tests.language_model import LanguageModel, language_model
from tests.servers import serving

__all__ = ["language_model"]

pytestmark = pytest.mark.slow

DESCRIBED: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# Only the links of the document are followed, none that schemathesis would guess.
CONFIG: Final = SchemathesisConfig.from_dict({"phases": {"stateful": {"inference": {"algorithms": []}}}})
SCHEMA: Final = schemathesis.openapi.from_asgi("/openapi.json", create_app(), config=CONFIG).include(
    path_regex="^/api/"
)
OPERATIONS: Final = {operation.label: operation for operation in (found.ok() for found in SCHEMA.get_all_operations())}
# 0: a sample.
CASES: Final = int(os.environ.get("STRANGERS_CASES", 0))
STEPS: Final = 40
# This is in seconds. The default of 10 is too short for an upload on a busy machine.
TIMEOUT: Final = 120
USUAL: Final[dict[str, Any]] = {
    "phases": [Phase.generate],
    "suppress_health_check": list(HealthCheck),
    "deadline": None,
    "database": None,
}


def test_every_operation_does_what_the_document_says(
    app: FastAPI, connect: Callable[..., TestClient], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(logs, "configure", lambda: None)  # would stay configured for the tests that follow
    # Each operation is tried with wrong keys: a fast machine came to more than 30 a minute.
    monkeypatch.setattr(authentication, "FAILED_ATTEMPTS", Rate(1_000_000, 60))
    key = connect(requests_per_minute=1_000_000).headers["X-API-Key"]
    with serving(app, lifespan="on") as url:
        command = [
            Path(sys.executable).parent / "schemathesis",
            f"--config-file={Path(__file__).with_name('schemathesis.toml')}",
            "run",
            f"{url}/openapi.json",
            f"--header=X-API-Key: {key}",
            "--include-path-regex=^/api/",
            f"--max-examples={CASES // len(OPERATIONS) or 4}",
            # The sample is the same each time.
            *(["--phases=examples,coverage,fuzzing"] if CASES else ["--phases=examples,fuzzing", "--seed=1"]),
        ]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    tell(done.stdout[-1500:])
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_request_along_the_links_is_answered_otherwise_than_described(connect: Callable[..., TestClient]) -> None:
    followed, succeeded = Counter[str](), set[str]()

    # Streams and waits are left out: nothing runs here that would end them.
    class Stranger(SCHEMA.exclude(path_regex="/events$").as_state_machine()):  # type: ignore[misc]
        """Begins with one of each thing that the examples create: what is made up at random is hardly ever created."""

        def setup(self) -> None:
            self.key = connect(requests_per_minute=1_000_000).headers["X-API-Key"]

        @initialize(target=Bundle("created"))
        def create_one_of_each(self) -> MultipleResults[StepOutput]:
            document = SCHEMA.raw_schema
            twin = next(call for call in calls(document, World(self.key, "", {})) if call.operation == "create_twin")
            created = self._create(twin)
            world = World(self.key, json.loads(created.response.content)["id"], {})
            others = (call for call in calls(document, world) if call is not twin and _is_beginning(call))
            return multiple(created, *map(self._create, others))

        def _create(self, call: Call) -> StepOutput:
            files = {name: data for name, (_, data) in call.files.items()}
            operation = OPERATIONS[f"{call.method.upper()} {call.path}"]
            case = operation.Case(body=call.body or call.fields | files, media_type=call.media_type)
            self.recorder.record_case(case=case)
            self.control.record_step(StepInput.initial(case), self.recorder)
            return self.step(StepInput.initial(case))

        def step(self, input: StepInput) -> StepOutput:
            input.case.query.pop("wait", None)
            output: StepOutput = super().step(input)
            if input.is_applied and input.transition:
                followed[input.transition.id] += 1
                if output.response.status_code < 400:
                    succeeded.add(input.transition.id)
            return output

        def get_call_kwargs(self, case: schemathesis.Case) -> dict[str, Any]:
            return {"headers": {"X-API-Key": self.key}, "timeout": TIMEOUT}

        def validate_response(self, response: Any, case: schemathesis.Case, *_: Any, **__: Any) -> None:
            case.validate_response(response, checks=DESCRIBED)

    Stranger.run(
        settings=settings(
            max_examples=CASES // 4 // STEPS or 6, stateful_step_count=STEPS, verbosity=Verbosity.quiet, **USUAL
        )
    )
    tell(f"{followed.total()} requests along {len(followed)} links, {len(succeeded)} of them with success")
    assert len(followed) >= 50, followed


def test_the_events_of_a_task_are_described(client: TestClient, finished_id: str) -> None:
    validate_events(client, "GET", "/tasks/{task_id}/events", path_parameters={"task_id": f"sync_{finished_id}"})


def test_the_events_of_a_batch_are_described(client: TestClient, twin_id: str) -> None:
    form = {"twin_id": twin_id, "platform": "instagram"}
    batch_id = client.post(f"{PUBLIC}/bulk/reels", files={"csv_file": FILES["csv_file"]}, data=form).json()["batch_id"]
    assert client.post(f"{PUBLIC}/bulk/reels/{batch_id}/cancel").status_code == 202  # else the stream goes on
    validate_events(client, "GET", "/bulk/reels/{batch_id}/events", path_parameters={"batch_id": batch_id})


@pytest.mark.parametrize("broken_after", [None, 1])
def test_the_events_of_a_script_are_described(
    client: TestClient, twin_id: str, language_model: LanguageModel, broken_after: int | None
) -> None:
    language_model.will_answer("Bread needs four things.", broken_after=broken_after)
    validate_events(
        client,
        "POST",
        "/twins/{twin_id}/script",
        path_parameters={"twin_id": twin_id},
        body={"topic": "Sourdough", "platform": "tiktok"},
        media_type="application/json",
    )


def validate_events(client: TestClient, method: str, path: str, **sent: Any) -> None:
    headers = {"X-API-Key": client.headers["X-API-Key"], "Accept": "text/event-stream"}
    case = OPERATIONS[f"{method} {PUBLIC}{path}"].Case(**sent)
    answer = case.call_and_validate(headers=headers, timeout=TIMEOUT, checks=DESCRIBED)
    assert answer.headers["content-type"][0].startswith("text/event-stream")
    assert "event: " in answer.text


def tell(line: str) -> None:
    """For `make strangers`: what pytest-xdist's processes print is dropped, but not their standard error."""
    sys.stderr.write(f"\n{line}\n")


def _is_beginning(call: Call) -> bool:
    """Whether a call creates something, of nothing that was created before."""
    return call.method == "post" and not call.path_values and call.media_type is not None
