"""Accounts that are connected to the sandbox, by the way that people go."""

from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from uuid import UUID

import httpx
import pytest
from pydantic import SecretStr

from content_pipeline.core.accounts import oauth_flow
from content_pipeline.core.database import transaction
from content_pipeline.core.models import Account, RedirectUri
from content_pipeline.core.platforms.names import PLATFORMS
from content_pipeline.core.settings import settings
from tests.sandbox_server import Sandbox

REDIRECT: Final = "https://app.example.com/connected?tenant=7"


def encryption_key(filling: int) -> SecretStr:
    """A key of 32 bytes that are all the same."""
    return SecretStr(urlsafe_b64encode(bytes([filling]) * 32).decode())


@contextmanager
def reached(sandbox: Sandbox) -> Iterator[None]:
    """This process's settings as `up` makes them with a sandbox."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings(), "platforms", "sandbox")
        patch.setattr(settings(), "sandbox_url", sandbox.url)
        patch.setattr(settings(), "encryption_keys", [encryption_key(1)])
        for platform in PLATFORMS:
            name = "client_key" if platform == "tiktok" else "client_id"
            patch.setattr(settings(), f"{platform}_{name}", f"sandbox-{platform}")
            patch.setattr(settings(), f"{platform}_client_secret", SecretStr(f"sandbox-{platform}-secret"))
        yield


def begin(workspace_id: UUID, platform: str, client_state: str | None = None) -> str:
    """The platform's page for somebody of this workspace."""
    with transaction() as session:
        session.merge(RedirectUri(workspace_id=workspace_id, uri=REDIRECT))
        session.flush()
        return oauth_flow.begin(session, workspace_id, platform, REDIRECT, client_state).authorize_url


def come_back(platform: str, back: httpx.URL) -> httpx.QueryParams:
    """What the client is told when a browser comes back from the platform with this address."""
    sent = back.params
    then = oauth_flow.finish(platform, state=sent.get("state", ""), code=sent.get("code"), error=sent.get("error"))
    assert then.startswith(REDIRECT)
    return httpx.URL(then).params


def connect(sandbox: Sandbox, workspace_id: UUID, platform: str, username: str = "mara.bakes") -> Account:
    """The account of that creator, connected."""
    told = come_back(platform, sandbox.decide(begin(workspace_id, platform), username=username))
    assert "account_id" in told, told
    return read(UUID(told["account_id"]))


def read(account_id: UUID) -> Account:
    with transaction() as session:
        return session.get_one(Account, account_id)
