"""The fake Instagram API."""

import json
from pathlib import Path

import httpx
import pytest
from PIL import Image

from tests.media.samples import video
from tests.sandbox.conftest import WEB
from tests.sandbox.instagram.creator import (
    DAY,
    REDIRECT,
    SCOPES,
    authorize_url,
    connect,
    create,
    ended,
    error,
    exchange_code,
    exchange_short,
    get,
    publish,
    ready,
    refresh,
    short_token,
    status,
)
from tests.sandbox_client import Sandbox

pytestmark = pytest.mark.slow


@pytest.fixture
def token(sandbox: Sandbox) -> str:
    return connect(sandbox)


# ── OAuth ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_code_becomes_a_token_of_an_hour_and_that_one_of_sixty_days(sandbox: Sandbox) -> None:
    back = sandbox.decide(authorize_url(), username="tech.tom")
    assert back.params["state"] == "a state"
    assert back.params["code"].endswith("#_")
    first = exchange_code(sandbox, back.params["code"].removesuffix("#_")).json()
    assert first["permissions"] == SCOPES
    second = exchange_short(sandbox, first["access_token"]).json()
    assert (second["token_type"], second["expires_in"]) == ("bearer", 60 * DAY)
    profile = get(sandbox, second["access_token"], "me", fields="user_id,username").json()
    assert profile == {"user_id": str(first["user_id"]), "username": "tech.tom", "id": str(first["user_id"])}
    sandbox.advance(3601)
    assert error(exchange_short(sandbox, first["access_token"])) == (400, 190, 463)
    assert get(sandbox, second["access_token"], "me").status_code == 200


@pytest.mark.parametrize(
    "wrong",
    [{"client_id": "other"}, {"scope": f"{SCOPES},everything"}, {"redirect_uri": "x"}, {"response_type": "token"}],
)
def test_an_invalid_authorization_request_shows_an_error_page_without_a_form(sandbox: Sandbox, wrong: dict) -> None:
    refused = sandbox.http.get(authorize_url(**wrong))
    assert refused.status_code == 400
    assert "<form" not in refused.text


def test_a_denial_says_so(sandbox: Sandbox) -> None:
    answer = sandbox.decide(authorize_url(), approve=False)
    told = {"error": "access_denied", "error_reason": "user_denied", "state": "a state"}
    assert told.items() <= dict(answer.params).items()


def test_a_code_is_good_once_without_its_suffix_for_its_address_and_an_hour(sandbox: Sandbox) -> None:
    code = sandbox.decide(authorize_url()).params["code"]
    assert exchange_code(sandbox, code).status_code == 400
    code = code.removesuffix("#_")
    assert exchange_code(sandbox, code, redirect_uri=f"{REDIRECT}/").status_code == 400
    assert exchange_code(sandbox, code, client_secret="guessed").status_code == 400
    assert exchange_code(sandbox, code).status_code == 200
    assert exchange_code(sandbox, code).json()["error_message"] == "This authorization code has been used"
    late = sandbox.decide(authorize_url()).params["code"].removesuffix("#_")
    sandbox.advance(3601)
    assert exchange_code(sandbox, late).status_code == 400


def test_a_long_token_renews_itself_between_a_day_and_sixty(sandbox: Sandbox, token: str) -> None:
    assert refresh(sandbox, token).status_code == 400
    sandbox.advance(DAY + 1)
    renewed = refresh(sandbox, token).json()
    assert renewed["expires_in"] == 60 * DAY
    sandbox.advance(59 * DAY)
    assert error(refresh(sandbox, token)) == (400, 190, 463)
    assert get(sandbox, renewed["access_token"], "me").status_code == 200


def test_a_short_token_does_not_renew_itself_and_a_long_one_is_not_exchanged(sandbox: Sandbox) -> None:
    short = short_token(sandbox)
    assert refresh(sandbox, short).status_code == 400
    assert exchange_short(sandbox, short, secret="guessed").status_code == 400
    assert exchange_short(sandbox, connect(sandbox)).status_code == 400


def test_a_revoked_token_and_a_missing_permission_are_told_apart(sandbox: Sandbox, token: str) -> None:
    basic = connect(sandbox, "tech.tom", "instagram_business_basic")
    assert error(create(sandbox, basic, video_url="https://example.com/a.mp4"))[:2] == (403, 10)
    sandbox.revoke("instagram", "mara.bakes")
    assert error(get(sandbox, token, "me")) == (400, 190, 467)
    assert error(get(sandbox, "guessed", "me"))[:2] == (400, 190)


# ── containers ───────────────────────────────────────────────────────────────────────────────────────────


def test_a_reel_is_fetched_processed_and_published(sandbox: Sandbox, token: str, host: str, reel: Path) -> None:
    sandbox.set(instagram_processing_seconds=60)
    container = create(sandbox, token, video_url=f"{host}/reel.mp4", share_to_feed=True).json()["id"]
    assert status(sandbox, token, container)["status_code"] == "IN_PROGRESS"
    assert error(publish(sandbox, token, container)) == (400, 9007, 2207027)
    sandbox.advance(61)
    assert ended(sandbox, token, container)["status_code"] == "FINISHED"
    assert sandbox.posts() == []
    media = publish(sandbox, token, container).json()["id"]
    (post,) = sandbox.posts()
    assert (post["id"], post["text"], post["account_name"]) == (media, "Bread needs time.", "mara.bakes")
    assert sandbox.http.get(post["media"]).content == reel.read_bytes()
    assert status(sandbox, token, container)["status_code"] == "PUBLISHED"
    told = get(sandbox, token, media, fields="permalink,shortcode,media_product_type,timestamp").json()
    assert told["media_product_type"] == "REELS"
    assert told["shortcode"] in told["permalink"]
    assert "Bread needs time." in sandbox.http.get(told["permalink"]).text


def test_a_container_is_published_once(sandbox: Sandbox, token: str, host: str) -> None:
    container = ready(sandbox, token, host)
    assert publish(sandbox, token, container).status_code == 200
    assert publish(sandbox, token, container).status_code == 400
    assert len(sandbox.posts()) == 1


def test_a_limit_may_be_reported_although_the_post_is_live(sandbox: Sandbox, token: str, host: str) -> None:
    container = ready(sandbox, token, host)
    body = {"error": {"message": "Application request limit reached", "code": 4, "error_subcode": 2207051}}
    sandbox.fail("instagram", "commit", "status", status=403, body=body, after_work=True)
    assert publish(sandbox, token, container).json() == body
    assert status(sandbox, token, container)["status_code"] == "PUBLISHED"


def test_an_ordered_error_ends_a_container(sandbox: Sandbox, token: str, host: str) -> None:
    sandbox.set(instagram_container_error=2207082)
    container = create(sandbox, token, video_url=f"{host}/reel.mp4").json()["id"]
    assert "2207082" in ended(sandbox, token, container)["status"]


def test_a_container_expires_after_a_day(sandbox: Sandbox, token: str, host: str) -> None:
    container = ready(sandbox, token, host)
    sandbox.advance(DAY + 1)
    assert status(sandbox, token, container)["status_code"] == "EXPIRED"
    assert error(publish(sandbox, token, container)) == (400, 24, 2207008)


def test_an_address_that_has_nothing_ends_in_an_error(sandbox: Sandbox, token: str, host: str) -> None:
    container = create(sandbox, token, video_url=f"{host}/nothing.mp4").json()["id"]
    told = ended(sandbox, token, container)
    assert told["status_code"] == "ERROR"
    assert "2207052" in told["status"]
    assert error(publish(sandbox, token, container)) == (400, 9004, 2207052)
    assert error(create(sandbox, token, video_url="file:///etc/passwd")) == (400, 9004, 2207052)


@pytest.mark.parametrize(
    ("options", "made", "subcode"),
    [
        (WEB, {"seconds": 2}, "2207026"),
        (WEB, {"rate": "15"}, "2207026"),
        (WEB, {"size": "1936x20"}, "2207009"),
        (WEB, {"size": "1936x200"}, "2207026"),
        (("-pix_fmt", "yuv420p"), {}, "2207026"),
        (("-pix_fmt", "yuv444p", "-movflags", "+faststart"), {}, "2207026"),
        ((*WEB, "-c:a", "libmp3lame"), {}, "2207026"),
        ((*WEB, "-c:v", "mpeg4"), {}, "2207026"),
    ],
)
def test_what_is_no_reel_ends_in_an_error(
    sandbox: Sandbox, token: str, host: str, reel: Path, options: tuple, made: dict, subcode: str
) -> None:
    video(reel.parent / "bad.mp4", *options, **{"size": "90x160", **made})
    container = create(sandbox, token, video_url=f"{host}/bad.mp4").json()["id"]
    told = ended(sandbox, token, container)
    assert told["status_code"] == "ERROR"
    assert subcode in told["status"]


def test_a_cover_is_fetched_and_has_to_be_a_picture(sandbox: Sandbox, token: str, host: str, reel: Path) -> None:
    Image.new("RGB", (90, 160), "orange").save(reel.parent / "cover.jpg")
    ready(sandbox, token, host, cover_url=f"{host}/cover.jpg")
    container = create(sandbox, token, video_url=f"{host}/reel.mp4", cover_url=f"{host}/reel.mp4").json()["id"]
    assert ended(sandbox, token, container)["status_code"] == "ERROR"


@pytest.mark.parametrize(
    ("parameters", "code", "subcode"),
    [
        ({"media_type": "IMAGE"}, 100, None),
        ({"video_url": None}, 100, None),
        ({"upload_type": "resumable"}, 100, None),
        ({"share_to_feed": "perhaps"}, 100, None),
        ({"thumb_offset": "1.5"}, 100, None),
        ({"caption": "x" * 2201}, 36004, 2207010),
        ({"caption": "#a " * 31}, 100, 2207040),
        ({"caption": "@a " * 21}, 100, 2207040),
    ],
)
def test_a_wrong_container_is_refused_at_once(
    sandbox: Sandbox, token: str, parameters: dict, code: int, subcode: int | None
) -> None:
    sent = {"video_url": "https://example.com/a.mp4", **parameters}
    refused = create(sandbox, token, **{name: value for name, value in sent.items() if value is not None})
    assert error(refused) == (400, code, subcode)


def test_bytes_can_be_uploaded_and_an_upload_goes_on_where_it_stopped(sandbox: Sandbox, token: str, reel: Path) -> None:
    begun = create(sandbox, token, upload_type="resumable").json()
    whole = reel.read_bytes()

    def upload(content: bytes, offset: int) -> httpx.Response:
        headers = {"Authorization": f"OAuth {token}", "offset": str(offset), "file_size": str(len(whole))}
        return sandbox.http.post(begun["uri"], content=content, headers=headers)

    assert upload(whole[:1000], 0).json()["debug_info"]["retriable"] is True
    phases = get(sandbox, token, begun["id"], fields="video_status").json()["video_status"]
    assert phases["uploading_phase"]["bytes_transferred"] == 1000
    assert upload(whole, 0).json()["debug_info"]["retriable"] is False
    assert upload(whole[1000:], 1000).json()["success"] is True
    assert ended(sandbox, token, begun["id"])["status_code"] == "FINISHED"


# ── limits and reads ─────────────────────────────────────────────────────────────────────────────────────


def test_the_quota_is_reported_and_enforced(sandbox: Sandbox, token: str, host: str) -> None:
    sandbox.set(instagram_quota=1)
    assert publish(sandbox, token, ready(sandbox, token, host)).status_code == 200
    (limit,) = get(sandbox, token, "me/content_publishing_limit", fields="config,quota_usage").json()["data"]
    assert limit == {"quota_usage": 1, "config": {"quota_total": 1, "quota_duration": DAY}}
    container = ready(sandbox, token, host)
    assert error(publish(sandbox, token, container)) == (403, 9, 2207042)
    assert status(sandbox, token, container)["status_code"] == "FINISHED"
    sandbox.advance(DAY - 10)
    assert publish(sandbox, token, container).status_code == 403
    sandbox.advance(11)
    assert publish(sandbox, token, ready(sandbox, token, host)).status_code == 200


def test_the_use_of_the_app_climbs_in_the_headers_until_it_is_too_much(sandbox: Sandbox, token: str) -> None:
    sandbox.set(instagram_calls_per_hour=4)
    answers = [get(sandbox, token, "me") for _ in range(5)]
    usage = [json.loads(answer.headers["x-app-usage"])["call_count"] for answer in answers[:4]]
    assert usage == [25, 50, 75, 100]
    (business,) = json.loads(answers[3].headers["x-business-use-case-usage"]).values()
    assert business[0]["type"] == "instagram"
    assert error(answers[4])[:2] == (403, 4)
    sandbox.advance(3601)
    assert get(sandbox, token, "me").status_code == 200


def test_the_media_of_an_account_are_listed_newest_first_and_page_by_page(
    sandbox: Sandbox, token: str, host: str
) -> None:
    for caption in ("first", "second", "third"):
        publish(sandbox, token, ready(sandbox, token, host, caption=caption))
    first = get(sandbox, token, "me/media", fields="id,caption,permalink,timestamp", limit="2").json()
    assert [media["caption"] for media in first["data"]] == ["third", "second"]
    rest = get(sandbox, token, "me/media", fields="caption", after=first["paging"]["cursors"]["after"]).json()
    assert [media["caption"] for media in rest["data"]] == ["first"]
    assert error(get(sandbox, token, "me/media", fields="color"))[:2] == (400, 100)


def test_another_accounts_container_is_not_found(sandbox: Sandbox, token: str, host: str) -> None:
    container = ready(sandbox, token, host)
    other = connect(sandbox, "tech.tom")
    assert error(get(sandbox, other, container, fields="status_code")) == (400, 100, 33)
    assert error(publish(sandbox, other, container)) == (400, 100, 33)
