"""The OpenAPI document against itself, and the API against its document."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from types import ModuleType
from typing import Any
from uuid import UUID

import jsonschema_rs
import pytest
from fastapi.testclient import TestClient
from pydantic import BaseModel

from api.main import create_app
from content_pipeline.core.bulk import csv_rows
from content_pipeline.core.errors import UpstreamError
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Task, Twin
from content_pipeline.core.operations.task_handlers import HANDLERS
from content_pipeline.core.speech import voice_samples
from content_pipeline.core.tasks import tasks
from content_pipeline.core.tasks.kinds import KINDS, PUBLICATION
from tests.api.conftest import PUBLIC
from tests.factories import make_account, make_publication
from tests.generated_client import FILES

pytestmark = pytest.mark.slow


def document() -> dict[str, Any]:
    return create_app().openapi()


def examples(node: Any) -> Iterator[tuple[dict[str, Any], Any]]:
    """Every schema that has examples, with each of them."""
    if isinstance(node, dict):
        yield from ((node, example) for example in node.get("examples", []))
        node = list(node.values())
    if isinstance(node, list):
        for child in node:
            yield from examples(child)


def test_every_example_fits_its_schema() -> None:
    whole = document()
    found = list(examples(whole["components"]["schemas"]))
    assert len(found) > 10
    for schema, example in found:
        jsonschema_rs.Draft202012Validator({**schema, "components": whole["components"]}).validate(example)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("post", "/twins", 201),
        ("patch", "/twins/{twin_id}", 200),
        ("post", "/content/calendar", 201),
        ("post", "/social/publish", 202),
        ("post", "/webhooks", 201),
        ("post", "/memory/v2/remember", 200),
        ("post", "/memory/v2/recall", 200),
        ("post", "/memory/v2/forget", 404),  # a memory that is not there
    ],
)
def test_the_body_that_the_page_fills_in_is_accepted_once_its_ids_are_ones_own(
    client: TestClient, method: str, path: str, status: int
) -> None:
    whole = document()
    content = whole["paths"][f"{PUBLIC}{path}"][method]["requestBody"]["content"]["application/json"]
    (example,) = whole["components"]["schemas"][content["schema"]["$ref"].split("/")[-1]]["examples"]
    twin_id = client.post(f"{PUBLIC}/twins", json={"name": "Tech Creator", "voice_id": "en-US"}).json()["id"]
    with transaction() as session:
        for platform in "instagram", "tiktok":
            make_account(session, session.get_one(Twin, UUID(twin_id)).workspace_id, platform)
    answer = client.request(
        method,
        f"{PUBLIC}{path}".format(twin_id=twin_id),
        json=json.loads(json.dumps(example).replace("645b5b56-f879-4f2f-8ccc-106e8912f522", twin_id)),
    )
    assert answer.status_code == status, answer.text


def test_what_the_page_fills_in_is_valid() -> None:
    whole = document()
    components = {"components": whole["components"]}
    for path, operations in whole["paths"].items():
        for operation in operations.values():
            for parameter in operation.get("parameters", []):
                assert ("example" in parameter) == parameter["required"], (path, parameter["name"])
                if parameter["required"]:
                    schema = {**parameter["schema"], **components}
                    jsonschema_rs.Draft202012Validator(schema, validate_formats=True).validate(parameter["example"])
            content = operation.get("requestBody", {}).get("content", {})
            if "application/json" in content:
                schema = {**content["application/json"]["schema"], **components}
                jsonschema_rs.Draft202012Validator(schema, validate_formats=True).validate(
                    content["application/json"]["example"]
                )


def test_optional_texts_of_a_form_are_left_empty_by_the_page() -> None:
    form = document()["components"]["schemas"]["Body_generate"]
    first = {name: field.get("examples", [None])[0] for name, field in form["properties"].items()}
    assert {first[name] for name in ("reel_url", "twin_id", "vocabulary", "translate_to")} == {""}
    assert form["properties"]["language"]["default"] == "auto"


def test_links_lead_from_what_was_created_to_what_can_be_done_with_it() -> None:
    whole = document()
    links = {
        (operation["operationId"], name): link["parameters"]
        for operations in whole["paths"].values()
        for operation in operations.values()
        for response in operation["responses"].values()
        for name, link in response.get("links", {}).items()
    }
    assert links["create_twin", "edit_twin"] == {"twin_id": "$response.body#/id"}
    assert links["generate", "get_task"] == {"task_id": "$response.body#/task_id"}
    assert links["test_webhook", "redeliver"] == {
        "webhook_id": "$request.path.webhook_id",
        "delivery_id": "$response.body#/id",
    }
    assert len(links) >= 50


def test_a_task_is_told_apart_by_its_kind_and_has_the_result_of_it() -> None:
    schemas = document()["components"]["schemas"]
    mapping = schemas["TaskView"]["discriminator"]["mapping"]
    assert list(mapping) == list(KINDS) == list(HANDLERS)
    for kind, reference in mapping.items():
        task = schemas[reference.rpartition("/")[2]]
        assert task["properties"]["kind"]["const"] == kind
        result, nothing = task["properties"]["result"]["anyOf"]
        assert schemas[result["$ref"].rpartition("/")[2]]["properties"]
        assert nothing == {"type": "null"}


def test_finished_tasks_fit_the_schema_of_their_kind(client: TestClient, finished_id: str) -> None:
    with transaction() as session:
        workspace_id = session.get_one(Task, f"sync_{finished_id}").workspace_id
        post = make_publication(session, make_account(session, workspace_id).id)
        task = tasks.create(session, workspace_id=workspace_id, kind=PUBLICATION.name, key=str(post.id))
        tasks.mark_processing(session, task.kind, task.key)
        tasks.finish(session, task.id)
    found = client.get(f"{PUBLIC}/tasks").json()
    assert {each["kind"]: sorted(each["result"]) for each in found} == {
        "caption": ["caption_id"],
        "publication": ["account_id", "platform", "post_id", "post_url"],
    }
    schema = {"items": {"$ref": "#/components/schemas/TaskView"}, "components": document()["components"]}
    jsonschema_rs.Draft202012Validator(schema, validate_formats=True).validate(found)


def models(above: type[BaseModel] = BaseModel) -> Iterator[type[BaseModel]]:
    for model in above.__subclasses__():
        yield model
        yield from models(model)


def test_models_have_names_of_their_own() -> None:
    # Those of errors are put into the document by name, over whatever is there. Tools of agents are in none.
    documented = (model for model in set(models()) if model.__module__.startswith("api."))
    names = Counter(model.__name__ for model in documented if not model.__module__.startswith("api.mcp_server."))
    assert names["Problem"]
    assert [name for name, count in names.items() if count > 1] == []
    rehearsal = document()["components"]["schemas"]["DryRunView"]
    assert rehearsal["properties"]["problems"]["items"]["$ref"].endswith("/PostProblem")


def test_the_document_is_the_same_however_often_it_is_read() -> None:
    app = create_app()
    first = json.dumps(app.openapi())
    assert json.dumps(app.openapi()) == first


def test_a_vocabulary_is_one_text() -> None:
    assert document()["components"]["schemas"]["Body_generate"]["properties"]["vocabulary"]["type"] == "string"


def test_files_are_binary() -> None:
    forms = document()["components"]["schemas"]
    assert forms["Body_submit_batch"]["properties"]["csv_file"]["format"] == "binary"
    (file, _) = forms["Body_generate"]["properties"]["audio_file"]["anyOf"]
    assert file["format"] == "binary"


def test_each_operation_says_in_a_sentence_what_it_does_and_how_it_may_fail() -> None:
    for path, operations in document()["paths"].items():
        for method, operation in operations.items():
            assert " " in operation["summary"] or path.startswith("/health"), path
            assert operation["summary"][-1] not in ".:", path
            if path.startswith("/api/"):
                expected = {"400", "401", "422", "429", "500", "503"}
                assert set(operation["responses"]) >= expected | (
                    {"408", "413", "415"} if method == "post" and "requestBody" in operation else set()
                )


def test_operations_have_names_of_their_own() -> None:
    names = [operation["operationId"] for path in document()["paths"].values() for operation in path.values()]
    assert len(set(names)) == len(names)


def test_every_operation_under_the_public_path_but_the_way_back_from_platforms_asks_for_the_key() -> None:
    for path, operations in document()["paths"].items():
        for operation in operations.values():
            assert ("security" in operation) == (path.startswith("/api/") and "/callback/" not in path)


@pytest.mark.parametrize(
    ("module", "name", "method", "path", "sent"),
    [
        (voice_samples, "sample", "GET", "/voices/hibari-heart/sample", {}),
        (csv_rows, "parse", "POST", "/bulk/reels", {"files": {"csv_file": FILES["csv_file"]}}),
    ],
)
def test_a_failure_of_another_server_is_described(
    client: TestClient,
    monkeypatch: pytest.MonkeyPatch,
    module: ModuleType,
    name: str,
    method: str,
    path: str,
    sent: Any,
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise UpstreamError("It does not answer.")

    monkeypatch.setattr(module, name, fail)
    twin_id = client.post(f"{PUBLIC}/twins", json={"name": "Tech Creator", "voice_id": "en-US"}).json()["id"]
    form = {"data": {"twin_id": twin_id, "platform": "tiktok"}} if sent else {}
    answer = client.request(method, f"{PUBLIC}{path}", **sent, **form)
    assert answer.status_code == 502
    # The client has compared it with the document (tests/api/conftest.py).


def test_errors_are_described_as_problem_documents() -> None:
    for path, operations in document()["paths"].items():
        for operation in operations.values():
            for status, response in operation["responses"].items():
                if status.startswith("4"):
                    assert list(response["content"]) == ["application/problem+json"], (path, status)


def test_the_page_of_the_api_opens_without_the_internet(anonymous_client: TestClient) -> None:
    page = anonymous_client.get("/docs").text
    style = anonymous_client.get("/docs.css").text
    linked = [*re.findall(r'(?:src|href)="([^"]+)"', page), *re.findall(r'url\("([^"]+)"\)', style)]
    assert "/docs.css" in linked
    assert [anonymous_client.get(url).status_code for url in linked] == [200] * len(linked)
    assert not [url for url in linked if "//" in url]
