"""Read-only MCP tools: the workspace, the calendar, figures, best posting times, memories."""

from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import BaseModel, Field

from api.mcp_server.tool import Arguments, Call, Result, tool
from api.schemas.accounts import AccountView
from api.schemas.analytics import BestTimesView, PostView, SummaryView
from api.schemas.calendar import ItemView
from api.schemas.memory import RecallView
from api.schemas.times import TimeZone
from api.schemas.usage import UsageView
from content_pipeline.core.models.calendar import Status
from content_pipeline.core.platforms.pydantic_types import Platform
from content_pipeline.core.twins.memory import MemoryType, namespace_of
from content_pipeline.core.workspaces.scopes import Scope

# Agents are shown at most this many items at once, because their context is small.
MAX_ITEMS: Final = 100
BEST_POSTS: Final = 5

OnlyPlatform = Annotated[Platform | None, Field(description="Only this platform; all if left out")]
OnlyTwin = Annotated[UUID | None, Field(description="Only what belongs to this twin")]
Days = Annotated[int, Field(ge=1, le=365, description="The last days, today included")]


class NoArguments(Arguments):
    pass


class TwinSummary(BaseModel):
    """A persona that content is made for. Its resource has the rest."""

    id: UUID
    name: str
    voice_id: str
    style_tags: list[str]
    persona_prompt: str | None
    platform_defaults: dict[str, Any]
    accounts: dict[Platform, UUID] = Field(description="The account of its posts per platform")


class Workspace(Result):
    twins: list[TwinSummary] = Field(description="Newest first, up to 200")
    accounts: list[AccountView] = Field(description="Connected accounts, newest first, up to 200")
    usage: UsageView


@tool("Look at the workspace", Scope.READ)
async def get_workspace(call: Call, asked: NoArguments) -> Workspace:
    """Get the twins (personas) with their ids, the connected accounts, the credits and the plan's limits. Begin with
    this: most other tools need the id of a twin."""
    twins = (await call.api.get("/twins", {"limit": 200})).json()
    accounts = (await call.api.get("/social/accounts", {"limit": 200})).json()
    usage = (await call.api.get("/usage")).json()
    return Workspace.model_validate(
        {"twins": twins, "accounts": accounts, "usage": usage, "next": _on_accounts(twins, accounts)}
    )


def _on_accounts(twins: list[Any], accounts: list[dict[str, Any]]) -> str:
    if not twins:
        return "There is no twin yet: a person has to create one (POST /twins) before anything can be made."
    if not accounts:
        return "No account is connected: reels can be made, but a person has to connect an account to publish."
    if broken := [account["handle"] for account in accounts if account["status"] != "connected"]:
        return f"A person has to connect these accounts again before they can be posted to: {', '.join(broken)}."
    return "Everything is ready to make and to plan posts."


class CalendarQuery(Arguments):
    from_date: str | None = Field(
        None, max_length=40, description="A date (UTC), or a time with an offset", examples=["2033-05-01"]
    )
    to_date: str | None = Field(
        None, max_length=40, description="The same; a date includes the whole day", examples=["2033-05-07"]
    )
    platform: OnlyPlatform = None
    status: Status | None = Field(None, description="Only items with this status")
    twin_id: OnlyTwin = None
    limit: int = Field(50, ge=1, le=MAX_ITEMS)
    cursor: str | None = Field(None, max_length=500, description="`next_cursor` of the page before")


class CalendarPage(Result):
    items: list[ItemView] = Field(description="Latest time first")
    next_cursor: str | None = Field(description="For `cursor`; null on the last page")


@tool("Look at the calendar", Scope.READ)
async def list_calendar(call: Call, asked: CalendarQuery) -> CalendarPage:
    """List the planned, published and failed posts of the calendar."""
    page = await call.api.get("/content/calendar", asked.model_dump(mode="json"))
    items, cursor = page.json(), page.headers.get("X-Next-Cursor")
    failed = [item["title"] for item in items if item["status"] == "failed"]
    told = f"Items: {len(items)}." + (" There are more: send next_cursor as cursor." if cursor else "")
    if failed:
        told += f" {len(failed)} failed; `reason` has the remedy of each."
    return CalendarPage.model_validate({"items": items, "next_cursor": cursor, "next": told})


class FiguresQuery(Arguments):
    days: Days = 30
    platform: OnlyPlatform = None
    twin_id: OnlyTwin = None
    timezone: TimeZone = Field("UTC", description="Whose days are meant: a name of the IANA database")


class Figures(Result):
    summary: SummaryView = Field(description="Totals, those of the period before, and what changed")
    best_posts: list[PostView] = Field(description=f"The {BEST_POSTS} posts with the most views")


@tool("Get figures", Scope.READ)
async def get_figures(call: Call, asked: FiguresQuery) -> Figures:
    """Get how posts and accounts did: totals of the last days against the period before, by platform, and the best
    posts. A figure that a platform does not give is null, not zero."""
    query = asked.model_dump(mode="json")
    summary = (await call.api.get("/analytics/social/summary", query)).json()
    query = {name: value for name, value in query.items() if name != "timezone"} | {"limit": BEST_POSTS}
    best = (await call.api.get("/analytics/posts", query)).json()
    told = "Accounts are read every six hours." if best else "No post of these days has been read yet."
    return Figures.model_validate({"summary": summary, "best_posts": best, "next": told})


class BestTimesQuery(Arguments):
    days: Days = 90
    platform: OnlyPlatform = None
    twin_id: OnlyTwin = None
    timezone: TimeZone = Field("UTC", description="Of the hours: a name of the IANA database")
    limit: int = Field(5, ge=1, le=24, description="Hours per account")


class BestTimes(Result):
    accounts: list[BestTimesView]


@tool("Get the best times", Scope.READ)
async def get_best_times(call: Call, asked: BestTimesQuery) -> BestTimes:
    """Get the hours of the week at which each account's posts did best, and how sure that is. To plan a post at the
    next good free hour, schedule_post also takes `"best"` as its time."""
    found = (await call.api.get("/analytics/best-times", asked.model_dump(mode="json"))).json()
    told = "" if any(account["slots"] for account in found) else "Too few posts are known to tell. "
    return BestTimes.model_validate({"accounts": found, "next": f'{told}schedule_post takes "best" as its time.'})


class RecallQuery(Arguments):
    twin_id: UUID
    query: str = Field(min_length=1, max_length=2000, examples=["Which product went well?"])
    layer: MemoryType | None = Field(None, description="Only memories of this type")
    limit: int = Field(10, ge=1, le=50)


class Recalled(RecallView, Result):
    pass


@tool("Recall memories", Scope.READ)
async def recall(call: Call, asked: RecallQuery) -> Recalled:
    """Search a twin's memories by meaning: what is known of its products, its audience and its past posts."""
    body = asked.model_dump(mode="json", exclude={"twin_id"}) | {"namespace": namespace_of(asked.twin_id)}
    found = (await call.api.post("/memory/v2/recall", json=body)).json()
    told = f"Memories: {found['count']}, the most relevant first." if found["count"] else "Nothing is remembered of it."
    return Recalled.model_validate(found | {"next": told})
