"""Platform accounts: the OAuth flow that connects them, listing, disconnecting."""

from http import HTTPStatus
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Header, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api import html_pages
from api.audit import ChangeDep, origin_of
from api.context import PRIVATE_HEADERS
from api.deps import AdminDep, CallerDep, Cursor, Limit
from api.form_routes import FormRoute
from api.json_routes import JsonRoute
from api.limits.concurrency.bulkhead import in_bulkhead
from api.pagination import link_next
from api.schemas.accounts import AccountView, ClientState, ConnectRequest, ConnectView, RedirectUri
from api.schemas.problems import problems
from content_pipeline.core.errors import Invalid
from content_pipeline.core.infrastructure.database import autocommit
from content_pipeline.core.platforms.accounts import accounts, oauth_flow
from content_pipeline.core.platforms.pydantic_types import Platform
from content_pipeline.core.platforms.registry import PLATFORMS


async def _set_private_headers(request: Request) -> None:
    request.state.headers.update(PRIVATE_HEADERS)


router = APIRouter(prefix="/social", tags=["social"], route_class=JsonRoute)
form_router = APIRouter(prefix="/social", tags=["social"], route_class=FormRoute)
_private = [Depends(_set_private_headers)]
# These two routes are for browsers.
Accept = Annotated[str, Header(include_in_schema=False)]


@router.get(
    "/connect/{platform}",
    status_code=HTTPStatus.FOUND,
    response_class=RedirectResponse,
    responses=problems(403, 503),
    dependencies=_private,
)
def connect_by_redirect(
    platform: Platform,
    redirect_uri: Annotated[RedirectUri, Query()],
    caller: AdminDep,
    change: ChangeDep,
    state: Annotated[ClientState, Query()] = None,
) -> str:
    """Redirect to the platform's consent page to connect an account.

    The browser returns to `redirect_uri` with `platform` and `account_id`, or with `error` and `error_description`.
    """
    with change.transaction() as session:
        begun = oauth_flow.begin(
            session, caller.workspace_id, platform, redirect_uri, state, api_key_id=caller.api_key_id
        )
        return begun.authorize_url


@router.post("/connect/{platform}", responses=problems(403, 503), dependencies=_private)
def connect(platform: Platform, body: ConnectRequest, caller: AdminDep, change: ChangeDep) -> ConnectView:
    """Get the URL of the platform's consent page, for browsers, which cannot send the API key.

    Open `authorize_url` in a browser; each is valid once. The account is created when the person has consented there,
    and has answered the page of the callback, which asks whether to connect it to this workspace.
    """
    with change.transaction() as session:
        started = oauth_flow.begin(
            session, caller.workspace_id, platform, body.redirect_uri, body.state, api_key_id=caller.api_key_id
        )
    return ConnectView(authorize_url=started.authorize_url, expires_at=started.expires_at)


@router.get(
    "/callback/{platform}",
    response_class=HTMLResponse,
    responses={HTTPStatus.FOUND: {"description": "Denied or failed: back to `redirect_uri`"}},
    dependencies=_private,
)
@in_bulkhead()
def oauth_callback(
    request: Request,
    platform: Platform,
    state: str = "",
    code: str | None = None,
    error: str | None = None,
    accept: Accept = "",
) -> Response:
    """OAuth redirect URI of the platforms: a page that asks the person whether to connect the account.

    It needs no API key: `state` identifies the workspace. Nothing is stored before the answer.
    """
    try:
        found = oauth_flow.finish(platform, state=state, code=code, error=error, origin=origin_of(request))
    except Invalid as refusal:
        return _show_refusal(request, platform, refusal, accept)
    if isinstance(found, str):
        return RedirectResponse(found, HTTPStatus.FOUND)
    return html_pages.render(request, "connect.html", question=found)


def _show_refusal(request: Request, platform: Platform, refusal: Invalid, accept: str) -> HTMLResponse:
    """A page for a person. Raises the refusal for programs."""
    if "text/html" not in accept:
        raise refusal
    failure = f"{refusal.detail} {refusal.remedy}"
    return html_pages.render(
        request, "connected.html", status=refusal.status, platform=PLATFORMS[platform].label, failure=failure
    )


@form_router.post(
    "/callback/{platform}",
    status_code=HTTPStatus.SEE_OTHER,
    response_class=RedirectResponse,
    dependencies=_private,
)
def answer_connect_page(
    request: Request,
    platform: Platform,
    token: Annotated[str, Form(max_length=20_000)],
    decision: Annotated[Literal["connect", "refuse"], Form()],
    accept: Accept = "",
) -> Response:
    """The answer to the page of the callback. Its token is valid once, for ten minutes."""
    try:
        url = oauth_flow.answer(platform, token=token, accept=decision == "connect", origin=origin_of(request))
    except Invalid as refusal:
        return _show_refusal(request, platform, refusal, accept)
    return RedirectResponse(url, HTTPStatus.SEE_OTHER)


@router.get("/accounts")
def list_accounts(
    request: Request, response: Response, caller: CallerDep, limit: Limit = 50, cursor: Cursor = None
) -> list[AccountView]:
    """List the workspace's accounts, newest first. One with `needs_reconnect` keeps its id when it is reconnected."""
    with autocommit() as session:
        page, next_cursor = accounts.list_page(session, caller.workspace_id, limit=limit, cursor=cursor)
    link_next(request, response, next_cursor)
    return [AccountView.model_validate(account) for account in page]


@router.delete("/disconnect/{platform}", status_code=HTTPStatus.NO_CONTENT, responses=problems(404, 503))
@in_bulkhead()
def disconnect(
    platform: Platform,
    caller: AdminDep,
    change: ChangeDep,
    account_id: Annotated[UUID | None, Query(description="Only this account; default: all of the platform")] = None,
) -> None:
    """Disconnect a platform's accounts: delete their tokens, and revoke them if the platform supports it."""
    accounts.disconnect(caller.workspace_id, platform, account_id, by=change.actor)
