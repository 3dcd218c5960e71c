"""Audience demographics of each account: shares by age group, country and gender, as last read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Final
from uuid import UUID

from sqlalchemy import func, select, true
from sqlalchemy.orm import Session

from content_pipeline.core.analytics import figures
from content_pipeline.core.analytics.figures import Selection
from content_pipeline.core.models import Account, AudienceShare, SocialPost

DIMENSIONS: Final = ("age", "country", "gender")


@dataclass(frozen=True, slots=True)
class Audience:
    """The audience of an account on a day. `shares` maps each dimension to the shares (0 to 1) of its values, largest
    first; empty where the platform does not tell."""

    account_id: UUID
    platform: str
    handle: str
    day: date
    shares: Mapping[str, Mapping[str, float]]


def list_audiences(session: Session, asked: Selection) -> Sequence[Audience]:
    """The latest audience, read within the last days, of each account of which there is one.

    With a twin, of the accounts on which it has posts. Raises as `figures.list_days` does.
    """
    figures.check(session, asked)
    of_twin = select(SocialPost.account_id).where(SocialPost.twin_id == asked.twin_id)
    latest = (
        select(AudienceShare.account_id, func.max(AudienceShare.day).label("day"))
        .where(AudienceShare.day >= asked.start)
        .group_by(AudienceShare.account_id)
        .subquery()
    )
    rows = session.execute(
        select(Account, AudienceShare)
        .join(latest, latest.c.account_id == Account.id)
        .join(AudienceShare, (AudienceShare.account_id == Account.id) & (AudienceShare.day == latest.c.day))
        .where(*figures.owned_by(asked, Account), Account.id.in_(of_twin) if asked.twin_id else true())
        .order_by(Account.platform, Account.created_at, Account.id, AudienceShare.share.desc(), AudienceShare.value)
    )
    found = []
    for account, of_account in groupby(rows, key=lambda row: row.Account):
        shares: dict[str, dict[str, float]] = {dimension: {} for dimension in DIMENSIONS}
        for row in of_account:
            day = row.AudienceShare.day
            shares[row.AudienceShare.dimension][row.AudienceShare.value] = row.AudienceShare.share
        found.append(Audience(account.id, account.platform, account.handle, day, shares))
    return found
