"""Serves the one script of Dagster's pages that disables "Execute" on partitioned checks, without that condition.

Our checks run without a partition: they take the newest one (assets/checks.py).
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

import dagster_webserver
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_BUILD: Final = Path(dagster_webserver.__file__).parent / "webapp" / "build"
# `isPartitioned ? "…not yet supported" : ""`, where the name of the condition is minified.
_CONDITION: Final = re.compile(
    r'[\w$]+\?"Executing checks on their own for partitioned assets is not yet supported":""'
)


def scripts() -> list[Path]:
    """The scripts that have the condition: one of the pinned release (tests/engine/test_check_execution.py).

    None after an upgrade that changed it: the button is disabled again, and all else is as it was.
    """
    found = sorted(_BUILD.glob("_next/static/chunks/**/*.js"))
    return [path for path in found if _CONDITION.search(path.read_text())]


def routes() -> list[Route]:
    """A route for each of these scripts, to stand before Dagster's own static files."""
    return [Route(f"/{path.relative_to(_BUILD).as_posix()}", _serve(path)) for path in scripts()]


def _serve(path: Path) -> Callable[[Request], Response]:
    def serve(_: Request) -> Response:
        return Response(
            _CONDITION.sub('""', path.read_text()),
            media_type="application/javascript",
            # It is not cached for longer, because its name has a hash of Dagster's content, not of this content.
            headers={"Cache-Control": "private, max-age=3600"},
        )

    return serve
