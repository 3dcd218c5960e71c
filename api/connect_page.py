"""Confirmation page of the OAuth callback (HTML): asks the person whether to connect the account."""

from pathlib import Path
from typing import Final

from fastapi import Request
from fastapi.responses import HTMLResponse
from starlette.templating import Jinja2Templates

from content_pipeline.core.accounts.oauth_flow import Question

_TEMPLATES: Final = Jinja2Templates(Path(__file__).parent / "templates")
# No script, nothing of others', and no frame in which a click could be meant for another page.
_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
}


def render(request: Request, question: Question) -> HTMLResponse:
    return _TEMPLATES.TemplateResponse(request, "connect.html", {"question": question}, headers=_HEADERS)
