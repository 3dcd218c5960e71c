"""Scores posts by views relative to their account's usual ones, with the confidence of differences."""

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.sql.selectable import LateralFromClause

from content_pipeline.core.models import MetricSnapshot, SocialPost

# Most views of a post come within two days.
RIPE: Final = timedelta(days=2)
# Posts that did as usual, which every group starts with, so that one lucky post does not win.
_PRIOR: Final = 3.0
# Scores of posts spread at least this much: three that did alike prove little.
_LEAST_SPREAD: Final = 0.5

Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Evidence:
    """The views of a group of posts as a multiple of the usual ones, and the probability that it does better."""

    index: float
    confidence: float


def latest_views() -> LateralFromClause:
    """The views of a `SocialPost` as last read."""
    return (
        select(MetricSnapshot.views)
        .where(
            MetricSnapshot.account_id == SocialPost.account_id,
            MetricSnapshot.social_post_id == SocialPost.id,
            MetricSnapshot.views.is_not(None),
        )
        .order_by(MetricSnapshot.taken_at.desc())
        .limit(1)
        .lateral()
    )


def score(views: Any) -> Scores:
    """The logarithm of the views of each of an account's posts, against their mean."""
    logs: Scores = np.log1p(np.asarray(views, dtype=float))
    return logs - logs.mean() if logs.size else logs


def spread(scores: Scores) -> float:
    """How far the scores of an account's posts lie apart."""
    return max(float(np.std(scores)), _LEAST_SPREAD)


def compare(total: float, weight: float, *, spread: float) -> Evidence:
    """How the posts of a group do against the usual.

    `total` is the sum of their scores and `weight` their number; a post that belongs to the group in part, from 0 to 1,
    counts as that part in both. `spread` is that of all posts.
    """
    certainty = weight + _PRIOR
    mean = total / certainty
    better = 0.5 * (1 + math.erf(mean / (spread / math.sqrt(certainty)) / math.sqrt(2)))
    return Evidence(round(math.exp(mean), 2), round(better, 2))
