"""Values of a twin's track record on a platform: its best posts, and which caption style and length did best."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Generic, TypeVar

from content_pipeline.core.platforms.text import CaptionStyle

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class BestPost:
    """A post that did better than usual. `hook` is its first sentence, `index` its views as a multiple of the usual
    ones of its account, `seconds` the length of its video. The style is None where the text was not composed here."""

    post_id: str
    url: str | None
    hook: str
    views: int
    index: float
    caption_style: CaptionStyle | None
    seconds: float | None
    published_at: datetime


@dataclass(frozen=True, slots=True)
class Finding(Generic[Value]):
    """What did clearly better than usual: `index` are its views as a multiple of the usual ones, `confidence` the
    probability that it is better, `posts` how many say so."""

    value: Value
    index: float
    confidence: float
    posts: int


@dataclass(frozen=True, slots=True)
class TrackRecord:
    """What can be learned from so many posts; empty where they are too few. `detail` says so in sentences.

    `seconds` is the usual length of the posts whose length did best.
    """

    posts: int = 0
    best: tuple[BestPost, ...] = ()
    caption_style: Finding[CaptionStyle] | None = None
    seconds: Finding[int] | None = None
    detail: str = ""


NOTHING: Final = TrackRecord()
