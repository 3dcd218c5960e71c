"""Connects accounts to the sandbox through the OAuth flow."""

from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Final
from uuid import UUID

import httpx
import pytest
from pydantic import SecretStr

from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Account, RedirectUri
from content_pipeline.core.platforms.accounts import oauth_flow
from content_pipeline.core.platforms.app_settings import App, AppSettings
from content_pipeline.core.platforms.registry import PLATFORMS
from content_pipeline.core.platforms.spec import PlatformSpec
from content_pipeline.core.platforms.transport import client as platform_client  # not a test's substitute
from content_pipeline.core.settings import settings
from tests.sandbox_server import Sandbox

REDIRECT: Final = "https://app.example.com/connected?tenant=7"


def encryption_key(byte_value: int) -> SecretStr:
    """A key of 32 equal bytes."""
    return SecretStr(urlsafe_b64encode(bytes([byte_value]) * 32).decode())


@contextmanager
def sandbox_settings(sandbox: Sandbox) -> Iterator[None]:
    """Set this process's settings as `up` does with an embedded sandbox; closes its connections to it afterwards."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings(), "platforms", "sandbox")
        patch.setattr(settings(), "sandbox_url", sandbox.url)
        patch.setattr(settings(), "encryption_keys", [encryption_key(1)])
        for spec in PLATFORMS.values():
            set_app(patch, spec, App(f"sandbox-{spec.name}", f"sandbox-{spec.name}-secret"))
            approve_app(patch, spec)
        try:
            yield
        finally:
            if platform_client.cache_info().currsize:
                platform_client().close()
                platform_client.cache_clear()


def set_app(patch: pytest.MonkeyPatch, spec: PlatformSpec, app: App) -> None:
    """Register an app at a platform, in this process's settings."""
    current, names = spec.app_settings.current(), spec.app_settings.CREDENTIALS
    patch.setattr(current, names.id, app.id)
    patch.setattr(current, names.secret, SecretStr(app.secret))


def approve_app(patch: pytest.MonkeyPatch, spec: PlatformSpec) -> None:
    """Set this process's settings as they fit the app of the sandbox, which may ask for all scopes."""
    for name, value in _approved(spec.app_settings).items():
        patch.setattr(spec.app_settings.current(), name, value)


@cache
def _approved(app_settings: type[AppSettings]) -> dict[str, object]:
    """Once: settings are read from the environment and its files, which takes 12 ms."""
    approved = app_settings.model_validate(app_settings.SANDBOX)
    return {name: getattr(approved, name) for name in app_settings.SANDBOX}


def begin(workspace_id: UUID, platform: str, client_state: str | None = None, api_key_id: UUID | None = None) -> str:
    """Start connecting an account for this workspace; returns the authorize URL."""
    with transaction() as session:
        session.merge(RedirectUri(workspace_id=workspace_id, uri=REDIRECT))
        session.flush()
        begun = oauth_flow.begin(session, workspace_id, platform, REDIRECT, client_state, api_key_id=api_key_id)
        return begun.authorize_url


def oauth_callback(platform: str, callback_url: httpx.URL) -> httpx.QueryParams:
    """Handle the platform's redirect to `callback_url`, and connect if asked. Returns the query parameters of the
    redirect to the client."""
    found = come_back(platform, callback_url)
    url = found if isinstance(found, str) else oauth_flow.answer(platform, token=found.token, accept=True)
    assert url.startswith(REDIRECT)
    return httpx.URL(url).params


def come_back(platform: str, callback_url: httpx.URL) -> str | oauth_flow.Question:
    """Handle the platform's redirect to `callback_url`."""
    params = callback_url.params
    return oauth_flow.finish(
        platform, state=params.get("state", ""), code=params.get("code"), error=params.get("error")
    )


def connect(sandbox: Sandbox, workspace_id: UUID, platform: str, username: str = "mara.bakes") -> Account:
    """Connect the creator's account; returns its row."""
    params = oauth_callback(platform, sandbox.decide(begin(workspace_id, platform), username=username))
    assert "account_id" in params, params
    return read_account(UUID(params["account_id"]))


def read_account(account_id: UUID) -> Account:
    with transaction() as session:
        return session.get_one(Account, account_id)
