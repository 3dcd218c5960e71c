"""Fake TikTok APIs: user info, and of the Content Posting API creator info, posts, drafts, chunked uploads, status."""

from http import HTTPStatus
from pathlib import Path
from secrets import token_hex, token_urlsafe
from typing import Annotated, Any, Final, Literal
from uuid import uuid4

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, StrictBool, StrictInt

from sandbox.faults import apply_fault, fault_point
from sandbox.media import request_body, write_at
from sandbox.metrics.accounts import Account
from sandbox.oauth import Grant
from sandbox.parameters import Parameters
from sandbox.settings import read_settings
from sandbox.store import Document, Store
from sandbox.tiktok import chunks, oauth, protocol, publishing, videos

_PRIVACY_LEVELS: Final = [publishing.PUBLIC, "MUTUAL_FOLLOW_FRIENDS", "FOLLOWER_OF_CREATOR", "SELF_ONLY"]
_TITLE_UTF16_UNITS: Final = 2200
_UPLOAD_SECONDS: Final = 3600
_CREATOR_INFO_PER_MINUTE: Final = 20
_STATUS_PER_MINUTE: Final = 30
_MEDIA_TYPES: Final = ("video/mp4", "video/quicktime", "video/webm")

# The fields of a user, with the scope that each requires.
_USER_FIELDS: Final = {
    **dict.fromkeys(("open_id", "union_id", "avatar_url", "display_name"), "user.info.basic"),
    **dict.fromkeys(("username", "bio_description", "is_verified", "profile_deep_link"), "user.info.profile"),
    **dict.fromkeys(("follower_count", "following_count", "likes_count", "video_count"), "user.info.stats"),
}


class Source(BaseModel):
    source: Literal["FILE_UPLOAD", "PULL_FROM_URL"]
    video_size: StrictInt = 0
    chunk_size: StrictInt = 0
    total_chunk_count: StrictInt = 0
    video_url: str = ""


class PostInfo(BaseModel):
    privacy_level: str
    title: str = ""
    disable_duet: StrictBool = False
    disable_comment: StrictBool = False
    disable_stitch: StrictBool = False
    video_cover_timestamp_ms: StrictInt = 0
    brand_content_toggle: StrictBool = False
    brand_organic_toggle: StrictBool = False
    is_aigc: StrictBool = False


class DirectPost(BaseModel):
    post_info: PostInfo
    source_info: Source


class Draft(BaseModel):
    source_info: Source


def routes(store: Store) -> APIRouter:
    router = APIRouter()
    api = APIRouter(prefix="/open.tiktokapis.com/v2")
    prepare_step, confirm_step = ([Depends(fault_point("tiktok", name))] for name in ("prepare", "confirm"))

    @api.get("/user/info/", dependencies=[Depends(fault_point("tiktok", "grant"))])
    def user_info(request: Request, parameters: Parameters) -> dict[str, Any]:
        grant = protocol.authenticate(request, "user.info.basic")
        protocol.count_call(store, grant, "user/info", videos.CALLS_PER_MINUTE)
        fields = [field for field in parameters.get("fields", "").split(",") if field]
        if not fields or not set(fields) <= _USER_FIELDS.keys():
            raise protocol.invalid_params(f"The fields are not among {', '.join(_USER_FIELDS)}.")
        for field in fields:
            protocol.check_scopes(grant, _USER_FIELDS[field])
        account = Account(store, "tiktok", grant.account)
        user = {
            "open_id": grant.account,
            "union_id": grant.account[::-1],
            "avatar_url": "",
            "display_name": grant.username.replace(".", " ").title(),
            "username": grant.username,
            "bio_description": "",
            "is_verified": False,
            "profile_deep_link": f"{request.base_url}www.tiktok.com/@{grant.username}",
            "follower_count": account.followers(account.now),
            "following_count": 12,
            "likes_count": sum(account.post(post.id, account.now).likes for post in account.listed),
            "video_count": len(videos.public_posts(store, grant)),
        }
        return protocol.ok({"user": {field: user[field] for field in fields}})

    @api.post("/post/publish/creator_info/query/", dependencies=confirm_step)
    def creator_info(request: Request) -> dict[str, Any]:
        grant = protocol.authenticate(request, "video.publish")
        protocol.count_call(store, grant, "creator_info", _CREATOR_INFO_PER_MINUTE)
        return protocol.ok(
            {
                "creator_avatar_url": "",
                "creator_username": grant.username,
                "creator_nickname": grant.username.replace(".", " ").title(),
                "privacy_level_options": _privacy_levels(store),
                "comment_disabled": False,
                "duet_disabled": False,
                "stitch_disabled": False,
                "max_video_post_duration_sec": publishing.MAX_SECONDS,
            }
        )

    @api.post("/post/publish/video/init/", dependencies=prepare_step)
    def direct_post(request: Request, sent: protocol.JsonBody) -> dict[str, Any]:
        grant = protocol.authenticate(request, "video.publish")
        protocol.count_call(store, grant, "init", read_settings(store).tiktok_inits_per_minute)
        body = protocol.validated(DirectPost, sent)
        if len(body.post_info.title.encode("utf-16-le")) // 2 > _TITLE_UTF16_UNITS:
            raise protocol.invalid_params(f"The title has more than {_TITLE_UTF16_UNITS} characters.")
        _check_privacy(store, body.post_info.privacy_level)
        if publishing.posted_today(store, grant) >= read_settings(store).tiktok_posts_per_day:
            raise _spam_risk("too_many_posts", "The daily post cap of this creator is reached.")
        return _create_publication(store, request, grant, "v_pub", body.source_info, body.post_info.model_dump())

    @api.post("/post/publish/inbox/video/init/", dependencies=prepare_step)
    def draft(request: Request, sent: protocol.JsonBody) -> dict[str, Any]:
        grant = protocol.authenticate(request, "video.upload")
        protocol.count_call(store, grant, "inbox", read_settings(store).tiktok_inits_per_minute)
        body = protocol.validated(Draft, sent)
        if publishing.pending_drafts(store, grant) >= publishing.MAX_DRAFTS:
            raise _spam_risk(
                "too_many_pending_share", "The creator has to finish the drafts of the last 24 hours first."
            )
        return _create_publication(store, request, grant, "v_inbox", body.source_info, {})

    @api.post("/post/publish/status/fetch/", dependencies=confirm_step)
    def status(request: Request, sent: protocol.JsonBody) -> dict[str, Any]:
        grant = protocol.authenticate(request, "video.publish", "video.upload")
        protocol.count_call(store, grant, "status", _STATUS_PER_MINUTE)
        publish = store.get(publishing.KIND, str(sent.get("publish_id")))
        if publish is None or publish["account"] != grant.account:
            raise protocol.invalid_params("The publish_id does not belong to this user.")
        return protocol.ok(publishing.status(store, publish))

    @router.put("/open-upload.tiktokapis.com/video/", dependencies=[Depends(_upload_step)])
    def upload(request: Request, parameters: Parameters, body: Annotated[Path, Depends(request_body)]) -> Response:
        with store.transaction():
            publish = _get_upload(store, parameters)
            _check_chunk(request, publish, body)
            write_at(publish["stored"], body, store.media_path(publish["media"]))
            publish["stored"] += body.stat().st_size
            complete = publish["stored"] == publish["video_size"]
            store.put(publishing.KIND, publish["id"], publish)
            if complete:
                publishing.complete(store, publish)
        stored = {"Content-Range": f"bytes 0-{publish['stored'] - 1}/{publish['video_size']}"}
        return Response(None, HTTPStatus.CREATED if complete else HTTPStatus.PARTIAL_CONTENT, stored)

    router.include_router(oauth.routes(store))
    api.include_router(videos.routes(store))
    router.include_router(api)
    return router


def _upload_step(request: Request) -> None:
    """The last chunk publishes and is the commit; the others are preparation."""
    sent = chunks.ContentRange.parse(request.headers.get("content-range", ""))
    apply_fault(request, "tiktok", "commit" if sent and sent.last + 1 == sent.total else "prepare")


def _privacy_levels(store: Store) -> list[str]:
    return _PRIVACY_LEVELS if read_settings(store).tiktok_audited else ["SELF_ONLY"]


def _check_privacy(store: Store, level: str) -> None:
    if level in _privacy_levels(store):
        return
    if level in _PRIVACY_LEVELS:
        code = "unaudited_client_can_only_post_to_private_accounts"
        raise protocol.api_error(HTTPStatus.FORBIDDEN, code, "Unaudited apps can only post with SELF_ONLY.")
    code = "privacy_level_option_mismatch"
    raise protocol.api_error(HTTPStatus.FORBIDDEN, code, "The privacy_level is not among the options of the creator.")


def _spam_risk(kind: str, message: str) -> Exception:
    return protocol.api_error(HTTPStatus.FORBIDDEN, f"spam_risk_{kind}", message)


def _create_publication(
    store: Store, request: Request, grant: Grant, prefix: str, source: Source, post_info: Document
) -> dict[str, Any]:
    """Create a publication; returns its id and upload URL."""
    if source.source == "PULL_FROM_URL":
        message = "The domain or prefix of video_url is not verified for this app."
        raise protocol.api_error(HTTPStatus.FORBIDDEN, "url_ownership_unverified", message)
    if error := chunks.plan_error(source.video_size, source.chunk_size, source.total_chunk_count):
        raise protocol.invalid_params(error)
    id = f"{prefix}_file~v2-1.{uuid4().int % 10**19}"
    token = token_urlsafe(32)
    publish = {
        "id": id,
        "account": grant.account,
        "upload_id": token_hex(16),
        "upload_token": token,
        "created_at": store.timestamp(),
        "completed_at": None,
        **source.model_dump(include={"video_size", "chunk_size", "total_chunk_count"}),
        "post_info": post_info,
        "media": f"{uuid4().hex}.mp4",
        "stored": 0,
        "polls": 0,
        "fail_reason": None,
        "post_id": None,
    }
    store.put(publishing.KIND, id, publish)
    query = f"upload_id={publish['upload_id']}&upload_token={token}"
    return protocol.ok({"publish_id": id, "upload_url": f"{request.base_url}open-upload.tiktokapis.com/video/?{query}"})


def _get_upload(store: Store, parameters: dict[str, str]) -> Document:
    publish = next(iter(store.find(publishing.KIND, upload_id=parameters.get("upload_id", ""))), None)
    if publish is None or publish["upload_token"] != parameters.get("upload_token"):
        raise protocol.api_error(HTTPStatus.FORBIDDEN, "access_denied", "The upload_url is not valid.")
    if store.timestamp() - publish["created_at"] > _UPLOAD_SECONDS:
        raise protocol.api_error(HTTPStatus.FORBIDDEN, "access_denied", "The upload_url has expired.")
    return publish


def _check_chunk(request: Request, publish: Document, body: Path) -> None:
    if request.headers.get("content-type") not in _MEDIA_TYPES:
        raise protocol.invalid_params(f"The Content-Type is not among {', '.join(_MEDIA_TYPES)}.")
    sent = chunks.ContentRange.parse(request.headers.get("content-range", ""))
    if sent is None:
        raise protocol.invalid_params("The Content-Range is not of the form `bytes first-last/total`.")
    plan = (publish["video_size"], publish["chunk_size"], publish["total_chunk_count"])
    if publish["stored"] == publish["video_size"] or sent != chunks.next_range(*plan, publish["stored"]):
        message = f"The next chunk begins at byte {publish['stored']} and is as long as was declared."
        raise protocol.api_error(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, "invalid_range", message)
    if body.stat().st_size != sent.last - sent.first + 1:
        raise protocol.invalid_params("The body is not as long as the Content-Range says.")
