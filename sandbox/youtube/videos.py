"""Endpoints of YouTube's Data API for videos (list, delete), channels, and the playlist of a channel's uploads."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request

from sandbox.api_error import ApiError
from sandbox.faults import fault_point
from sandbox.metrics.accounts import Account, figures_now
from sandbox.metrics.figures import Figures
from sandbox.oauth import Grant
from sandbox.settings import read_settings
from sandbox.store import Document, Store
from sandbox.youtube import errors, library, protocol, resources

PARTS: Final = (
    "id",
    "snippet",
    "status",
    "contentDetails",
    "statistics",
    "processingDetails",
    "paidProductPlacementDetails",
)
CHANNEL_PARTS: Final = ("id", "snippet", "contentDetails", "statistics")
ITEM_PARTS: Final = ("id", "snippet", "contentDetails", "status")
_MAX_PAGE_SIZE: Final = 50
_SIZES: Final = {"default": (120, 90), "medium": (320, 180), "high": (480, 360)}


def routes(store: Store) -> APIRouter:
    router = APIRouter()
    confirm_step = [Depends(fault_point("youtube", "confirm"))]

    @router.get(f"{protocol.HOST}{protocol.LIST_VIDEOS.path}", dependencies=confirm_step)
    def videos(
        request: Request, grant: Annotated[Grant, Depends(protocol.authenticated(protocol.LIST_VIDEOS))], part: str = ""
    ) -> dict[str, Any]:
        parts = resources.parse_parts(part, PARTS)
        ids = [id for value in request.query_params.getlist("id") for id in value.split(",")]
        if not ids:
            raise _filter_missing("chart, id, myRating")
        if len(ids) > _MAX_PAGE_SIZE:
            raise errors.invalid("invalidFilters", "The request specifies more than 50 ids.")
        found = [video for id in ids if (video := library.get_video(store, id)) is not None]
        visible = [video for video in found if _is_visible(grant, video)]
        return _list("youtube#videoListResponse", [resource(request, video, parts) for video in visible])

    @router.delete(
        f"{protocol.HOST}{protocol.DELETE_VIDEO.path}",
        status_code=HTTPStatus.NO_CONTENT,
        dependencies=[Depends(fault_point("youtube", "remove"))],
    )
    def delete(grant: Annotated[Grant, Depends(protocol.authenticated(protocol.DELETE_VIDEO))], id: str = "") -> None:
        if not id:
            raise errors.api_error(HTTPStatus.BAD_REQUEST, "required", "Required parameter: id", domain="global")
        video = library.get_video(store, id)
        if video is None:
            message = "The video that you are trying to delete cannot be found."
            raise errors.not_found("videoNotFound", message)
        if video["channel"] != grant.account:
            message = "The video that you are trying to delete cannot be deleted."
            raise errors.api_error(HTTPStatus.FORBIDDEN, "forbidden", message)
        library.delete_video(store, id)

    @router.get(f"{protocol.HOST}{protocol.LIST_CHANNELS.path}", dependencies=confirm_step)
    def channels(
        request: Request,
        grant: Annotated[Grant, Depends(protocol.authenticated(protocol.LIST_CHANNELS))],
        part: str = "",
        mine: bool = False,
        id: str = "",
    ) -> dict[str, Any]:
        parts = resources.parse_parts(part, CHANNEL_PARTS)
        if not mine and not id:
            raise _filter_missing("forHandle, id, mine")
        own = mine or grant.account in id.split(",")
        return _list("youtube#channelListResponse", [_channel(request, store, grant, parts)] if own else [])

    @router.get(f"{protocol.HOST}{protocol.LIST_PLAYLIST_ITEMS.path}", dependencies=confirm_step)
    def playlist_items(
        request: Request,
        grant: Annotated[Grant, Depends(protocol.authenticated(protocol.LIST_PLAYLIST_ITEMS))],
        part: str = "",
        playlistId: str = "",
        maxResults: int = 5,
        pageToken: int = 0,
    ) -> dict[str, Any]:
        parts = resources.parse_parts(part, ITEM_PARTS)
        if not playlistId:
            raise _filter_missing("id, playlistId")
        if not 0 <= maxResults <= _MAX_PAGE_SIZE:
            raise errors.bad_request(
                f"Invalid value '{maxResults}'. Values must be within the range: [0, {_MAX_PAGE_SIZE}]"
            )
        if playlistId != _uploads_playlist(grant.account):
            raise errors.not_found(
                "playlistNotFound", "The playlist identified with the playlistId parameter was not found."
            )
        newest = library.videos_of(store, grant.account)
        page = newest[pageToken : pageToken + maxResults]
        items = [_item(request, grant, video, position, parts) for position, video in enumerate(page, pageToken)]
        answer = _list("youtube#playlistItemListResponse", items, total=len(newest))
        if pageToken + maxResults < len(newest):
            answer["nextPageToken"] = str(pageToken + maxResults)
        return answer

    return router


def resource(request: Request, video: Document, parts: Iterable[str]) -> Document:
    """The parts of a video resource, as its owner sees them."""
    store: Store = request.app.state.store
    processing = store.timestamp() < video["created_at"] + read_settings(store).youtube_processing_seconds
    sections: Mapping[str, Document] = {
        "snippet": _snippet(request, video),
        "status": _status(video, processing),
        "contentDetails": _content_details(video, processing),
        "statistics": _statistics(store, video),
        "processingDetails": _processing_details(video, processing),
        "paidProductPlacementDetails": video["metadata"]["paidProductPlacementDetails"],
    }
    shown = {"kind": "youtube#video", "etag": f"{video['id']}-etag", "id": video["id"]}
    return shown | {name: sections[name] for name in parts if name != "id"}


def _statistics(store: Store, video: Document) -> Document:
    """Counts are strings in Google's JSON, because they may exceed a JavaScript number."""
    post = store.get("post", f"youtube:{video['id']}")
    counts = figures_now(store, post) if post else Figures()
    return {
        "viewCount": str(counts.views),
        "likeCount": str(counts.likes),
        "favoriteCount": "0",
        "commentCount": str(counts.comments),
    }


def _snippet(request: Request, video: Document) -> Document:
    written = {name: value for name, value in video["metadata"]["snippet"].items() if value not in (None, [])}
    return written | {
        "publishedAt": iso8601(video["created_at"]),
        "channelId": video["channel"],
        "channelTitle": video["channel_title"],
        "thumbnails": thumbnails(request, video),
        "liveBroadcastContent": "none",
        "localized": {"title": written["title"], "description": written.get("description", "")},
    }


def thumbnails(request: Request, video: Document) -> Document:
    """The URLs of a video's cover in all sizes; empty without a cover."""
    if video["cover"] is None:
        return {}
    url = str(request.url_for("media", name=video["cover"]))
    return {name: {"url": url, "width": width, "height": height} for name, (width, height) in _SIZES.items()}


def _status(video: Document, processing: bool) -> Document:
    written = {name: value for name, value in video["metadata"]["status"].items() if value is not None}
    made_for_kids = {"madeForKids": written.get("selfDeclaredMadeForKids", False)}
    if processing:
        return written | made_for_kids | {"uploadStatus": "uploaded"}
    if video["failure"]:
        return written | made_for_kids | {"uploadStatus": "failed", "failureReason": video["failure"]}
    return written | made_for_kids | {"uploadStatus": "processed"}


def _processing_details(video: Document, processing: bool) -> Document:
    if processing:
        return {"processingStatus": "processing", "fileDetailsAvailability": "inProgress"}
    if video["failure"]:
        return {"processingStatus": "failed", "processingFailureReason": "transcodeFailed"}
    return {"processingStatus": "succeeded", "fileDetailsAvailability": "available"}


def _content_details(video: Document, processing: bool) -> Document:
    seconds = 0 if processing or video["failure"] else round(video["seconds"])
    duration = f"PT{seconds // 60}M{seconds % 60}S" if seconds else "P0D"
    captioned = "true" if video["captions"] else "false"
    return {"duration": duration, "dimension": "2d", "definition": "hd", "caption": captioned}


def _channel(request: Request, store: Store, grant: Grant, parts: Iterable[str]) -> Document:
    videos = library.videos_of(store, grant.account)
    account = Account(store, "youtube", grant.account)
    sections: Mapping[str, Document] = {
        "snippet": {"title": grant.name, "description": "", "customUrl": f"@{grant.username}"},
        "contentDetails": {"relatedPlaylists": {"likes": "", "uploads": _uploads_playlist(grant.account)}},
        "statistics": {
            # The views of deleted videos are not counted here.
            "viewCount": str(sum(account.post(post.id, account.now).views for post in account.listed)),
            "subscriberCount": str(_rounded_down(account.followers(account.now))),
            "hiddenSubscriberCount": False,
            "videoCount": str(len(videos)),
        },
    }
    shown = {"kind": "youtube#channel", "etag": f"{grant.account}-etag", "id": grant.account}
    return shown | {name: sections[name] for name in parts if name != "id"}


def _rounded_down(subscribers: int) -> int:
    """The first three digits: the Data API tells nobody more, not even the owner."""
    unit = int("1".ljust(len(str(subscribers)) - 2, "0"))
    return subscribers // unit * unit


def _uploads_playlist(channel: str) -> str:
    """The playlist of a channel's uploads: the channel's id with the prefix UU."""
    return f"UU{channel.removeprefix('UC')}"


def _item(request: Request, grant: Grant, video: Document, position: int, parts: Iterable[str]) -> Document:
    snippet = _snippet(request, video)
    sections: Mapping[str, Document] = {
        "snippet": {
            **{name: snippet[name] for name in ("publishedAt", "channelId", "channelTitle", "title", "thumbnails")},
            "description": snippet.get("description", ""),
            "playlistId": _uploads_playlist(grant.account),
            "position": position,
            "resourceId": {"kind": "youtube#video", "videoId": video["id"]},
        },
        "contentDetails": {"videoId": video["id"], "videoPublishedAt": snippet["publishedAt"]},
        "status": {"privacyStatus": video["metadata"]["status"]["privacyStatus"]},
    }
    shown = {"kind": "youtube#playlistItem", "etag": f"{video['id']}-etag", "id": f"{video['id']}-item"}
    return shown | {name: sections[name] for name in parts if name != "id"}


def _list(kind: str, items: list[Document], total: int | None = None) -> Document:
    count = len(items) if total is None else total
    page = {"totalResults": count, "resultsPerPage": len(items)}
    return {"kind": kind, "etag": f"{count}-etag", "items": items, "pageInfo": page}


def _is_visible(grant: Grant, video: Document) -> bool:
    return bool(grant.account == video["channel"] or video["metadata"]["status"]["privacyStatus"] != "private")


def _filter_missing(names: str) -> ApiError:
    message = f"No filter selected. Expected one of: {names}"
    return errors.api_error(HTTPStatus.BAD_REQUEST, "missingRequiredParameter", message, domain="youtube.parameter")


def iso8601(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
