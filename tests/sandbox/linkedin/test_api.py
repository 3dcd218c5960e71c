"""The fake LinkedIn API."""

from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.media.samples import cut, video
from tests.sandbox.linkedin.member import APP, POSTS, TOKEN, VIDEOS, Member, authorize_url, exchange
from tests.sandbox.padding import padded
from tests.sandbox_server import Sandbox

pytestmark = pytest.mark.slow

DAY = 24 * 3600
PART = 4 * 1024 * 1024


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four seconds of MP4 above 75 kB."""
    return video(tmp_path_factory.mktemp("linkedin") / "clip.mp4", "-b:v", "400k", seconds=4)


@pytest.fixture
def member(sandbox: Sandbox) -> Member:
    """Videos take a minute of the sandbox's clock, unless a test has them processed at once."""
    sandbox.set(linkedin_processing_seconds=60)
    return Member.connected(sandbox)


def refusal(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


# ── OAuth ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_consent_gives_an_access_token_of_60_days_and_no_refresh_token(sandbox: Sandbox) -> None:
    back = sandbox.decide(authorize_url(state="a b&c"))
    assert back.params["state"] == "a b&c"
    answer = exchange(sandbox, back.params["code"]).json()
    assert answer.keys() == {"access_token", "expires_in", "scope", "token_type"}
    assert (answer["expires_in"], answer["scope"]) == (60 * DAY, "openid,profile,w_member_social")


def test_userinfo_says_who_it_is_and_always_the_same(sandbox: Sandbox) -> None:
    first, second = Member.connected(sandbox), Member.connected(sandbox)
    assert first.urn == second.urn
    claims = sandbox.http.get(
        "/api.linkedin.com/v2/userinfo", headers={"Authorization": f"Bearer {first.token}"}
    ).json()
    assert (f"urn:li:person:{claims['sub']}", claims["name"]) == (first.urn, "Mara Bakes")
    assert "email" not in claims


def test_a_denial_says_so(sandbox: Sandbox) -> None:
    back = sandbox.decide(authorize_url(), approve=False)
    assert (back.params["error"], back.params["state"]) == ("user_cancelled_authorize", "s")


def test_a_code_is_good_only_with_the_address_it_was_sent_to(sandbox: Sandbox) -> None:
    code = sandbox.decide(authorize_url()).params["code"]
    answer = exchange(sandbox, code, redirect_uri="https://app.example/other")
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_a_code_is_good_once_and_for_half_an_hour(sandbox: Sandbox) -> None:
    used, late = (sandbox.decide(authorize_url()).params["code"] for _ in range(2))
    assert [exchange(sandbox, used).status_code for _ in range(2)] == [200, 400]
    sandbox.advance(30 * 60)
    assert exchange(sandbox, late).status_code == 400


def test_a_wrong_secret_is_401(sandbox: Sandbox) -> None:
    code = sandbox.decide(authorize_url()).params["code"]
    answer = exchange(sandbox, code, client_secret="wrong")
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_an_approved_app_gets_a_refresh_token_whose_life_is_told_in_minutes(sandbox: Sandbox) -> None:
    sandbox.set(linkedin_refresh_tokens=True)
    first = exchange(sandbox, sandbox.decide(authorize_url()).params["code"]).json()
    assert first["refresh_token_expires_in"] == 525_600
    sandbox.advance(100 * DAY)
    form = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"], **APP}
    second = sandbox.http.post(TOKEN, data=form).json()
    assert second["access_token"] != first["access_token"]
    assert second["refresh_token"] == first["refresh_token"]
    assert second["refresh_token_expires_in"] == pytest.approx(265 * DAY / 60, abs=2)
    sandbox.advance(266 * DAY)
    refused = sandbox.http.post(TOKEN, data=form)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")


def test_invalid_expired_and_revoked_tokens_are_distinguished(member: Member) -> None:
    def code() -> tuple[int, int, str]:
        answer = member.call("GET", f"{VIDEOS}/urn%3Ali%3Avideo%3A1").json()
        return answer["status"], answer["serviceErrorCode"], answer["code"]

    sandbox, token = member.sandbox, member.token
    member.token = "made-up"
    assert code() == (401, 65600, "INVALID_ACCESS_TOKEN")
    member.token = token
    sandbox.advance(60 * DAY)
    assert code() == (401, 65602, "EXPIRED_ACCESS_TOKEN")
    revoked = Member.connected(sandbox)
    sandbox.http.post("/www.linkedin.com/oauth/v2/revoke", data={"token": revoked.token, **APP}).raise_for_status()
    member.token = revoked.token
    assert code() == (401, 65601, "REVOKED_ACCESS_TOKEN")


def test_posting_takes_the_scope_for_it(sandbox: Sandbox) -> None:
    reader = Member.connected(sandbox, scope="openid profile")
    assert refusal(reader.post("urn:li:video:1")) == (403, "ACCESS_DENIED")


# ── headers ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("version", ["202401", "209912", "202613", "latest"])
def test_a_version_that_is_not_served_is_426(member: Member, version: str) -> None:
    answer = member.call("POST", POSTS, {}, **{"LinkedIn-Version": version})
    assert refusal(answer) == (HTTPStatus.UPGRADE_REQUIRED, "NONEXISTENT_VERSION")


def test_a_version_retires_after_a_year(member: Member) -> None:
    member.sandbox.advance(400 * DAY)
    later = Member.connected(member.sandbox)
    later.version = member.version
    assert refusal(later.call("POST", POSTS, {})) == (HTTPStatus.UPGRADE_REQUIRED, "NONEXISTENT_VERSION")


def test_the_protocol_version_is_wanted(member: Member) -> None:
    assert member.call("POST", POSTS, {}, **{"X-Restli-Protocol-Version": "1.0.0"}).status_code == 400


# ── video ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_video_goes_up_in_parts_of_4_mib_each_to_its_own_address(member: Member, clip: Path) -> None:
    data = padded(clip.read_bytes(), 2 * PART + 4711)
    upload = member.initialize(len(data))
    instructions = upload["uploadInstructions"]
    bounds = [(each["firstByte"], each["lastByte"]) for each in instructions]
    assert bounds == [(0, PART - 1), (PART, 2 * PART - 1), (2 * PART, 2 * PART + 4710)]
    assert len({each["uploadUrl"] for each in instructions}) == 3
    assert {"captionsUploadUrl", "thumbnailUploadUrl"}.isdisjoint(upload)
    assert member.status(upload["video"])["status"] == "WAITING_UPLOAD"
    etags = [member.send(each, data).headers["etag"] for each in reversed(instructions)][::-1]
    finalized = member.finalize(upload, etags)
    assert (finalized.status_code, finalized.content) == (200, b"")
    assert member.status(upload["video"])["status"] == "PROCESSING"
    member.sandbox.advance(60)
    shown = member.status(upload["video"])
    assert (shown["status"], shown["owner"], shown["duration"]) == ("AVAILABLE", member.urn, 4000)
    assert httpx.get(shown["downloadUrl"]).content == data


@pytest.mark.parametrize(
    "spoil",
    [
        lambda etags: etags[::-1],
        lambda etags: etags[:1],
        lambda etags: [etags[0], etags[0]],
        lambda etags: [etag.upper() for etag in etags],
    ],
)
def test_finalizing_takes_the_etags_of_all_parts_in_their_order(
    member: Member, spoil: Callable[[list[str]], list[str]]
) -> None:
    data = bytes(PART + 1)
    upload = member.initialize(len(data))
    etags = [member.send(each, data).headers["etag"] for each in upload["uploadInstructions"]]
    assert refusal(member.finalize(upload, spoil(etags))) == (400, "INVALID_VALUE_FOR_FIELD")
    assert member.finalize(upload, etags).status_code == 200


def test_the_upload_token_comes_back_unchanged_even_when_it_is_empty(member: Member) -> None:
    for size, empty in ((10, True), (PART + 1, False)):
        upload = member.initialize(size)
        assert (upload["uploadToken"] == "") == empty
        etags = [member.send(each, bytes(size)).headers["etag"] for each in upload["uploadInstructions"]]
        assert refusal(member.finalize(upload, etags, uploadToken="other"))[0] == 400


def test_a_part_sent_again_has_another_etag(member: Member) -> None:
    upload = member.initialize(10)
    first, second = (member.send(upload["uploadInstructions"][0], bytes(10)).headers["etag"] for _ in range(2))
    assert first != second
    assert member.finalize(upload, [first]).status_code == 400
    assert member.finalize(upload, [second]).status_code == 200


def test_a_part_has_exactly_its_bytes(member: Member) -> None:
    instruction = member.initialize(10)["uploadInstructions"][0]
    for size in (9, 11):
        assert httpx.put(instruction["uploadUrl"], content=bytes(size)).status_code == 400


def test_parts_that_are_missing_keep_it_waiting(member: Member) -> None:
    assert refusal(member.finalize(member.initialize(10), [])) == (400, "MEDIA_ASSET_WAITING_UPLOAD")


def test_an_upload_address_is_good_with_its_secret_and_until_it_expires(member: Member) -> None:
    upload = member.initialize(10)
    url = httpx.URL(upload["uploadInstructions"][0]["uploadUrl"])
    assert httpx.put(url.copy_remove_param("sau"), content=bytes(10)).status_code == 403
    member.sandbox.advance(30 * DAY)
    assert refusal(httpx.put(url, content=bytes(10))) == (400, "EXPIRED_UPLOAD_URL")


def test_captions_and_a_cover_go_to_addresses_of_their_own(member: Member, clip: Path) -> None:
    data, srt = clip.read_bytes(), "1\n00:00:00,000 --> 00:00:01,000\nHéllo\n"
    upload = member.initialize(len(data), uploadCaptions=True, uploadThumbnail=True)
    assert httpx.put(upload["captionsUploadUrl"], content=b"no times").status_code == 400
    assert httpx.put(upload["captionsUploadUrl"], content=srt.encode()).status_code == 201
    assert httpx.put(upload["thumbnailUploadUrl"], content=b"GIF89a").status_code == 400
    assert httpx.put(upload["thumbnailUploadUrl"], content=b"\xff\xd8\xff\xe0").status_code == 201
    etag = member.send(upload["uploadInstructions"][0], data).headers["etag"]
    member.finalize(upload, [etag])
    member.sandbox.advance(60)
    assert member.post(upload["video"]).status_code == 201
    assert member.sandbox.posts()[0]["captions"] == srt


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda clip, folder: cut(clip, folder / "cut.mp4", 0.5), "format"),
        (lambda clip, folder: video(folder / "short.mp4", "-b:v", "2M", seconds=2), "Length"),
        (lambda clip, folder: video(folder / "small.mp4", size="64x64", seconds=4), "size"),
        (lambda clip, folder: video(folder / "other.mkv", "-b:v", "500k", seconds=4), "format"),
    ],
)
def test_what_is_no_video_for_linkedin_fails_in_processing(
    member: Member, clip: Path, tmp_path: Path, spoil: Callable[[Path, Path], Path], reason: str
) -> None:
    urn = member.upload(spoil(clip, tmp_path).read_bytes())
    member.sandbox.advance(60)
    shown = member.status(urn)
    assert shown["status"] == "PROCESSING_FAILED"
    assert reason in shown["processingFailureReason"]
    assert refusal(member.post(urn)) == (400, "MEDIA_ASSET_PROCESSING_FAILED")


def test_a_video_is_for_its_owner(member: Member, clip: Path) -> None:
    other = Member.connected(member.sandbox, "tech.tom")
    urn = member.uploaded(clip)
    assert other.status(urn)["status"] == 403
    assert refusal(other.post(urn)) == (400, "INVALID_URN_ID")
    other.urn = member.urn
    assert other.initialize(10)["status"] == 403


def test_a_urn_in_a_path_has_to_be_encoded(member: Member) -> None:
    urn = member.initialize(10)["video"]
    assert member.call("GET", f"{VIDEOS}/{urn}").status_code == 400
    assert member.call("GET", f"{VIDEOS}/urn%3Ali%3Avideo%3Anone").status_code == 404


# ── posts ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_post_is_201_without_a_body_and_its_urn_in_a_header(member: Member, clip: Path) -> None:
    urn = member.uploaded(clip)
    answer = member.post(urn, commentary=r"New {hashtag|\#|bread} \(hot\)", visibility="CONNECTIONS")
    assert (answer.status_code, answer.content) == (201, b"")
    post = member.sandbox.posts()[0]
    assert answer.headers["x-restli-id"] == post["id"]
    assert post["id"].startswith("urn:li:ugcPost:")
    assert (post["platform"], post["account_name"], post["text"]) == ("linkedin", "mara.bakes", "New #bread (hot)")
    assert (post["privacy"], post["title"]) == ("CONNECTIONS", "A title")
    assert httpx.get(post["media"]).content == clip.read_bytes()


def test_text_that_is_not_escaped_goes_live_cut(member: Member, clip: Path) -> None:
    assert member.post(member.uploaded(clip), commentary="New bread (hot)").status_code == 201
    assert member.sandbox.posts()[0]["text"] == "New bread "


def test_an_early_post_waits_for_its_video(member: Member, clip: Path) -> None:
    data = clip.read_bytes()
    upload = member.initialize(len(data))
    assert refusal(member.post(upload["video"])) == (400, "MEDIA_ASSET_WAITING_UPLOAD")
    etag = member.send(upload["uploadInstructions"][0], data).headers["etag"]
    member.finalize(upload, [etag])
    assert refusal(member.post(upload["video"])) == (400, "MEDIA_ASSET_WAITING_UPLOAD")
    member.sandbox.advance(60)
    assert member.post(upload["video"]).status_code == 201


def test_the_same_post_again_is_422_and_names_the_live_one(member: Member, clip: Path) -> None:
    urn = member.uploaded(clip)
    first = member.post(urn).headers["x-restli-id"]
    second = member.post(urn)
    assert refusal(second) == (422, "DUPLICATE_POST")
    assert second.json()["message"] == f"Content is a duplicate of {first}"
    assert member.post(urn, commentary="Other words").status_code == 201
    assert member.post(member.uploaded(clip)).status_code == 201
    assert len(member.sandbox.posts()) == 3


def test_a_duplicate_is_only_known_for_ten_minutes(member: Member, clip: Path) -> None:
    urn = member.uploaded(clip)
    assert member.post(urn).status_code == 201
    member.sandbox.advance(599)
    assert member.post(urn).status_code == 422
    member.sandbox.advance(2)
    assert member.post(urn).status_code == 201


def test_the_limit_of_3000_counts_the_escaped_text(member: Member, clip: Path) -> None:
    urn = member.uploaded(clip)
    assert refusal(member.post(urn, commentary=r"\(" * 1500 + ".")) == (400, "FIELD_LENGTH_TOO_LONG")
    assert member.post(urn, commentary=r"\(" * 1500).status_code == 201


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"author": "urn:li:person:other"}, "ACCESS_DENIED"),
        ({"visibility": "FRIENDS"}, "INVALID_VALUE_FOR_FIELD"),
        ({"lifecycleState": "DRAFT"}, "INVALID_VALUE_FOR_FIELD"),
        ({"text": "unknown"}, "INVALID_VALUE_FOR_FIELD"),
        ({"content": {"media": {"id": "urn:li:video:none"}}}, "INVALID_URN_ID"),
        ({"content": {}}, "MISSING_FIELD"),
    ],
)
def test_a_post_of_another_shape_is_refused(member: Member, changes: dict[str, Any], code: str) -> None:
    assert refusal(member.post("urn:li:video:none", **changes))[1] == code
    assert member.sandbox.posts() == []


def test_the_daily_post_limit_has_no_retry_after(member: Member, clip: Path) -> None:
    member.sandbox.set(linkedin_posts_per_day=1)
    urn = member.uploaded(clip)
    assert member.post(urn).status_code == 201
    answer = member.post(urn, commentary="Two")
    assert answer.status_code == 429
    assert answer.json()["serviceErrorCode"] == 101
    assert "retry-after" not in answer.headers
    member.sandbox.advance(DAY)
    assert member.post(urn, commentary="Two").status_code == 201


def test_a_dropped_answer_leaves_one_post_that_the_same_body_finds(member: Member, clip: Path) -> None:
    urn = member.uploaded(clip)
    member.sandbox.fail("linkedin", "commit", "accept_then_drop")
    with pytest.raises(httpx.RemoteProtocolError):
        member.post(urn)
    again = member.post(urn)
    (post,) = member.sandbox.posts()
    assert (again.status_code, again.json()["message"]) == (422, f"Content is a duplicate of {post['id']}")


def test_a_post_is_deleted_by_its_author_and_again_without_harm(member: Member, clip: Path) -> None:
    urn = member.post(member.uploaded(clip)).headers["x-restli-id"]
    path = f"{POSTS}/{quote(urn, safe='')}"
    other = Member.connected(member.sandbox, "rita")
    assert refusal(other.call("DELETE", path)) == (403, "ACCESS_DENIED")
    assert [member.call("DELETE", path).status_code for _ in range(2)] == [204, 204]
    assert member.sandbox.posts() == []
    assert refusal(member.call("DELETE", f"{POSTS}/urn%3Ali%3Ashare%3A1")) == (404, "NOT_FOUND")
    assert refusal(member.call("DELETE", f"{POSTS}/1")) == (400, "INVALID_URN_ID")
