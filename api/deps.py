"""FastAPI dependencies and query parameters that routes share; which scope a route needs.

A route that takes `CallerDep` needs `read` if it is a GET, and `create` if it changes something. What needs another
scope says so by its type: `ReaderDep`, `PublisherDep`, `AdminDep`.
"""

from typing import Annotated, Final

from fastapi import Query, Request, Security
from fastapi.routing import APIRoute
from fastapi.security import APIKeyHeader, SecurityScopes

from api.authentication import API_KEY
from api.known_fields import with_dependencies
from content_pipeline.core.workspaces.caller import Caller
from content_pipeline.core.workspaces.scopes import Scope


class _ApiKey(APIKeyHeader):
    """Declares the key in the OpenAPI document, and checks its scope.

    The Authentication middleware has checked the key itself.
    """

    async def __call__(self, request: Request, scopes: SecurityScopes) -> Caller:  # type: ignore[override]
        caller = caller_of(request)
        caller.check(_needed(scopes.scopes, request.method))
        return caller


def caller_of(request: Request) -> Caller:
    """The caller of a request, for dependencies: its scope is checked once, by the route."""
    caller: Caller = request.state.caller
    return caller


def needed_scope(route: APIRoute, method: str) -> Scope:
    """The scope that a route needs. Raises StopIteration where it needs no key."""
    declared = (each.own_oauth_scopes or [] for each in with_dependencies(route.dependant) if each.call is _api_key)
    return _needed(next(declared), method)


def _needed(declared: list[str], method: str) -> Scope:
    return Scope(declared[0]) if declared else default_scope(method)


def default_scope(method: str) -> Scope:
    """Of a route that declares no other one."""
    return Scope.READ if method.upper() == "GET" else Scope.CREATE


_api_key: Final = _ApiKey(
    name=API_KEY,
    scheme_name="ApiKey",
    description="`sk_…`, from `content-pipeline keys create` or `POST /keys`.",
)

CallerDep = Annotated[Caller, Security(_api_key)]
# Routes that only read, but are not GET, need this scope.
ReaderDep = Annotated[Caller, Security(_api_key, scopes=[Scope.READ])]
# Routes that publish, schedule or take down posts need this scope.
PublisherDep = Annotated[Caller, Security(_api_key, scopes=[Scope.PUBLISH])]
# This scope is needed for API keys, the audit log, webhooks (which send events to other servers), connecting and
# disconnecting accounts, and the export of the workspace, which contains the audit log.
AdminDep = Annotated[Caller, Security(_api_key, scopes=[Scope.ADMIN])]
Limit = Annotated[int, Query(ge=1, le=200, description="Maximum number of entries.")]
Cursor = Annotated[str | None, Query(description="`X-Next-Cursor` of the previous page.", max_length=500)]
