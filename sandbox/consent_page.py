"""OAuth consent page, and the redirect back to the app with a code or an error."""

from http import HTTPStatus
from typing import Annotated, Final
from urllib.parse import urlencode, urlsplit

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from sandbox import oauth
from sandbox.oauth import AuthorizationRequest, InvalidAuthorizationRequest, Provider
from sandbox.rendering import render
from sandbox.store import Store

USERNAME: Final = r"^[\w.\-]{1,30}$"


def show_consent(request: Request, provider: Provider, authorization: AuthorizationRequest) -> Response:
    """Response to an authorization request: the consent page, or an error page if the request is invalid."""
    try:
        consent = oauth.create_consent(request.app.state.store, provider, authorization)
    except InvalidAuthorizationRequest as error:
        return show_error(request, provider, str(error))
    scopes = [(scope, provider.scopes[scope]) for scope in authorization.scopes]
    target = urlsplit(authorization.redirect_uri or "").netloc
    return render(request, "consent.html", provider=provider, consent=consent, scopes=scopes, target=target)


def show_error(request: Request, provider: Provider, reason: str) -> Response:
    """The error page for an invalid authorization request."""
    return render(request, "error.html", HTTPStatus.BAD_REQUEST, provider=provider, reason=reason)


def routes(store: Store, providers: list[Provider]) -> APIRouter:
    router = APIRouter()
    by_platform = {provider.platform: provider for provider in providers}

    @router.post("/_sandbox/consent/{id}")
    def decide(
        request: Request,
        id: str,
        decision: Annotated[str, Form(pattern="^(approve|deny)$")],
        username: Annotated[str, Form(pattern=USERNAME)] = "",
        other: Annotated[str, Form(pattern=f"{USERNAME}|^$")] = "",
    ) -> Response:
        consent = store.get("consent", id)
        if consent is None or consent["expires_at"] <= store.timestamp():
            reason = "This request has been answered already or has expired."
            return render(request, "error.html", HTTPStatus.GONE, provider=None, reason=reason)
        provider = by_platform[consent["platform"]]
        state = {} if consent["state"] is None else {"state": consent["state"]}
        if decision == "deny":
            store.delete("consent", id)
            return _redirect(consent["redirect_uri"], {**provider.denial, **state})
        code = oauth.approve(store, provider, consent, other or username)
        return _redirect(consent["redirect_uri"], {"code": f"{code}{provider.code_suffix}", **state})

    return router


def _redirect(redirect_uri: str, parameters: dict[str, str]) -> Response:
    separator = "&" if urlsplit(redirect_uri).query else "?"
    address = f"{redirect_uri}{separator}{urlencode(parameters)}"
    return RedirectResponse(address, HTTPStatus.FOUND, {"Cache-Control": "no-store"})
