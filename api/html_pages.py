"""Renders HTML templates with headers that forbid scripts, third-party content and framing (clickjacking)."""

from pathlib import Path
from typing import Final

from fastapi import Request
from fastapi.responses import HTMLResponse
from starlette.templating import Jinja2Templates

TEMPLATES: Final = Path(__file__).parent / "templates"
_PAGES: Final = Jinja2Templates(TEMPLATES)
_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
}


def render(request: Request, template: str, *, status: int = 200, **values: object) -> HTMLResponse:
    """A page from a file of `templates/`."""
    return _PAGES.TemplateResponse(request, template, values, status, _HEADERS)
