"""FastAPI dependencies and query parameters that routes share."""

from typing import Annotated

from fastapi import Query, Request, Security
from fastapi.security import APIKeyHeader

from api.authentication import API_KEY
from content_pipeline.core.workspaces.workspaces import Caller


class _ApiKey(APIKeyHeader):
    """Declares the key in the OpenAPI document. The Authentication middleware has checked it already."""

    async def __call__(self, request: Request) -> Caller:  # type: ignore[override]
        caller: Caller = request.state.caller
        return caller


_api_key = _ApiKey(name=API_KEY, scheme_name="ApiKey", description="`sk_…`, from `content-pipeline keys create`.")

CallerDep = Annotated[Caller, Security(_api_key)]
Limit = Annotated[int, Query(ge=1, le=200, description="Maximum number of entries.")]
Cursor = Annotated[str | None, Query(description="`X-Next-Cursor` of the previous page.", max_length=500)]
