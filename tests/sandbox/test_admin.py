"""The sandbox's admin API: clock, posts, settings, reset, consent page."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.sandbox.tiktok.creator import authorize_url, connect, init, publish
from tests.sandbox_client import Sandbox


def now(sandbox: Sandbox, advance: float) -> datetime:
    answer = sandbox.http.post("/_sandbox/clock", json={"advance_seconds": advance})
    return datetime.fromisoformat(answer.json()["now"])


def test_the_clock_is_moved_and_goes_on(sandbox: Sandbox) -> None:
    before = now(sandbox, 0)
    assert timedelta(days=1) <= now(sandbox, 86_400) - before < timedelta(days=1, minutes=1)
    assert now(sandbox, -86_400) - before < timedelta(minutes=1)


@pytest.mark.parametrize("seconds", ["inf", "nan", 1e12, -1e12])
def test_the_clock_is_not_moved_to_a_time_that_there_is_not(sandbox: Sandbox, seconds: float | str) -> None:
    before = now(sandbox, 0)
    answer = sandbox.http.post("/_sandbox/clock", json={"advance_seconds": seconds})
    assert answer.status_code == 422
    assert now(sandbox, 0) - before < timedelta(minutes=1)


@pytest.mark.slow
def test_what_is_live_is_a_bare_array_with_all_that_a_person_sees(sandbox: Sandbox, reel: Path) -> None:
    assert sandbox.posts() == []
    publish(sandbox, connect(sandbox)["access_token"], reel, is_aigc=True)
    (post,) = sandbox.posts()
    assert {"platform", "id", "account", "account_name", "text", "media", "time"} <= post.keys()
    assert (post["privacy"], post["ai_generated"]) == ("PUBLIC_TO_EVERYONE", True)
    assert datetime.fromisoformat(post["time"]).utcoffset() == timedelta()
    media = sandbox.http.get(post["media"], headers={"Range": "bytes=0-99"})
    assert (media.status_code, len(media.content)) == (206, 100)


@pytest.mark.slow
def test_no_other_file_can_be_had(sandbox: Sandbox) -> None:
    for name in ("..%2Fworld.sqlite", "%2e%2e/world.sqlite", "nothing.mp4"):
        assert sandbox.http.get(f"/_sandbox/media/{name}").status_code == 404


@pytest.mark.slow
def test_a_reset_forgets_posts_tokens_faults_settings_and_the_log(sandbox: Sandbox, reel: Path) -> None:
    token = connect(sandbox)["access_token"]
    publish(sandbox, token, reel)
    sandbox.fail("tiktok", "prepare", "drop")
    sandbox.set(tiktok_audited=False)
    sandbox.reset()
    assert (sandbox.posts(), sandbox.requests()) == ([], [])
    assert init(sandbox, token).status_code == 401
    assert init(sandbox, connect(sandbox)["access_token"]).status_code == 200


def test_an_unknown_setting_is_refused(sandbox: Sandbox) -> None:
    for wrong in ({"tiktok_color": 1}, {"tiktok_posts_per_day": -1}):
        assert sandbox.http.post("/_sandbox/settings", json=wrong).status_code == 422


def test_a_consent_page_is_answered_once_and_in_time(sandbox: Sandbox) -> None:
    def action() -> str:
        return sandbox.http.get(authorize_url()).text.split('action="')[1].split('"')[0]

    form = {"decision": "approve", "username": "mara.bakes"}
    first, late = action(), action()
    assert sandbox.http.post(first, data=form).status_code == 302
    assert sandbox.http.post(first, data=form).status_code == 410
    sandbox.advance(3601)
    assert sandbox.http.post(late, data=form).status_code == 410


def test_any_other_user_name_can_be_typed_but_not_everything_is_one(sandbox: Sandbox) -> None:
    action = sandbox.http.get(authorize_url()).text.split('action="')[1].split('"')[0]
    form = {"decision": "approve", "username": "mara.bakes"}
    assert sandbox.http.post(action, data={**form, "other": "<b>"}).status_code == 422
    assert sandbox.http.post(action, data={**form, "other": "any_one.else"}).status_code == 302
