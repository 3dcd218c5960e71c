"""Cursor pagination: `X-Next-Cursor` and `Link: rel="next"` headers; response bodies are plain arrays."""

from fastapi import Request, Response


def link_next(request: Request, response: Response, cursor: str | None) -> None:
    if cursor:
        response.headers["X-Next-Cursor"] = cursor
        response.headers["Link"] = f'<{request.url.include_query_params(cursor=cursor)}>; rel="next"'
