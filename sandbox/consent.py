"""The page on which a creator decides what an app may do, and what happens when they have."""

from http import HTTPStatus
from typing import Annotated, Final
from urllib.parse import urlencode, urlsplit

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from sandbox import oauth
from sandbox.oauth import BadWish, Provider, Wish
from sandbox.pages import page
from sandbox.store import World

_NAME: Final = r"^[\w.\-]{1,30}$"


def ask(request: Request, provider: Provider, wish: Wish) -> Response:
    """The answer to an authorization request: the consent page, or an error page as the platforms show one."""
    try:
        consent = oauth.open_consent(request.app.state.world, provider, wish)
    except BadWish as error:
        return refuse(request, provider, str(error))
    scopes = [(scope, provider.scopes[scope]) for scope in wish.scopes]
    target = urlsplit(wish.redirect_uri or "").netloc
    return page(request, "consent.html", provider=provider, consent=consent, scopes=scopes, target=target)


def refuse(request: Request, provider: Provider, reason: str) -> Response:
    """The page of an authorization request that nobody is asked about."""
    return page(request, "refused.html", HTTPStatus.BAD_REQUEST, provider=provider, reason=reason)


def routes(world: World, providers: list[Provider]) -> APIRouter:
    router = APIRouter()
    by_platform = {provider.platform: provider for provider in providers}

    @router.post("/_sandbox/consent/{id}")
    def decide(
        request: Request,
        id: str,
        decision: Annotated[str, Form(pattern="^(approve|deny)$")],
        username: Annotated[str, Form(pattern=_NAME)] = "",
        other: Annotated[str, Form(pattern=f"{_NAME}|^$")] = "",
    ) -> Response:
        consent = world.get("consent", id)
        if consent is None or consent["expires_at"] <= world.seconds():
            reason = "This page has been answered, or is too old."
            return page(request, "refused.html", HTTPStatus.GONE, provider=None, reason=reason)
        provider = by_platform[consent["platform"]]
        state = {} if consent["state"] is None else {"state": consent["state"]}
        if decision == "deny":
            world.delete("consent", id)
            return _back(consent["redirect_uri"], {**provider.denial, **state})
        code = oauth.approve(world, provider, consent, other or username)
        return _back(consent["redirect_uri"], {"code": f"{code}{provider.code_suffix}", **state})

    return router


def _back(redirect_uri: str, parameters: dict[str, str]) -> Response:
    separator = "&" if urlsplit(redirect_uri).query else "?"
    address = f"{redirect_uri}{separator}{urlencode(parameters)}"
    return RedirectResponse(address, HTTPStatus.FOUND, {"Cache-Control": "no-store"})
