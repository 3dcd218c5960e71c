"""Admin API under `/_sandbox`: account histories, and ground-truth metrics at a time or by day."""

from datetime import date
from http import HTTPStatus
from typing import Annotated, Final, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fastapi import APIRouter, HTTPException, Query, Request
from pydantic import AwareDatetime, BaseModel, Field, model_validator

from sandbox.admin import iso8601, post_view
from sandbox.consent_page import USERNAME
from sandbox.history import add_posts
from sandbox.metrics.accounts import Account, day_bounds, days_between
from sandbox.metrics.features import time_zone_of
from sandbox.metrics.figures import Figures
from sandbox.oauth import Provider, put_account
from sandbox.store import Document, Platform, Store

_MAX_DAYS: Final = 1000
_DAY_SECONDS: Final = 86_400


class History(BaseModel):
    """A past for an account: `posts` posts over the last `days` days, or at this moment if that is 0. `followers`:
    those that it had before them. `photos`: how many of the posts are photos; `professional_days`: since when it is a
    professional account. Both are Instagram's."""

    platform: Platform
    account: str = Field(pattern=USERNAME, description="User name; the account need not be connected yet")
    posts: int = Field(ge=1, le=1000)
    days: int = Field(ge=0, le=_MAX_DAYS)
    followers: int | None = Field(None, ge=0)
    photos: int = Field(0, ge=0)
    professional_days: int | None = Field(None, ge=0)

    @model_validator(mode="after")
    def _check_platform(self) -> Self:
        if self.platform != "instagram" and (self.photos or self.professional_days is not None):
            raise ValueError("Only Instagram has photos and professional accounts.")
        return self


def routes(store: Store, providers: list[Provider]) -> APIRouter:
    router = APIRouter(prefix="/_sandbox")
    by_platform = {provider.platform: provider for provider in providers}

    @router.post("/history")
    def history(request: Request, order: History) -> list[Document]:
        """Give an account a past of posts that were made on the phone; returns them."""
        account = put_account(store, by_platform[order.platform], order.account, **_account_fields(store, order))
        ids = add_posts(
            store, order.platform, account, order.account, posts=order.posts, days=order.days, photos=order.photos
        )
        posts = (store.get("post", f"{order.platform}:{id}") for id in ids)
        return [post_view(request, post) for post in posts if post]

    @router.get("/figures")
    def figures(
        platform: Platform, account: str, at: Annotated[list[AwareDatetime] | None, Query()] = None
    ) -> list[Document]:
        """The true totals of an account (its id or user name) and each of its posts at some times, by default now.

        As the platform counted them at that time. Deleted posts are included and keep what they had.
        """
        found = _account(store, by_platform[platform], account)
        times = [found.now] if at is None else [moment.timestamp() for moment in at]
        return [_totals(found, time) for time in times]

    @router.get("/figures/days")
    def days(platform: Platform, account: str, first: date, last: date, time_zone: str = "UTC") -> list[Document]:
        """The true growth on each day from `first` to `last`, both included, and the followers at the day's end.

        As the platform counts it now: removed spam is missing on the days on which it came. A day that is not over has
        what it has so far.
        """
        zone = _zone(time_zone)
        if not 0 <= (last - first).days < _MAX_DAYS:
            raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, f"The range is not between 1 and {_MAX_DAYS} days.")
        found = _account(store, by_platform[platform], account)
        return [_day(found, day, zone) for day in days_between(first, last)]

    return router


def _account_fields(store: Store, order: History) -> dict[str, float]:
    fields: dict[str, float] = {} if order.followers is None else {"followers": order.followers}
    if order.professional_days is not None:
        fields["professional_at"] = store.timestamp() - order.professional_days * _DAY_SECONDS
    return fields


def _account(store: Store, provider: Provider, account: str) -> Account:
    """An account by id or user name. Raises HTTPException 404."""
    for id in (account, provider.account_id(account)):
        if store.get("account", f"{provider.platform}:{id}"):
            return Account(store, provider.platform, id)
    raise HTTPException(HTTPStatus.NOT_FOUND, f"There is no account {account} at {provider.platform}.")


def _totals(account: Account, at: float) -> Document:
    posts = [
        {"id": post.id, "deleted": post.deleted_at is not None, **account.post(post.id, at).as_dict()}
        for post in account.posts
        if post.time <= at
    ]
    return {
        "at": iso8601(at),
        "followers": account.followers(at),
        "time_zone": str(time_zone_of(account.platform, account.id)),
        "totals": account.totals(at).as_dict(),
        "posts": posts,
    }


def _day(account: Account, day: date, zone: ZoneInfo) -> Document:
    start, end = (min(bound, account.now) for bound in day_bounds(day, zone))
    by_post = {post.id: account.growth(start, end, [post.id]) for post in account.posts if post.time < end}
    return {
        "day": str(day),
        "followers": account.followers(end),
        "totals": account.growth(start, end).as_dict(),
        "posts": {id: grown.as_dict() for id, grown in by_post.items() if grown != Figures()},
    }


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, f"There is no time zone {name}.") from error
