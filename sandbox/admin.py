"""The sandbox's own side, under `/_sandbox`: what is live, what was asked, and orders for what shall go wrong."""

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

    # Whoever reads the file would fail at a time that there is not, and nothing would move the clock back.
    advance_seconds: float = Field(ge=-_TEN_YEARS_SECONDS, le=_TEN_YEARS_SECONDS, allow_inf_nan=False)


class AccountReference(BaseModel):
    """An account, by its user name or by its id."""

    platform: Platform
    account: str


def routes(world: Store) -> APIRouter:
    router = APIRouter(prefix="/_sandbox")

    @router.get("/health")
    def health() -> dict[str, bool]:
        return {"ready": True}

    @router.get("/posts")
    def posts(request: Request) -> list[Document]:
        """What is live, oldest first."""
        return [post_view(request, post) for post in world.all("post")]

    @router.get("/requests")
    def requests() -> list[Document]:
        """What platforms were asked, oldest first. Neither queries nor bodies: those hold secrets."""
        return [{**entry, "time": _iso(entry["time"])} for entry in world.all("request")]

    @router.post("/faults", status_code=HTTPStatus.NO_CONTENT)
    def fail(order: faults.Fault) -> None:
        faults.schedule(world, order)

    @router.post("/clock")
    def clock(wish: ClockAdvance) -> dict[str, str]:
        world.advance(wish.advance_seconds)
        return {"now": _iso(world.seconds())}

    @router.post("/settings")
    def settings(changes: Annotated[dict[str, Any], Body()]) -> Settings:
        try:
            return update_settings(world, changes)
        except ValidationError as error:
            raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, error.errors(include_context=False)) from error

    @router.post("/revoke", status_code=HTTPStatus.NO_CONTENT)
    def revoke(owner: AccountReference) -> None:
        """The account's owner takes back what they allowed."""
        for account in _matching_accounts(world, owner):
            oauth.revoke(world, owner.platform, account)

    @router.post("/reset", status_code=HTTPStatus.NO_CONTENT)
    def reset() -> None:
        world.reset()

    @router.get("/media/{name}")
    def media(name: str) -> FileResponse:
        if not re.fullmatch(r"[\w\-]+(\.\w+)?", name) or not world.media(name).is_file():
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return FileResponse(world.media(name), headers={"X-Content-Type-Options": "nosniff"})

    return router


def post_view(request: Request, post: Document) -> Document:
    """A post as it is shown: its file as an address, its time in ISO 8601."""
    media = str(request.url_for("media", name=post["media"]))
    return {**post, "media": media, "time": _iso(post["time"])}


def _matching_accounts(world: Store, owner: AccountReference) -> set[str]:
    grants = world.all("grant", platform=owner.platform)
    return {grant["account"] for grant in grants if owner.account in (grant["account"], grant["username"])}


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
