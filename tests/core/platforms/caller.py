"""Caller of a publisher: drives a post through the protocol of platforms/base.py."""

from dataclasses import dataclass, field

from content_pipeline.core.errors import Error
from content_pipeline.core.platforms.base import (
    Access,
    Ambiguous,
    NotCommitted,
    Post,
    PreparationLost,
    Prepared,
    Processing,
    Published,
    Publisher,
    Ready,
)


@dataclass
class Caller:
    """Remembers what was prepared and what was intended, and asks before it commits once more."""

    publisher: Publisher
    access: Access
    post: Post
    prepared: Prepared = field(default_factory=dict)
    is_committed: bool = False

    def go_on(self) -> Published | None:
        """One try; None when another has to follow. Raises what is final."""
        try:
            return self.try_once()
        except PreparationLost:
            self.prepared, self.is_committed = {}, False
        except Error as error:
            if not error.retryable:
                raise
        return None

    def try_once(self) -> Published | None:
        if not self.is_committed and not isinstance(self.prepare(), Ready):
            return None
        outcome: object = self._reconciled() if self.is_committed else NotCommitted()
        if isinstance(outcome, NotCommitted):
            outcome = self._commit()
        return outcome if isinstance(outcome, Published) else None

    def prepare(self) -> Ready | Processing:
        return self.publisher.prepare(
            self.access, self._needed_post, self.prepared, keep=self.keep_prepared, progress=lambda fraction: None
        )

    @property
    def _needed_post(self) -> Post | None:
        return self.post if self.publisher.needs_post(self.prepared) else None

    def keep_prepared(self, prepared: Prepared) -> None:
        self.prepared = prepared

    def _reconciled(self) -> Published | Processing | NotCommitted:
        outcome = self.publisher.reconcile(self.access, self._needed_post, self.prepared)
        self.is_committed = not isinstance(outcome, NotCommitted)
        return outcome

    def _commit(self) -> Published | Processing:
        self.is_committed = True
        try:
            return self.publisher.commit(self.access, self._needed_post, self.prepared)
        except Ambiguous:
            raise
        except Error:
            self.is_committed = False
            raise
