"""The fake TikTok API."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.tiktok import chunks
from tests.media.samples import video
from tests.sandbox.conftest import WEB
from tests.sandbox.tiktok.creator import (
    CLIENT,
    PLAN,
    POST,
    REDIRECT,
    SCOPES,
    authorize_url,
    call,
    call_token,
    connect,
    exchange,
    init,
    publish,
    put,
    refresh,
    status,
)
from tests.sandbox_client import Sandbox

pytestmark = pytest.mark.slow


@pytest.fixture
def token(sandbox: Sandbox) -> str:
    access: str = connect(sandbox)["access_token"]
    return access


# ── OAuth ────────────────────────────────────────────────────────────────────────────────────────────────


def test_tokens_come_flat_and_belong_to_who_agreed(sandbox: Sandbox) -> None:
    tokens = connect(sandbox, "tech.tom")
    assert tokens["access_token"].startswith("act.")
    assert tokens["refresh_token"].startswith("rft.")
    assert (tokens["expires_in"], tokens["refresh_expires_in"]) == (86_400, 31_536_000)
    assert (tokens["token_type"], tokens["scope"]) == ("Bearer", SCOPES)
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    path = "/open.tiktokapis.com/v2/user/info/?fields=open_id,username"
    user = sandbox.http.get(path, headers=headers).json()["data"]["user"]
    assert user == {"open_id": tokens["open_id"], "username": "tech.tom"}
    assert connect(sandbox, "tech.tom")["open_id"] == tokens["open_id"]


def test_the_challenge_is_a_digest_in_hex(sandbox: Sandbox) -> None:
    standard = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    refused = sandbox.http.get(authorize_url(code_challenge=standard))
    assert refused.status_code == 400
    assert "in hex" in refused.text
    code = sandbox.decide(authorize_url()).params["code"]
    assert exchange(sandbox, code, code_verifier="another")["error"] == "invalid_request"


def test_an_address_of_this_machine_needs_a_challenge(sandbox: Sandbox) -> None:
    query = {"code_challenge": None, "code_challenge_method": None}
    assert sandbox.http.get(authorize_url(**query)).status_code == 200
    assert sandbox.http.get(authorize_url(redirect_uri="http://127.0.0.1:8000/x", **query)).status_code == 400


@pytest.mark.parametrize(
    "wrong", [{"client_key": "other"}, {"scope": "video.publish,everything"}, {"redirect_uri": "/x"}, {"scope": ""}]
)
def test_an_invalid_authorization_request_shows_an_error_page_without_a_form(sandbox: Sandbox, wrong: dict) -> None:
    refused = sandbox.http.get(authorize_url(**wrong))
    assert refused.status_code == 400
    assert "<form" not in refused.text


def test_a_denial_comes_back_with_the_state(sandbox: Sandbox) -> None:
    answer = sandbox.decide(authorize_url(), approve=False)
    assert (answer.params["error"], answer.params["state"]) == ("access_denied", "a state")
    assert "code" not in answer.params


def test_a_code_is_good_once_for_its_own_address_and_in_time(sandbox: Sandbox) -> None:
    code = sandbox.decide(authorize_url()).params["code"]
    assert exchange(sandbox, code, redirect_uri=f"{REDIRECT}/2")["error"] == "invalid_request"
    assert "access_token" in exchange(sandbox, code)
    again = exchange(sandbox, code)
    assert again["error"] == "invalid_grant"
    assert again.keys() == {"error", "error_description", "log_id"}
    late = sandbox.decide(authorize_url()).params["code"]
    sandbox.advance(601)
    assert exchange(sandbox, late)["error"] == "invalid_grant"


def test_the_app_has_to_know_its_secret_and_send_a_form(sandbox: Sandbox) -> None:
    assert call_token(sandbox, client_secret="guessed", grant_type="refresh_token")["error"] == "invalid_client"
    answer = sandbox.http.post("/open.tiktokapis.com/v2/oauth/token/", json=CLIENT)
    assert (answer.status_code, answer.json()["error"]) == (200, "invalid_request")


def test_a_refresh_token_is_good_once(sandbox: Sandbox) -> None:
    first = connect(sandbox)
    second = refresh(sandbox, first["refresh_token"])
    assert second["refresh_token"] != first["refresh_token"]
    assert refresh(sandbox, first["refresh_token"])["error"] == "invalid_grant"
    assert "access_token" in refresh(sandbox, second["refresh_token"])


def test_an_access_token_lasts_a_day(sandbox: Sandbox, token: str) -> None:
    sandbox.advance(86_399 - 60)
    assert call(sandbox, token, "creator_info/query", {}).status_code == 200
    sandbox.advance(120)
    refused = call(sandbox, token, "creator_info/query", {})
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "access_token_invalid")


def test_what_is_revoked_is_no_good_any_more(sandbox: Sandbox) -> None:
    tokens = connect(sandbox)
    revoke = {**CLIENT, "token": tokens["access_token"]}
    assert sandbox.http.post("/open.tiktokapis.com/v2/oauth/revoke/", data=revoke).json() == {}
    assert call(sandbox, tokens["access_token"], "creator_info/query", {}).status_code == 401
    assert refresh(sandbox, tokens["refresh_token"])["error"] == "invalid_grant"


def test_a_scope_that_nobody_agreed_to_is_missing(sandbox: Sandbox) -> None:
    basic = connect(sandbox, scope="user.info.basic")["access_token"]
    refused = init(sandbox, basic)
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "scope_not_authorized")
    path = "/open.tiktokapis.com/v2/user/info/?fields=username"
    assert sandbox.http.get(path, headers={"Authorization": f"Bearer {basic}"}).status_code == 401


# ── init ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_six_posts_are_begun_in_a_sliding_minute(sandbox: Sandbox, token: str) -> None:
    assert [init(sandbox, token).status_code for _ in range(7)] == [200] * 6 + [429]
    assert init(sandbox, token).json()["error"]["code"] == "rate_limit_exceeded"
    sandbox.advance(61)
    assert init(sandbox, token).status_code == 200


def test_creator_info_and_status_have_limits_of_their_own(sandbox: Sandbox, token: str) -> None:
    infos = [call(sandbox, token, "creator_info/query", {}).status_code for _ in range(21)]
    assert infos == [200] * 20 + [429]
    publish_id = init(sandbox, token).json()["data"]["publish_id"]
    polls = [call(sandbox, token, "status/fetch", {"publish_id": publish_id}).status_code for _ in range(31)]
    assert polls == [200] * 30 + [429]


def test_an_unaudited_app_may_post_for_the_creator_alone(sandbox: Sandbox, token: str) -> None:
    sandbox.set(tiktok_audited=False)
    info = call(sandbox, token, "creator_info/query", {}).json()["data"]
    assert info["privacy_level_options"] == ["SELF_ONLY"]
    refused = init(sandbox, token)
    code = "unaudited_client_can_only_post_to_private_accounts"
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, code)
    assert init(sandbox, token, POST | {"privacy_level": "SELF_ONLY"}).status_code == 200


@pytest.mark.parametrize(
    ("post", "plan", "status", "code"),
    [
        ({"privacy_level": "EVERYBODY"}, {}, 403, "privacy_level_option_mismatch"),
        ({"title": "x" * 2201}, {}, 400, "invalid_params"),
        ({"is_aigc": "yes"}, {}, 400, "invalid_params"),
        ({}, {"source": "PULL_FROM_URL", "video_url": "https://e.com/a.mp4"}, 403, "url_ownership_unverified"),
        ({}, {"source": "CARRIER_PIGEON"}, 400, "invalid_params"),
        ({}, {"total_chunk_count": 2}, 400, "invalid_params"),
        ({}, {"chunk_size": 999}, 400, "invalid_params"),
    ],
)
def test_a_wrong_init_is_refused(sandbox: Sandbox, token: str, post: dict, plan: dict, status: int, code: str) -> None:
    refused = init(sandbox, token, POST | post, PLAN | plan)
    assert (refused.status_code, refused.json()["error"]["code"]) == (status, code)


def test_a_creator_posts_fifteen_times_a_day(sandbox: Sandbox, token: str, reel: Path) -> None:
    sandbox.set(tiktok_posts_per_day=2)
    publish(sandbox, token, reel)
    publish(sandbox, token, reel)
    refused = init(sandbox, token)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "spam_risk_too_many_posts")
    other = connect(sandbox, "tech.tom")["access_token"]
    assert init(sandbox, other).status_code == 200


# ── chunks ───────────────────────────────────────────────────────────────────────────────────────────────


@given(st.integers(1, 4_000_000_000), st.integers(5_000_000, 64_000_000))
def test_a_plan_by_the_guide_is_accepted_and_covers_the_video(video_size: int, chunk_size: int) -> None:
    chunk_size = min(chunk_size, video_size)
    count = video_size // chunk_size
    fault = chunks.plan_error(video_size, chunk_size, count)
    if video_size > chunks.MAX_CHUNK_BYTES and count == 1:
        assert fault is not None
        return
    assert fault is None
    stored = 0
    for number in range(count):
        chunk = chunks.next_range(video_size, chunk_size, count, stored)
        length = chunk.last + 1 - chunk.first
        assert chunk.first == stored
        assert length <= 128_000_000
        assert length == chunk_size or number == count - 1
        stored += length
    assert stored == video_size


@given(
    st.integers(5_000_000, 4_000_000_000),
    st.integers(5_000_000, 64_000_000),
    st.integers(-1000, 1000).filter(lambda wrong: wrong != 0),
)
def test_any_other_count_of_chunks_is_refused(video_size: int, chunk_size: int, wrong: int) -> None:
    assert chunks.plan_error(video_size, chunk_size, video_size // chunk_size + wrong)


@given(st.integers(1, 4_999_999), st.integers(1, 64_000_000), st.integers(1, 5))
def test_a_small_video_is_sent_whole_or_not_at_all(video_size: int, chunk_size: int, count: int) -> None:
    whole = (chunk_size, count) == (video_size, 1)
    assert (chunks.plan_error(video_size, chunk_size, count) is None) == whole
    assert chunks.plan_error(video_size, video_size, 1) is None


@pytest.mark.parametrize("chunk_size", [1, 4_999_999, 64_000_001, 500_000_000])
def test_a_chunk_has_at_least_5_and_at_most_64_megabytes(chunk_size: int) -> None:
    assert chunks.plan_error(500_000_000, chunk_size, 500_000_000 // chunk_size)


def test_chunks_come_in_order_and_the_last_takes_the_rest(sandbox: Sandbox, token: str) -> None:
    plan = PLAN | {"video_size": 12_000_000, "chunk_size": 5_000_000, "total_chunk_count": 2}
    url = init(sandbox, token, plan=plan).json()["data"]["upload_url"]
    first, rest = bytes(5_000_000), bytes(7_000_000)
    assert put(sandbox, url, rest, "5000000-11999999/12000000").status_code == 416
    assert put(sandbox, url, first, "0-4999999/11999999").status_code == 416
    assert put(sandbox, url, first[:-1], "0-4999999/12000000").status_code == 400
    assert put(sandbox, url, first, "0-4999999/12000000", "text/plain").status_code == 400
    assert put(sandbox, url, first, "0-4999999/12000000").status_code == 206
    assert put(sandbox, url, first, "0-4999999/12000000").status_code == 416
    assert put(sandbox, url, rest[:5_000_000], "5000000-9999999/12000000").status_code == 416
    assert put(sandbox, url, rest, "5000000-11999999/12000000").status_code == 201
    assert put(sandbox, url, rest, "5000000-11999999/12000000").status_code == 416
    assert [entry["step"] for entry in sandbox.requests()[-2:]] == ["commit", "commit"]


def test_an_upload_url_is_good_for_an_hour(sandbox: Sandbox, token: str) -> None:
    url = init(sandbox, token).json()["data"]["upload_url"]
    assert put(sandbox, f"{url}x", bytes(1000), "0-999/1000").status_code == 403
    sandbox.advance(3601)
    assert put(sandbox, url, bytes(1000), "0-999/1000").status_code == 403


# ── status ───────────────────────────────────────────────────────────────────────────────────────────────


def test_the_id_of_a_public_post_appears_after_it_is_reported_as_published(
    sandbox: Sandbox, token: str, reel: Path
) -> None:
    sandbox.set(tiktok_processing_seconds=60, tiktok_polls_before_id=2)
    publish_id = publish(sandbox, token, reel)
    assert publish_id.startswith("v_pub_file~")
    assert status(sandbox, token, publish_id)["status"] == "PROCESSING_UPLOAD"
    sandbox.advance(61)
    polls = [status(sandbox, token, publish_id) for _ in range(3)]
    assert {poll["status"] for poll in polls} == {"PUBLISH_COMPLETE"}
    (post,) = sandbox.posts()
    assert [poll["publicaly_available_post_id"] for poll in polls] == [[], [], [int(post["id"])]]
    assert (post["platform"], post["text"], post["account_name"]) == ("tiktok", POST["title"], "mara.bakes")
    assert sandbox.http.get(post["media"]).content == reel.read_bytes()


def test_a_private_post_never_has_an_id(sandbox: Sandbox, token: str, reel: Path) -> None:
    publish_id = publish(sandbox, token, reel, privacy_level="SELF_ONLY")
    assert all(status(sandbox, token, publish_id)["publicaly_available_post_id"] == [] for _ in range(5))


def test_a_private_post_is_found_in_its_creators_profile(sandbox: Sandbox, token: str, reel: Path) -> None:
    assert sandbox.http.get("/www.tiktok.com/@mara.bakes").status_code == 404
    publish_id = publish(sandbox, token, reel, privacy_level="SELF_ONLY")
    status(sandbox, token, publish_id)
    profile = sandbox.http.get("/www.tiktok.com/@mara.bakes")
    assert profile.status_code == 200
    assert sandbox.posts()[0]["media"] in profile.text


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        ({"rate": "15"}, "frame_rate_check_failed"),
        ({"size": "320x180"}, "picture_size_check_failed"),
        ({"seconds": 0.5}, "duration_check_failed"),
        (None, "file_format_check_failed"),
    ],
)
def test_a_bad_video_fails_with_its_reason(
    sandbox: Sandbox, token: str, tmp_path: Path, made: dict | None, reason: str
) -> None:
    path = tmp_path / "bad.mp4"
    if made is None:
        path.write_bytes(b"no video at all")
    else:
        video(path, *WEB, **{"size": "360x640", **made})
    failed = status(sandbox, token, publish(sandbox, token, path))
    assert (failed["status"], failed["fail_reason"]) == ("FAILED", reason)
    assert sandbox.posts() == []


def test_a_video_fails_with_a_configured_reason(sandbox: Sandbox, token: str, reel: Path) -> None:
    sandbox.set(tiktok_fail_reason="internal")
    assert status(sandbox, token, publish(sandbox, token, reel))["fail_reason"] == "internal"


def test_a_draft_ends_in_the_inbox_and_only_five_may_wait(sandbox: Sandbox, token: str, reel: Path) -> None:
    size = reel.stat().st_size
    body = {"source_info": PLAN | {"video_size": size, "chunk_size": size}}
    begun = [call(sandbox, token, "inbox/video/init", body) for _ in range(6)]
    assert [answer.status_code for answer in begun] == [200] * 5 + [403]
    assert begun[5].json()["error"]["code"] == "spam_risk_too_many_pending_share"
    draft = begun[0].json()["data"]
    assert draft["publish_id"].startswith("v_inbox_file~")
    assert put(sandbox, draft["upload_url"], reel.read_bytes(), f"0-{size - 1}/{size}").status_code == 201
    assert status(sandbox, token, draft["publish_id"])["status"] == "SEND_TO_USER_INBOX"
    assert sandbox.posts() == []


def test_another_creators_publication_is_not_found(sandbox: Sandbox, token: str) -> None:
    publish_id = init(sandbox, token).json()["data"]["publish_id"]
    other = connect(sandbox, "tech.tom")["access_token"]
    assert call(sandbox, other, "status/fetch", {"publish_id": publish_id}).status_code == 400
