"""Admin API under `/_sandbox`: published posts, request log, faults, clock, settings, reset. `figures_admin.py` has
the part about figures."""

import re
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, HTTPException, Request
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sandbox import faults, oauth
from sandbox.settings import Settings, update_settings
from sandbox.store import Document, Platform, Store

_TEN_YEARS_SECONDS: Final = 10 * 365 * 86_400


class ClockAdvance(BaseModel):
    model_config = ConfigDict(extra="forbid")

    # A clock outside the range of datetime would break every reader of the clock file, this API included.
    advance_seconds: float = Field(ge=-_TEN_YEARS_SECONDS, le=_TEN_YEARS_SECONDS, allow_inf_nan=False)


class AccountReference(BaseModel):
    """An account of a platform, by user name or id."""

    platform: Platform
    account: str


def routes(store: Store) -> APIRouter:
    router = APIRouter(prefix="/_sandbox")

    @router.get("/health")
    def health() -> dict[str, bool]:
        return {"ready": True}

    @router.get("/posts")
    def posts(request: Request) -> list[Document]:
        """Published posts, oldest first."""
        return [post_view(request, post) for post in store.posts()]

    @router.get("/requests")
    def requests() -> list[Document]:
        """Requests to the platforms, oldest first, without query strings and bodies, which hold secrets."""
        return [{**entry, "time": iso8601(entry["time"])} for entry in store.find("request")]

    @router.post("/faults", status_code=HTTPStatus.NO_CONTENT)
    def schedule_fault(fault: faults.Fault) -> None:
        faults.schedule(store, fault)

    @router.delete("/faults", status_code=HTTPStatus.NO_CONTENT)
    def withdraw_faults() -> None:
        """Withdraw the faults that no request has met yet."""
        faults.withdraw(store)

    @router.post("/clock")
    def advance_clock(body: ClockAdvance) -> dict[str, str]:
        store.advance(body.advance_seconds)
        return {"now": iso8601(store.timestamp())}

    @router.post("/settings")
    def settings(changes: Annotated[dict[str, Any], Body()]) -> Settings:
        try:
            return update_settings(store, changes)
        except ValidationError as error:
            raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, error.errors(include_context=False)) from error

    @router.post("/revoke", status_code=HTTPStatus.NO_CONTENT)
    def revoke(reference: AccountReference) -> None:
        """Revoke all grants of an account, as its owner does in the platform's settings."""
        for account in _matching_accounts(store, reference):
            oauth.revoke(store, reference.platform, account)

    @router.delete("/posts/{platform}/{id}", status_code=HTTPStatus.NO_CONTENT)
    def delete_post(platform: Platform, id: str) -> None:
        """Delete a post, as its owner does on the platform."""
        if not store.delete_post(platform, id):
            raise HTTPException(HTTPStatus.NOT_FOUND)

    @router.post("/reset", status_code=HTTPStatus.NO_CONTENT)
    def reset() -> None:
        store.reset()

    @router.get("/media/{name}")
    def media(name: str) -> FileResponse:
        if not re.fullmatch(r"[\w\-]+(\.\w+)?", name) or not store.media_path(name).is_file():
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return FileResponse(store.media_path(name), headers={"X-Content-Type-Options": "nosniff"})

    return router


def post_view(request: Request, post: Document) -> Document:
    """A post with its media file as a URL and its time in ISO 8601."""
    media = str(request.url_for("media", name=post["media"]))
    return {**post, "media": media, "time": iso8601(post["time"])}


def _matching_accounts(store: Store, reference: AccountReference) -> set[str]:
    grants = store.find("grant", platform=reference.platform)
    return {grant["account"] for grant in grants if reference.account in (grant["account"], grant["username"])}


def iso8601(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
