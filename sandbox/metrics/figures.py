"""The figures of a post or an account: whole numbers that are added and subtracted."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from operator import add, attrgetter, sub
from typing import Final


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts since a post was published, or the growth between two moments. `impressions` are times that the post was
    shown, `reach` different people, `clicks` clicks on links; followers are those that the post brought and those of
    them that left again."""

    views: int = 0
    impressions: int = 0
    reach: int = 0
    likes: int = 0
    comments: int = 0
    shares: int = 0
    saves: int = 0
    clicks: int = 0
    watch_milliseconds: int = 0
    followers_gained: int = 0
    followers_lost: int = 0

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(*map(add, _VALUES(self), _VALUES(other)))

    def __sub__(self, other: "Figures") -> "Figures":
        return Figures(*map(sub, _VALUES(self), _VALUES(other)))

    def scaled(self, factor: float) -> "Figures":
        """Each count times the factor, rounded down."""
        return Figures(*(int(value * factor) for value in _VALUES(self)))

    @property
    def interactions(self) -> int:
        return self.likes + self.comments + self.shares + self.saves

    def as_dict(self) -> dict[str, int]:
        return asdict(self)


_VALUES: Final = attrgetter(*(field.name for field in fields(Figures)))


def total(figures: Iterable[Figures]) -> Figures:
    return sum(figures, Figures())
