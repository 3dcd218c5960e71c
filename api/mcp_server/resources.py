"""MCP resources (read-only): the twins and the calendar."""

import re
from datetime import timedelta
from typing import Any, Final

from mcp_types import Resource, ResourceTemplate

from api.mcp_server.rest import RestClient
from content_pipeline.core.errors import NotFound
from content_pipeline.core.infrastructure.clock import now

JSON: Final = "application/json"
DAYS: Final = 30

_TWINS: Final = "content-pipeline://twins"
_CALENDAR: Final = "content-pipeline://calendar"
_TWIN: Final = re.compile(rf"{re.escape(_TWINS)}/([0-9a-f-]{{36}})")

RESOURCES: Final = [
    Resource(
        uri=_TWINS,
        name="twins",
        title="Twins",
        description="The personas that content is made for, newest first",
        mime_type=JSON,
    ),
    Resource(
        uri=_CALENDAR,
        name="calendar",
        title="Calendar",
        description=f"The posts of the next {DAYS} days, latest first",
        mime_type=JSON,
    ),
]
TEMPLATES: Final = [
    ResourceTemplate(
        uri_template=f"{_TWINS}/{{twin_id}}",
        name="twin",
        title="Twin",
        description="One persona: voice, style, defaults of its posts, glossary",
        mime_type=JSON,
    )
]


async def read(api: RestClient, uri: str) -> Any:
    """The JSON of a resource. Raises NotFound, and what the API answers."""
    if uri == _TWINS:
        return (await api.get("/twins", {"limit": 200})).json()
    if uri == _CALENDAR:
        today = now().date()
        days = {"from_date": f"{today}", "to_date": f"{today + timedelta(days=DAYS)}", "limit": 200}
        return (await api.get("/content/calendar", days)).json()
    if found := _TWIN.fullmatch(uri):
        return (await api.get(f"/twins/{found[1]}")).json()
    raise NotFound(
        f"There is no resource {uri[:200]!r}.", code="resource_unknown", remedy="Use one that resources/list names."
    )
