"""FastAPI dependency: request parameters from the query string, a form (either encoding) or a JSON body."""

from typing import Annotated, Any

from fastapi import Depends, Request


async def _parameters(request: Request) -> dict[str, str]:
    body: dict[str, Any] = {}
    if request.method == "POST":
        kind = request.headers.get("content-type", "")
        if kind.startswith("application/json"):
            sent = await request.json() if await request.body() else {}
            body = sent if isinstance(sent, dict) else {}
        else:
            body = dict(await request.form())
    return {**request.query_params, **{name: _text(value) for name, value in body.items()}}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


Parameters = Annotated[dict[str, str], Depends(_parameters)]
