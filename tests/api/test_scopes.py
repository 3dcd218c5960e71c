"""Scopes: every route needs one, and a key without it is refused before anything is looked at."""

from collections.abc import Callable, Sequence
from typing import Any, Final
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.audit import ACTIONS, get_change
from api.deps import needed_scope
from api.known_fields import with_dependencies
from content_pipeline.core.calendar import actions, copies
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import AuditEvent, Task, Workspace
from content_pipeline.core.publishing import publications
from content_pipeline.core.publishing.publications import PostSpec, Source
from content_pipeline.core.workspaces.scopes import Scope
from tests.api.conftest import PUBLIC
from tests.factories import make_account, make_item, make_twin

Routes = Sequence[tuple[str, APIRoute]]

# They need no key: a platform's redirect, the answer of the person on our page, and signed events.
OPEN: Final = {"oauth_callback", "answer_connect_page", "probe", "receive_event"}
# They need another scope than `read` of a GET and `create` of what changes something.
PUBLISH: Final = {
    "schedule_post", "edit_item", "delete_item", "publish_now", "cancel_item", "retry_item", "publish", "delete_twin",
    "remove_post",
}  # fmt: skip
ADMIN: Final = {
    "connect_by_redirect", "connect", "disconnect", "create_webhook", "edit_webhook", "delete_webhook",
    "rotate_webhook_secret", "test_webhook", "redeliver", "create_key", "list_keys", "get_key", "revoke_key",
    "list_audit_events", "export_workspace",
}  # fmt: skip
# They are no GET, and change nothing.
UNCHANGING: Final = {"recall": Scope.READ, "compose_post": Scope.CREATE, "write_script": Scope.CREATE}


@pytest.fixture(scope="module")
def routes(app: FastAPI) -> Routes:
    """Every route of clients, with its method."""
    contexts = iter_route_contexts(app.routes)
    found = [context.original_route for context in contexts if str(context.path).startswith("/api/")]
    return [
        (method, route)
        for route in found
        if isinstance(route, APIRoute) and route.name not in OPEN
        for method in route.methods
    ]


def test_every_route_needs_the_scope_that_it_should(routes: Routes) -> None:
    expected = {
        route.name: Scope.PUBLISH
        if route.name in PUBLISH
        else Scope.ADMIN
        if route.name in ADMIN
        else UNCHANGING.get(route.name) or (Scope.READ if method == "GET" else Scope.CREATE)
        for method, route in routes
    }
    assert {route.name: needed_scope(route, method) for method, route in routes} == expected
    assert expected.keys() >= PUBLISH | ADMIN | UNCHANGING.keys()


def test_every_route_that_changes_something_records_it(routes: Routes) -> None:
    changing = {route.name for method, route in routes if method != "GET"} - UNCHANGING.keys()
    changing.add("connect_by_redirect")  # a GET, for a browser
    recording = {
        route.name
        for _, route in routes
        if any(dependant.call is get_change for dependant in with_dependencies(route.dependant))
    }
    assert recording == changing == ACTIONS.keys()


def test_the_document_names_the_scope_of_each_route(app: FastAPI, routes: Routes) -> None:
    operations = {
        operation["operationId"]: operation
        for described in app.openapi()["paths"].values()
        for operation in described.values()
    }
    for method, route in routes:
        scope = needed_scope(route, method)
        assert operations[route.name]["security"] == [{"ApiKey": [scope]}]
        assert operations[route.name]["description"].endswith(f"Needs the scope `{scope}`.")
        assert "403" in operations[route.name]["responses"]


@pytest.mark.slow
def test_a_key_without_scopes_does_nothing_and_its_attempts_are_recorded(
    connect: Callable[..., TestClient], routes: Routes
) -> None:
    client = connect(scopes=())
    for method, route in routes:
        path = route.path_format.format_map(
            dict.fromkeys(route.param_convertors, uuid4()) | {"platform": "tiktok", "form": "srt"}
        )
        answer = client.request(method, f"{PUBLIC}{path}", follow_redirects=False)
        assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope"), route.name
        assert f"the scope {needed_scope(route, method)}" in answer.json()["detail"]
    with transaction() as session:
        denied = session.scalars(select(AuditEvent).filter_by(outcome="denied")).all()
    assert {event.action for event in denied} == {action.name for action in ACTIONS.values()}


def workspace_of(session: Any, name: str) -> UUID:
    found: UUID = session.scalars(select(Workspace.id).where(Workspace.name == name)).one()
    return found


def test_each_key_does_what_its_scope_says(connect: Callable[..., TestClient]) -> None:
    workspace = str(uuid4())
    clients = {scope: connect(workspace, scopes=[scope]) for scope in Scope}
    calls: dict[Scope, tuple[str, str]] = {
        Scope.READ: ("GET", "/twins"),
        Scope.CREATE: ("POST", "/twins"),
        Scope.PUBLISH: ("POST", "/content/calendar"),
        Scope.ADMIN: ("GET", "/keys"),
    }
    for needed, (method, path) in calls.items():
        statuses = {scope: client.request(method, f"{PUBLIC}{path}").status_code for scope, client in clients.items()}
        assert {scope for scope, status in statuses.items() if status != 403} == {needed}


def begin_post(session: Session, workspace_id: UUID) -> Task:
    account = make_account(session, workspace_id)
    spec = PostSpec("instagram", account.id, caption="Look.")
    ((_, task),) = publications.create_with_tasks(
        session, workspace_id, twin=None, source=Source(url="https://8.8.8.8/reel.mp4"), specs=[spec]
    )
    return task


def begin_reel(session: Session, workspace_id: UUID) -> Task:
    (task,) = actions.render(session, make_item(session, make_twin(session, workspace_id)))
    return task


def begin_avatar(session: Session, workspace_id: UUID) -> Task:
    (task,) = actions.render(session, make_item(session, make_twin(session, workspace_id), make="avatar"))
    return task


def begin_copy(session: Session, workspace_id: UUID) -> Task:
    item = make_item(session, make_twin(session, workspace_id), reel_url="https://8.8.8.8/reel.mp4")
    return copies.begin(session, item)


@pytest.mark.slow
@pytest.mark.parametrize("begin", [begin_post, begin_reel, begin_avatar, begin_copy])
def test_a_post_needs_the_scope_to_publish_under_the_addresses_of_its_tasks_too(
    connect: Callable[..., TestClient], begin: Callable[[Session, UUID], Task]
) -> None:
    workspace = str(uuid4())
    creating, publishing = (connect(workspace, scopes=[Scope.CREATE, *more]) for more in ((), (Scope.PUBLISH,)))
    with transaction() as session:
        task = begin(session, workspace_of(session, workspace))
    for action, status in (("cancel", 202), ("retry", 202)):
        path = f"{PUBLIC}/tasks/{task.id}/{action}"
        assert creating.post(path).json()["code"] == "insufficient_scope"
        assert publishing.post(path).status_code == status


def test_a_key_that_may_not_send_a_file_is_told_so_before_the_file_is_looked_at(
    connect: Callable[..., TestClient],
) -> None:
    files = {"audio_file": b"x" * 400_000}
    answers = [
        connect(scopes=[scope], upload_bytes=1).post(f"{PUBLIC}/captions/generate", files=files)
        for scope in (Scope.READ, Scope.CREATE)
    ]
    assert [answer.status_code for answer in answers] == [403, 413]
