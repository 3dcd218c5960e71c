"""Call a platform as an account: adds the access token, refreshes it once when it has expired."""

from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.platforms.accounts import tokens
from content_pipeline.core.platforms.base import Access, Disconnected, Expired

Answer = TypeVar("Answer")


def call_platform(account_id: UUID, call: Callable[[Access], Answer]) -> Answer:
    """Returns what `call` returns. Repeats it with a refreshed token when the platform rejects the present one, and
    again for each token that expires during the call: an upload may outlast several of Google's one-hour tokens.

    An account whose new token is rejected is marked `needs_reconnect`. Raises what `call` and `tokens.get_access`
    raise, except Expired.
    """
    access, is_new = tokens.get_access(account_id), False
    while True:
        started_at = now()
        try:
            return _call(account_id, access, call)
        except Expired as error:
            if is_new and not tokens.has_expired(account_id, access.token, since=started_at):
                lost = Disconnected(error.detail, remedy="Connect the account again.")
                tokens.mark_disconnected(account_id, access.token, lost)
                raise lost from error
        access, is_new = tokens.refresh(account_id, access.token), True


def _call(account_id: UUID, access: Access, call: Callable[[Access], Answer]) -> Answer:
    try:
        return call(access)
    except Disconnected as error:
        tokens.mark_disconnected(account_id, access.token, error)
        raise
