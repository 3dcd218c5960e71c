"""What routes ask for in their signatures."""

from typing import Annotated

from fastapi import Query, Request, Security
from fastapi.security import APIKeyHeader

from api.authentication import API_KEY
from content_pipeline.core.workspaces.workspaces import Caller


class _Key(APIKeyHeader):
    """Shows the key on the OpenAPI page. The gate has checked it before any route was looked for."""

    async def __call__(self, request: Request) -> Caller:  # type: ignore[override]
        caller: Caller = request.state.caller
        return caller


_key = _Key(name=API_KEY, scheme_name="ApiKey", description="`sk_…`, from `content-pipeline keys create`.")

CallerDep = Annotated[Caller, Security(_key)]
Limit = Annotated[int, Query(ge=1, le=200, description="How many, at most.")]
Cursor = Annotated[str | None, Query(description="`X-Next-Cursor` of the page before.", max_length=500)]
