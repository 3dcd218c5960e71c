"""Fake Instagram Graph API for Reels: media containers, publishing, publishing limit, media lists."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from itertools import dropwhile, islice
from secrets import randbelow, token_urlsafe
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Request

from sandbox.faults import fault_point
from sandbox.instagram import containers, insights, oauth, protocol, uploads
from sandbox.metrics.accounts import Account, figures_now
from sandbox.oauth import Grant
from sandbox.parameters import Parameters
from sandbox.settings import read_settings
from sandbox.store import Document, Store

# The parameters of a Reel's container, with their documented types.
CONTAINER_PARAMETERS: Final[Mapping[str, str]] = {
    "media_type": "string",
    "video_url": "string",
    "caption": "string",
    "share_to_feed": "bool",
    "cover_url": "string",
    "thumb_offset": "int",
    "audio_name": "string",
    "collaborators": "list",
    "location_id": "string",
    "user_tags": "list",
    "trial_params": "map",
    "is_paid_partnership": "bool",
    "is_ai_generated": "bool",
    "upload_type": "string",
}
_TYPES: Final = {"bool": r"(?i)true|false|1|0", "int": r"\d+"}

_CAPTION_CHARACTERS: Final = 2200
_HASHTAGS: Final = 30
_MENTIONS: Final = 20
_QUOTA_SECONDS: Final = 86_400
_PAGE_SIZE: Final = 25


def routes(store: Store, processor: containers.MediaProcessor) -> APIRouter:
    router = APIRouter()
    graph = APIRouter(prefix="/graph.instagram.com/{version}", dependencies=[Depends(_check_version)])
    prepare_step, commit_step, confirm_step, token_step = (
        [Depends(fault_point("instagram", name))] for name in ("prepare", "commit", "confirm", "grant")
    )

    Reader = Annotated[Grant, Depends(protocol.authorized(protocol.BASIC))]
    Publisher = Annotated[Grant, Depends(protocol.authorized(protocol.PUBLISH))]

    @graph.get("/me", dependencies=token_step)
    def profile(grant: Reader, parameters: Parameters) -> dict[str, Any]:
        return protocol.select_fields(_profile_fields(store, grant), parameters.get("fields"))

    @graph.post("/{user}/media", dependencies=prepare_step)
    def create_container(user: str, grant: Publisher, request: Request, parameters: Parameters) -> dict[str, str]:
        _check_user(user, grant)
        _check_parameters(parameters)
        id = _new_id()
        container = {
            "id": id,
            "account": grant.account,
            "created_at": store.timestamp(),
            "caption": parameters.get("caption", ""),
            "video_url": parameters.get("video_url"),
            "cover_url": parameters.get("cover_url"),
            "thumb_offset": parameters.get("thumb_offset"),
            "share_to_feed": parameters.get("share_to_feed"),
            "is_paid_partnership": parameters.get("is_paid_partnership"),
            "is_ai_generated": parameters.get("is_ai_generated"),
            "state": "new" if parameters.get("video_url") else "awaiting",
            "problem": None,
            "media": "",
            "seconds": None,
            "stored": 0,
            "cover": "",
            "media_id": "",
        }
        store.put(containers.KIND, id, container)
        if container["state"] == "new":
            processor.submit(id)
            return {"id": id}
        return {"id": id, "uri": f"{request.base_url}rupload.facebook.com/ig-api-upload/{_version(request)}/{id}"}

    @graph.post("/{user}/media_publish", dependencies=commit_step)
    def publish(user: str, grant: Publisher, parameters: Parameters) -> dict[str, str]:
        _check_user(user, grant)
        with store.transaction():
            container = _container(parameters.get("creation_id", ""), grant)
            _check_publishable(container)
            if _quota_usage(grant) >= read_settings(store).instagram_quota:
                raise protocol.api_error(
                    "(#9) Application request limit reached",
                    9,
                    2207042,
                    status=HTTPStatus.FORBIDDEN,
                    user_message="You reached the maximum number of posts that is allowed to be published by API.",
                )
            id = _new_id()
            store.put(containers.KIND, container["id"], {**container, "media_id": id})
            store.publish_post(
                platform="instagram",
                id=id,
                account=grant.account,
                text=container["caption"],
                media=container["media"],
                seconds=container.get("seconds"),
                shortcode=token_urlsafe(8),
                ai_generated=container["is_ai_generated"] == "true",
                **{name: container[name] for name in ("cover", "thumb_offset", "share_to_feed", "is_paid_partnership")},
            )
        return {"id": id}

    @graph.get("/{user}/content_publishing_limit", dependencies=confirm_step)
    def publishing_limit(user: str, grant: Publisher, parameters: Parameters) -> dict[str, Any]:
        _check_user(user, grant)
        config = {"quota_total": read_settings(store).instagram_quota, "quota_duration": _QUOTA_SECONDS}
        limit = {"quota_usage": _quota_usage(grant), "config": config}
        return {"data": [protocol.select_fields(limit, parameters.get("fields"), ["quota_usage"])]}

    @graph.get("/{user}/media", dependencies=confirm_step)
    def list_media(user: str, grant: Reader, request: Request, parameters: Parameters) -> dict[str, Any]:
        _check_user(user, grant)
        if not re.fullmatch(r"[1-9]\d?", limit := parameters.get("limit", str(_PAGE_SIZE))):
            raise protocol.api_error("(#100) Param limit must be a number below 100", 100)
        newest = store.posts(platform="instagram", account=grant.account)[::-1]
        older = dropwhile(lambda post: post["id"] != parameters.get("after"), newest)
        page = list(islice(islice(older, 1, None) if "after" in parameters else newest, int(limit)))
        data = [protocol.select_fields(_media_fields(request, post), parameters.get("fields")) for post in page]
        if not page:
            return {"data": []}
        paging: dict[str, Any] = {"cursors": {"before": page[0]["id"], "after": page[-1]["id"]}}
        if page[-1] is not newest[-1]:
            paging["next"] = str(request.url.include_query_params(limit=limit, after=page[-1]["id"]))
        return {"data": data, "paging": paging}

    @graph.get("/{id}", dependencies=confirm_step)
    def read(id: str, grant: Reader, request: Request, parameters: Parameters) -> dict[str, Any]:
        if id == grant.account:
            return protocol.select_fields(_profile_fields(store, grant), parameters.get("fields"))
        post = store.get("post", f"instagram:{id}")
        if post and post["account"] == grant.account and not post.get("deleted_at"):
            return protocol.select_fields(_media_fields(request, post), parameters.get("fields"))
        container = _container(id, grant)
        status = containers.status(store, container)
        phases = uploads.phases(container, status)
        fields = {
            "id": id,
            "status_code": status,
            "status": containers.status_text(container, status),
            "video_status": phases,
        }
        return protocol.select_fields(fields, parameters.get("fields"))

    def _container(id: str, grant: Grant) -> Document:
        container = store.get(containers.KIND, id)
        if container is None or container["account"] != grant.account:
            raise protocol.missing_object(id)
        return container

    def _check_publishable(container: Document) -> None:
        status = containers.status(store, container)
        if status == "EXPIRED":
            raise protocol.api_error("The media builder with this creation id has expired.", 24, 2207008)
        if status == "ERROR":
            problem = container["problem"]
            raise protocol.api_error(problem["text"], problem["code"], problem["subcode"], user_message=problem["text"])
        if status != "FINISHED":
            raise protocol.api_error(
                "Media ID is not available",
                9007,
                2207027,
                user_message="The media is not ready for publishing, please wait for a moment.",
            )

    def _quota_usage(grant: Grant) -> int:
        since = store.timestamp() - _QUOTA_SECONDS
        posts = store.find("post", platform="instagram", account=grant.account)
        return sum(post["time"] > since for post in posts if not post.get("made_elsewhere"))

    router.include_router(oauth.routes(store))
    router.include_router(uploads.routes(store, processor))
    graph.include_router(insights.routes(store))
    router.include_router(graph)
    return router


def _profile_fields(store: Store, grant: Grant) -> dict[str, Any]:
    account = Account(store, "instagram", grant.account)
    return {
        "id": grant.account,
        "user_id": grant.account,
        "username": grant.username,
        "name": grant.username.replace(".", " ").title(),
        "account_type": "BUSINESS",
        "profile_picture_url": "",
        "followers_count": account.followers(account.now),
        "follows_count": 120,
        "media_count": len(account.listed),
    }


def _media_fields(request: Request, post: Document) -> dict[str, Any]:
    counts = figures_now(request.app.state.store, post)
    is_photo = post.get("media_type") == "IMAGE"
    return {
        "id": post["id"],
        "caption": post["text"],
        "permalink": f"{request.base_url}www.instagram.com/{'p' if is_photo else 'reel'}/{post['shortcode']}/",
        "shortcode": post["shortcode"],
        "timestamp": protocol.date_time(post["time"]),
        "media_product_type": "FEED" if is_photo else "REELS",
        "media_type": "IMAGE" if is_photo else "VIDEO",
        "media_url": f"{request.base_url}_sandbox/media/{post['media']}",
        "username": post["account_name"],
        "like_count": counts.likes,
        "comments_count": counts.comments,
    }


def _check_version(version: str) -> None:
    if not re.fullmatch(r"v\d{1,2}\.0", version):
        raise protocol.missing_object(version)


def _version(request: Request) -> str:
    return str(request.path_params["version"])


def _check_user(user: str, grant: Grant) -> None:
    if user not in ("me", grant.account):
        raise protocol.missing_object(user)


def _check_parameters(parameters: Mapping[str, str]) -> None:
    """Validate the parameters of a new container. Raises ApiError."""
    for name, kind in CONTAINER_PARAMETERS.items():
        if name in parameters and not re.fullmatch(_TYPES.get(kind, r"(?s).*"), parameters[name]):
            raise protocol.api_error(f"(#100) Param {name} must be of type {kind}", 100)
    if parameters.get("media_type") != "REELS":
        raise protocol.api_error("(#100) Param media_type must be REELS", 100)
    if (parameters.get("upload_type") == "resumable") == ("video_url" in parameters):
        raise protocol.api_error("(#100) Either video_url or upload_type=resumable is required", 100)
    for name in ("video_url", "cover_url"):
        if name in parameters and not _is_http_url(parameters[name]):
            raise protocol.api_error(
                f"{name} is not an http or https URL",
                9004,
                2207052,
                user_message="The media could not be fetched from this URI.",
            )
    _check_caption(parameters.get("caption", ""))


def _is_http_url(url: str) -> bool:
    return urlsplit(url).scheme in ("http", "https")


def _check_caption(caption: str) -> None:
    if len(caption) > _CAPTION_CHARACTERS:
        text = f"The caption has more than {_CAPTION_CHARACTERS} characters."
        raise protocol.api_error(text, 36004, 2207010, user_message=text)
    tags = {"hashtags": (r"#\w+", _HASHTAGS), "mentions": (r"@[\w.]+", _MENTIONS)}
    for name, (pattern, limit) in tags.items():
        if len(re.findall(pattern, caption)) > limit:
            raise protocol.api_error(f"The caption has more than {limit} {name}.", 100, 2207040)


def _new_id() -> str:
    """A random id in the format of the Graph API."""
    return f"1{randbelow(10**16):016}"
