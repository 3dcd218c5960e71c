"""Faults that can be ordered: the next requests of a platform's step are refused, held up, or lose their connection."""

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

# grant: the requests that hand out, refresh and revoke tokens
Step = Literal["grant", "prepare", "commit", "confirm"]

SCOPE_KEY: Final = "sandbox.visit"


class Fault(BaseModel):
    """A fault for the next `times` requests of a step. `accept_then_drop` does the work and closes the connection
    without a byte of an answer; `drop` closes it before the work; `status` answers `status`, `body` and `headers`
    instead, after the work if `after_work`; `delay` waits `seconds` first."""

    platform: Platform
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
    """What is known of a request while it is served; it lies in the request's scope under `VISIT`. `instead` is the
    answer that is given in place of the true one."""

    platform: Platform | None = None
    step: Step | None = None
    drops: bool = False
    instead: ApiError | None = None
    works: bool = True


def schedule(world: Store, wanted: Fault) -> None:
    number = uuid4().hex
    world.put("fault", number, {"number": number, **wanted.model_dump()})


def fault_point(platform: Platform, name: Step) -> Callable[[Request], None]:
    """A dependency that says which step of which platform a route is, and lets ordered faults happen there."""

    def marked(request: Request) -> None:
        apply_fault(request, platform, name)

    return marked


def apply_fault(request: Request, platform: Platform, name: Step) -> None:
    """The same for a route whose step depends on the request. Call it before anything is done, in no transaction.

    Raises Refusal for faults that keep the work from being done.
    """
    visit: RequestState = request.scope[SCOPE_KEY]
    visit.platform, visit.step = platform, name
    fault = _next_fault(request.app.state.world, platform, name)
    if fault is None:
        return
    if fault["kind"] == "delay":
        time.sleep(fault["seconds"])
        return
    visit.drops = fault["kind"] in ("drop", "accept_then_drop")
    visit.instead = None if visit.drops else ApiError(fault["status"], fault["body"], fault["headers"])
    visit.works = fault["kind"] == "accept_then_drop" or fault["after_work"]
    if not visit.works:
        raise visit.instead or ApiError(HTTPStatus.SERVICE_UNAVAILABLE)


def _next_fault(world: Store, platform: Platform, name: Step) -> Document | None:
    """The oldest order for the step, used once more."""
    with world.transaction():
        fault = next(iter(world.all("fault", platform=platform, step=name)), None)
        if fault is None:
            return None
        fault["times"] -= 1
        if fault["times"]:
            world.put("fault", fault["number"], fault)
        else:
            world.delete("fault", fault["number"])
        return fault
