"""Accounts at the platforms: connecting them, listing them, leaving them."""

from http import HTTPStatus
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse

from api.deps import CallerDep, Cursor, Limit
from api.pagination import link_next
from api.schemas.accounts import AccountView, ClientState, ConnectRequest, ConnectView, RedirectUri
from api.schemas.problems import problems
from content_pipeline.core.accounts import accounts, oauth_flow
from content_pipeline.core.database import autocommit, transaction
from content_pipeline.core.platforms.registered import Platform

# Addresses with a code or state in them are neither kept nor told to the next page.
_PRIVATE: Final = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


def _be_private(request: Request) -> None:
    request.state.headers.update(_PRIVATE)


router = APIRouter(prefix="/social", tags=["social"])
private = [Depends(_be_private)]


@router.get(
    "/connect/{platform}",
    status_code=HTTPStatus.FOUND,
    response_class=RedirectResponse,
    responses=problems(403, 503),
    dependencies=private,
)
def connect_by_redirect(
    platform: Platform,
    redirect_uri: Annotated[RedirectUri, Query()],
    caller: CallerDep,
    state: Annotated[ClientState, Query()] = None,
) -> str:
    """Send somebody to the platform to connect an account. They come back to `redirect_uri` with `platform` and
    `account_id`, or with `error` and `error_description`."""
    with transaction() as session:
        return oauth_flow.begin(session, caller.workspace_id, platform, redirect_uri, state).authorize_url


@router.post("/connect/{platform}", responses=problems(403, 503), dependencies=private)
def connect(platform: Platform, asked: ConnectRequest, caller: CallerDep) -> ConnectView:
    """The same for browsers, which cannot send the key along: the address to send the person to.

    Each call gives another address, good once; nothing comes to be before the person has consented.
    """
    with transaction() as session:
        begun = oauth_flow.begin(session, caller.workspace_id, platform, asked.redirect_uri, asked.state)
    return ConnectView(authorize_url=begun.authorize_url, expires_at=begun.expires_at)


@router.get("/callback/{platform}", status_code=HTTPStatus.FOUND, response_class=RedirectResponse, dependencies=private)
def oauth_callback(platform: Platform, state: str = "", code: str | None = None, error: str | None = None) -> str:
    """Where platforms send people back to. It needs no key: the `state` says whose account it is."""
    return oauth_flow.finish(platform, state=state, code=code, error=error)


@router.get("/accounts")
def list_accounts(
    request: Request, response: Response, caller: CallerDep, limit: Limit = 50, cursor: Cursor = None
) -> list[AccountView]:
    """The workspace's accounts, newest first. One that `needs_reconnect` keeps its id when it is connected again."""
    with autocommit() as session:
        page, following = accounts.list_page(session, caller.workspace_id, limit=limit, cursor=cursor)
    link_next(request, response, following)
    return [AccountView.of(account) for account in page]


@router.delete("/disconnect/{platform}", status_code=HTTPStatus.NO_CONTENT, responses=problems(404))
def disconnect(
    platform: Platform,
    caller: CallerDep,
    account_id: Annotated[UUID | None, Query(description="Only this one; all of the platform without it")] = None,
) -> None:
    """Forget a platform's accounts, and take their consent back there where it has a way to."""
    accounts.disconnect(caller.workspace_id, platform, account_id)
