"""FastAPI route class (APIRoute) for HTML form posts: applies FormLimit to the body before it is parsed."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from api.limits.form_limits import FormLimit


class FormRoute(APIRoute):
    """A route that takes a form without files, of the default body size."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_form(request: Request) -> Response:
            form = FormLimit(request.headers.get("content-type", ""))
            return await handle(Request(request.scope, form.applied_to(request.receive)))

        return handle_form
