"""Conventions of YouTube's Data and Analytics APIs: methods with scopes and quota costs, authentication, parameters."""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Header, Request

from sandbox import oauth
from sandbox.oauth import Grant, Provider, Unauthorized, derived_id
from sandbox.store import Store
from sandbox.youtube import errors, quota

HOST: Final = "/www.googleapis.com"
ANALYTICS_HOST: Final = "/youtubeanalytics.googleapis.com"

_AUTH: Final = "https://www.googleapis.com/auth"
FULL: Final = f"{_AUTH}/youtube"
UPLOAD: Final = f"{_AUTH}/youtube.upload"
READ: Final = f"{_AUTH}/youtube.readonly"
FORCE_SSL: Final = f"{_AUTH}/youtube.force-ssl"
ANALYTICS: Final = f"{_AUTH}/yt-analytics.readonly"


def _s256_challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


PROVIDER: Final = Provider(
    platform="youtube",
    title="YouTube",
    scopes={
        FULL: "Manage your YouTube account",
        UPLOAD: "Manage your YouTube videos",
        READ: "View your YouTube account",
        FORCE_SSL: "See, edit and delete your videos, ratings, comments and captions",
        ANALYTICS: "View YouTube Analytics reports for your content",
    },
    account_id=lambda username: f"UC{derived_id('youtube', username, 22)}",
    code_seconds=10 * 60,
    denial={"error": "access_denied"},
    challenge_of=_s256_challenge,
)


@dataclass(frozen=True, slots=True)
class Method:
    """A method of an API: HTTP verb and path, supported query parameters, scopes (one is enough), and its cost in
    units of the Data API's daily quota."""

    id: str
    verb: str
    path: str
    parameters: frozenset[str]
    scopes: tuple[str, ...]
    units: int = 1


INSERT_VIDEO: Final = Method(
    "youtube.videos.insert",
    "POST",
    "/upload/youtube/v3/videos",
    frozenset({"part", "notifySubscribers"}),
    (UPLOAD, FULL, FORCE_SSL),
    units=0,
)
LIST_VIDEOS: Final = Method(
    "youtube.videos.list",
    "GET",
    "/youtube/v3/videos",
    frozenset({"part", "id", "maxResults"}),
    (READ, FULL, FORCE_SSL),
)
DELETE_VIDEO: Final = Method(
    "youtube.videos.delete",
    "DELETE",
    "/youtube/v3/videos",
    frozenset({"id"}),
    (FULL, FORCE_SSL),
    units=50,
)
SET_THUMBNAIL: Final = Method(
    "youtube.thumbnails.set",
    "POST",
    "/upload/youtube/v3/thumbnails/set",
    frozenset({"videoId"}),
    (UPLOAD, FULL, FORCE_SSL),
    units=50,
)
INSERT_CAPTION: Final = Method(
    "youtube.captions.insert",
    "POST",
    "/upload/youtube/v3/captions",
    frozenset({"part", "sync"}),
    (FORCE_SSL,),
    units=400,
)
LIST_CHANNELS: Final = Method(
    "youtube.channels.list",
    "GET",
    "/youtube/v3/channels",
    frozenset({"part", "mine", "id", "maxResults"}),
    (READ, FULL, FORCE_SSL),
)
LIST_PLAYLIST_ITEMS: Final = Method(
    "youtube.playlistItems.list",
    "GET",
    "/youtube/v3/playlistItems",
    frozenset({"part", "playlistId", "maxResults", "pageToken"}),
    (READ, FULL, FORCE_SSL),
)
# The Analytics API has a quota of its own, which nobody uses up.
QUERY_REPORTS: Final = Method(
    "youtubeAnalytics.reports.query",
    "GET",
    "/v2/reports",
    frozenset({"ids", "startDate", "endDate", "metrics", "dimensions", "filters", "sort", "maxResults", "startIndex"}),
    (ANALYTICS,),
    units=0,
)
METHODS: Final = (
    INSERT_VIDEO,
    LIST_VIDEOS,
    DELETE_VIDEO,
    SET_THUMBNAIL,
    INSERT_CAPTION,
    LIST_CHANNELS,
    LIST_PLAYLIST_ITEMS,
)
# Parameters of every method.
STANDARD_PARAMETERS: Final = frozenset({"alt", "fields", "key", "prettyPrint", "quotaUser", "uploadType"})


def authenticated(method: Method) -> Callable[..., Grant]:
    """FastAPI dependency: the caller's grant. It spends the method's quota units."""

    def caller(request: Request, authorization: Annotated[str | None, Header()] = None) -> Grant:
        store: Store = request.app.state.store
        try:
            grant = oauth.get_token(store, "youtube", oauth.bearer_token(authorization)).grant
        except Unauthorized as error:
            raise errors.unauthenticated() from error
        if not any(scope in grant.scopes for scope in method.scopes):
            raise errors.scope_missing()
        quota.spend_units(store, method.units)
        for name in request.query_params:
            if name not in method.parameters | STANDARD_PARAMETERS:
                raise errors.bad_request(
                    f'Invalid JSON payload received. Unknown name "{name}": Cannot bind query parameter. Field '
                    f"'{name}' could not be found in request message."
                )
        return grant

    return caller
