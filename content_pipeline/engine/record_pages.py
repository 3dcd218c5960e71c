"""Shows a row of the database at `/records/…` of Dagster's webserver, where metadata of assets link to."""

import json
from typing import Any, Final

from jinja2 import Environment
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from content_pipeline.core.errors import NotFound
from content_pipeline.core.operations import redacted_rows

# No script runs and nothing is requested, because the values come from clients. No referrer is sent, because signed
# links lead to the bucket.
_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}
# The words of an hour, each with its times, are megabytes.
_MOST_CHARACTERS: Final = 5000
_PAGE: Final = Environment(autoescape=True).from_string(
    """<!doctype html><html lang="en"><meta charset="utf-8"><title>{{ table }} {{ row_id }}</title>
<style>body{font:14px/1.5 system-ui,sans-serif;margin:2rem;max-width:70rem}th{text-align:left;vertical-align:top;
padding:.2rem 2rem .2rem 0;font-weight:600;white-space:nowrap}td{white-space:pre-wrap;overflow-wrap:anywhere}</style>
<h1>{{ table }}</h1><table>{% for field, link, text in rows %}<tr><th>{{ field.name }}</th><td>
{%- if link %}<a href="{{ link }}">{{ text }}</a>{% else %}{{ text }}{% endif -%}
</td></tr>{% endfor %}</table></html>"""
)


def _show(request: Request) -> Response:
    table, row_id = request.path_params["table"], request.path_params["row_id"]
    try:
        fields = redacted_rows.read(table, row_id)
    except NotFound as error:
        return PlainTextResponse(f"{error.detail}\n", error.status)
    rows = [(field, _link(field), _text(field.value)) for field in fields]
    return HTMLResponse(_PAGE.render(table=table, row_id=row_id, rows=rows), headers=_HEADERS)


def _link(field: redacted_rows.Field) -> str | None:
    if field.object_key:
        # boto3 takes 20 MB, which the webserver needs with the first file only.
        from content_pipeline.core.infrastructure import storage

        return storage.signed_url(field.object_key)
    return field.refers_to


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1)
    return text if len(text) <= _MOST_CHARACTERS else f"{text[:_MOST_CHARACTERS]}…"


ROUTE: Final = Route(f"{redacted_rows.PATH}/{{table}}/{{row_id}}", _show)
