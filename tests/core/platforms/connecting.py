"""Connects accounts at the sandbox by its consent page."""

from content_pipeline.core.platforms.base import Access
from content_pipeline.core.platforms.registry import PLATFORMS
from tests.sandbox_server import Sandbox

_BACK = "https://app.example/back"
_VERIFIER = "v" * 64


def connected(sandbox: Sandbox, platform: str, username: str = "mara.bakes") -> Access:
    """The account of a creator who consented on the platform's page."""
    grants = PLATFORMS[platform].oauth
    page = grants.authorize_url(redirect_uri=_BACK, state="a state", verifier=_VERIFIER)
    code = sandbox.decide(page, username=username).params["code"]
    token = grants.exchange(code, redirect_uri=_BACK, verifier=_VERIFIER).access
    return Access(grants.profile(token).user_id, token)
