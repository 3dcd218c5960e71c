"""MCP tools that schedule, check and publish posts."""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from pydantic import BaseModel, Field

from api.mcp_server.tool import Arguments, Call, Repeatable, Result, idempotency_key, next_step, tool
from api.schemas.calendar import ItemDetail, ItemEdit, ItemRequest
from api.schemas.publishing import DryRunResults, DryRunView, PublicationAccepted, PublishRequest
from content_pipeline.core.errors import Unprocessable
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.workspaces.scopes import Scope

# A person who has not agreed to a post has this long to cancel it.
SOON_MINUTES: Final = 10
SOON: Final = timedelta(minutes=SOON_MINUTES)

# The tool takes these fields, and the route does not.
_OWN: Final = {"again", "confirm", "item_id"}


class Confirmable(BaseModel):
    """Arguments of a tool that plans posts, which may be for a time that is all but now."""

    confirm: bool = Field(
        False,
        strict=True,  # not "yes", nor 1: it is a person's word
        description=f"Only for a time that is less than {SOON_MINUTES} minutes away: true when the person has seen the "
        "post and has agreed",
    )


def _body(asked: BaseModel) -> dict[str, Any]:
    """What a route that makes something is sent. An argument that says nothing, as null, is as if left out: so a call
    that is repeated with one or without is the same call."""
    sent = asked.model_dump(mode="json", exclude=_OWN, exclude_unset=True)
    return {name: value for name, value in sent.items() if value not in (None, {})}


def _check_confirmed(asked: Confirmable, scheduled_at: datetime) -> None:
    """Raises Unprocessable `confirmation_missing` for a post that nobody could take back before its time."""
    if scheduled_at - now() < SOON and not asked.confirm:
        raise Unprocessable(
            f"This post would be published within {SOON_MINUTES} minutes.",
            code="confirmation_missing",
            remedy="Show it to the person, and set `confirm` to true when they agree; or give a later time.",
        )


class ScheduleArguments(ItemRequest, Repeatable, Confirmable):
    pass


class PlannedPost(ItemDetail, Result):
    pass


@tool("Plan a post", Scope.PUBLISH, "final")
async def schedule_post(call: Call, asked: ScheduleArguments) -> PlannedPost:
    """Plan a post in the calendar. It is published at its time without being asked again. Give a `script`, whose video
    is made ahead of the time, or a finished video. `scheduled_at` is a time with an offset, or `"best"`, and
    `scheduled_because` then says why that one. A time that is less than 10 minutes away needs `confirm: true`."""
    if isinstance(asked.scheduled_at, datetime):
        _check_confirmed(asked, asked.scheduled_at)
    body = _body(asked)
    answer = await call.api.post(
        "/content/calendar", idempotency_key=idempotency_key("schedule_post", body, asked), json=body
    )
    item = answer.json()
    told = f"It is planned for {item['scheduled_at']}. edit_post moves it, cancel_post takes it back."
    if item["conflicts"]:
        told += f" {len(item['conflicts'])} other posts of the account are within a minute of it."
    return PlannedPost.model_validate(item | {"next": next_step(answer, told)})


class EditArguments(ItemEdit, Confirmable):
    item_id: UUID = Field(description="The `id` of an item of the calendar")


@tool("Change a planned post", Scope.PUBLISH, "final")
async def edit_post(call: Call, asked: EditArguments) -> PlannedPost:
    """Change a planned post: its time, text, script or account. What is left out stays as it is. A post that is being
    published cannot be changed. If it is published in less than 10 minutes, before or after the change, that needs
    `confirm: true`."""
    await _check_edit_confirmed(call, asked)
    body = asked.model_dump(mode="json", exclude=_OWN, exclude_unset=True)
    item = (await call.api.patch(f"/content/calendar/{asked.item_id}", body)).json()
    return PlannedPost.model_validate(item | {"next": f"It is changed, and planned for {item['scheduled_at']}."})


async def _check_edit_confirmed(call: Call, asked: EditArguments) -> None:
    if isinstance(asked.scheduled_at, datetime):
        _check_confirmed(asked, asked.scheduled_at)
    if not asked.confirm:
        item = ItemDetail.model_validate((await call.api.get(f"/content/calendar/{asked.item_id}")).json())
        if item.status == "scheduled":
            _check_confirmed(asked, item.scheduled_at)


class CancelArguments(Arguments):
    item_id: UUID = Field(description="The `id` of an item of the calendar")


@tool("Cancel a planned post", Scope.PUBLISH, "final")
async def cancel_post(call: Call, asked: CancelArguments) -> PlannedPost:
    """Cancel a planned post that has not been published. It stays in the calendar as canceled."""
    item = (await call.api.post(f"/content/calendar/{asked.item_id}/cancel")).json()
    return PlannedPost.model_validate(item | {"next": "It is canceled, and will not be published."})


class CheckedPosts(DryRunResults, Result):
    pass


@tool("Check a post", Scope.PUBLISH)
async def check_post(call: Call, asked: PublishRequest) -> CheckedPosts:
    """Dry run: check a video and its text against each platform's rules, without publishing anything. `problems` say
    what would prevent each post, with a remedy."""
    results = await _dry_run(call, asked)
    return CheckedPosts(results=results, next=_on_dry_run(results))


async def _dry_run(call: Call, asked: PublishRequest) -> list[DryRunView]:
    answer = await call.api.post("/social/publish", params={"dry_run": "true"}, json=_body(asked))
    return DryRunResults.model_validate(answer.json()).results


def _on_dry_run(results: list[DryRunView]) -> str:
    if bad := [result.platform for result in results if not result.can_publish]:
        return f"These cannot be published as they are: {', '.join(bad)}. `problems` has the remedies."
    return "Nothing prevents these posts. publish_post with `confirm: true` publishes them."


class PublishArguments(PublishRequest, Repeatable):
    confirm: bool = Field(
        False,
        strict=True,  # not "yes", nor 1: it is a person's word
        description="true publishes now, for everybody to see. Set it only when the person has seen the post and has "
        "agreed; without it this is a dry run",
    )


class PublishedPosts(Result):
    is_published: bool = Field(description="Whether posts are on their way; false: this was a dry run")
    would_publish: list[DryRunView] = Field(description="What a dry run found")
    results: list[PublicationAccepted] = Field(description="A task for each post, once confirmed")


@tool("Publish a post", Scope.PUBLISH, "final")
async def publish_post(call: Call, asked: PublishArguments) -> PublishedPosts:
    """Publish a video now, on each of the platforms. Without `confirm: true` it is a dry run that says what would be
    posted, where, and what is in the way. Show that to the person, and confirm only when they agree."""
    if not asked.confirm:
        checked = await _dry_run(call, asked)
        told = f"Nothing was published. {_on_dry_run(checked)}"
        return PublishedPosts(is_published=False, would_publish=checked, results=[], next=told)
    body = _body(asked)
    answer = await call.api.post(
        "/social/publish", idempotency_key=idempotency_key("publish_post", body, asked), json=body
    )
    results = [PublicationAccepted.model_validate(result) for result in answer.json()["results"]]
    told = "Call wait_for_task with each task_id: its result has the link of the post."
    return PublishedPosts(is_published=True, would_publish=[], results=results, next=next_step(answer, told))
