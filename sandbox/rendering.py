"""Renders Jinja2 templates to HTML responses, with autoescaping."""

from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from fastapi import Request
from fastapi.responses import Response
from fastapi.templating import Jinja2Templates

_TEMPLATES: Final = Jinja2Templates(Path(__file__).parent / "templates")


def render(request: Request, template: str, status: HTTPStatus = HTTPStatus.OK, **context: Any) -> Response:
    return _TEMPLATES.TemplateResponse(request, template, context, status)
