"""Verifies and reads HeyGen's webhooks.

Only the body is signed: neither the timestamp nor the event's id are, so an event is a hint to look at the video, and
an id is to be acted on once. It may come twice, late, or in the wrong order.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pydantic import BaseModel, ValidationError

from content_pipeline.core.errors import Invalid, Unauthorized
from content_pipeline.core.settings import settings

_SKEW_SECONDS: Final = 300.0
_CHECK_SETTING: Final = "Set CONTENT_PIPELINE_HEYGEN_WEBHOOK_SECRET to the secret of the endpoint at HeyGen."
_CHECK_CLOCK: Final = "Correct the clock of the sender, or of this machine."
_SEND_AS_SIGNED: Final = "Pass on the headers of the event as HeyGen sends them."


@dataclass(frozen=True, slots=True, kw_only=True)
class HeyGenEvent:
    """A verified event; `video_id` is None when it is about something else than a video."""

    id: str
    video_id: str | None


class _Data(BaseModel):
    video_id: str | None = None


class _Body(BaseModel):
    event_type: str
    event_data: _Data = _Data()


def verify(raw_body: bytes, headers: Mapping[str, str], now: datetime) -> HeyGenEvent:
    """The event of a delivery, from the bytes of its body as they came.

    Raises Unauthorized `webhook_unverified` when the signature, the timestamp or the event's id is missing or wrong,
    Invalid `webhook_unreadable` when the body is no event.
    """
    given = {name.lower(): value for name, value in headers.items()}
    secret = settings().heygen_webhook_secret.get_secret_value()
    if not secret:
        raise _unverified("no secret is set", remedy=_CHECK_SETTING)
    expected = hmac.new(secret.encode(), raw_body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected.encode(), given.get("heygen-signature", "").encode()):
        raise _unverified("the signature is wrong", remedy=_CHECK_SETTING)
    timestamp = given.get("heygen-timestamp", "")
    if not timestamp.isdecimal() or abs(now.timestamp() - float(timestamp)) > _SKEW_SECONDS:
        raise _unverified(f"the timestamp is not within {_SKEW_SECONDS:.0f} s", remedy=_CHECK_CLOCK)
    event_id = given.get("heygen-event-id")
    if not event_id:
        raise _unverified("it has no event id", remedy=_SEND_AS_SIGNED)
    return _event(event_id, raw_body)


def _event(event_id: str, raw_body: bytes) -> HeyGenEvent:
    try:
        body = _Body.model_validate_json(raw_body)
    except ValidationError:
        raise Invalid(
            "The body is not an event of HeyGen's.",
            code="webhook_unreadable",
            remedy="Send the bytes of the event as HeyGen sends them.",
        ) from None
    return HeyGenEvent(id=event_id, video_id=body.event_data.video_id)


def _unverified(why: str, *, remedy: str) -> Unauthorized:
    return Unauthorized(f"The webhook is not verified: {why}.", code="webhook_unverified", remedy=remedy)
