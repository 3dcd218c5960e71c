"""Reads from the query of a signed link when it expires: S3, Google Cloud Storage, Azure Blob Storage, CloudFront."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from content_pipeline.core.errors import Invalid

# Parameters of a time and of the seconds that the link lives from then on: signature version 4 of S3 and of Google.
_TIMES_AND_LIVES: Final = (("x-amz-date", "x-amz-expires"), ("x-goog-date", "x-goog-expires"))


def check(url: str, *, needed_at: datetime) -> None:
    """Raises Invalid `link_expired` for a link that says that it will have expired by then."""
    expires = expires_at(url)
    if expires and expires <= needed_at:
        raise Invalid(
            f"This link expires at {expires:%Y-%m-%d %H:%M:%S} UTC, before it is needed.",
            code="link_expired",
            remedy="Send a link that lives longer, or upload the file and send its upload_id.",
        )


def expires_at(url: str) -> datetime | None:
    """The time at which a link expires; None where it does not say."""
    try:
        query = {name.lower(): value for name, value in parse_qsl(urlsplit(url).query)}
        return _of_query(query)
    except (ValueError, OverflowError):  # not a URL, or not a time
        return None


def _of_query(query: Mapping[str, str]) -> datetime | None:
    """Raises ValueError, OverflowError."""
    for time, life in _TIMES_AND_LIVES:
        if time in query and life in query:
            signed_at = datetime.strptime(query[time], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
            return signed_at + timedelta(seconds=int(query[life]))
    if "se" in query and "sig" in query:  # a shared access signature of Azure
        expires = datetime.fromisoformat(query["se"])
        return expires if expires.tzinfo else expires.replace(tzinfo=UTC)
    if "expires" in query and "signature" in query:  # CloudFront, and the older signatures of S3 and Google
        return datetime.fromtimestamp(int(query["expires"]), UTC)
    return None
