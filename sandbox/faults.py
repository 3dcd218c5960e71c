"""Fault injection: errors, delays and dropped connections for the next requests of a platform's step."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, Literal
from uuid import uuid4

from fastapi import Request
from pydantic import BaseModel, Field

from sandbox.api_error import ApiError
from sandbox.store import Document, Platform, Store

# grant: requests that issue, refresh and revoke tokens, or read the profile; download: of a finished file; insights:
# requests for figures; remove: those that delete a post
Step = Literal["grant", "prepare", "commit", "confirm", "download", "insights", "remove"]

# Faults can be ordered for these targets.
Target = Platform | Literal["heygen"]

SCOPE_KEY: Final = "sandbox.state"


class Fault(BaseModel):
    """A fault for the next `times` requests of a step. `accept_then_drop` handles the request and closes the connection
    without a response; `drop` closes it without handling the request; `status` responds with `status`, `body` and
    `headers`, after handling the request if `after_work`; `delay` waits `seconds` first."""

    platform: Target
    step: Step
    kind: Literal["accept_then_drop", "drop", "status", "delay"]
    status: int = Field(500, ge=400, le=599)
    body: Any = None
    headers: dict[str, str] = {}
    after_work: bool = False
    seconds: float = Field(1.0, ge=0, le=300)
    times: int = Field(1, ge=1)


@dataclass
class RequestState:
    """State of one request, shared by middleware and route through the ASGI scope under `SCOPE_KEY`.

    `error` replaces the real response; `does_work`: whether the route handles the request.
    """

    platform: Target | None = None
    step: Step | None = None
    drop_connection: bool = False
    error: ApiError | None = None
    does_work: bool = True


def schedule(store: Store, fault: Fault) -> None:
    number = uuid4().hex
    store.put("fault", number, {"number": number, **fault.model_dump()})


def withdraw(store: Store) -> None:
    """Delete the faults that no request has met yet."""
    with store.transaction():
        for fault in store.find("fault"):
            store.delete("fault", fault["number"])


def fault_point(platform: Target, name: Step) -> Callable[[Request], None]:
    """FastAPI dependency: marks a route as a step of a platform and applies the faults scheduled for it."""

    def dependency(request: Request) -> None:
        apply_fault(request, platform, name)

    return dependency


def apply_fault(request: Request, platform: Target, name: Step) -> None:
    """The same for a route whose step depends on the request. Call it before any change, outside a transaction.

    Raises ApiError for faults that prevent the request from being handled.
    """
    state: RequestState = request.scope[SCOPE_KEY]
    state.platform, state.step = platform, name
    fault = _next_fault(request.app.state.store, platform, name)
    if fault is None:
        return
    if fault["kind"] == "delay":
        time.sleep(fault["seconds"])
        return
    state.drop_connection = fault["kind"] in ("drop", "accept_then_drop")
    state.error = None if state.drop_connection else ApiError(fault["status"], fault["body"], fault["headers"])
    state.does_work = fault["kind"] == "accept_then_drop" or fault["after_work"]
    if not state.does_work:
        raise state.error or ApiError(HTTPStatus.SERVICE_UNAVAILABLE)


def _next_fault(store: Store, platform: Target, name: Step) -> Document | None:
    """The oldest fault of the step, with one use less; deleted after its last one."""
    with store.transaction():
        fault = next(iter(store.find("fault", platform=platform, step=name)), None)
        if fault is None:
            return None
        fault["times"] -= 1
        if fault["times"]:
            store.put("fault", fault["number"], fault)
        else:
            store.delete("fault", fault["number"])
        return fault
