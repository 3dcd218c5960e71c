"""A platform that only this test registers goes the whole way: connect, compose, dry run, publish, calendar, CSV.

It fails where something beside the registry has to know a platform.
"""

import ast
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar, Final, Literal
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr
from pytest_httpserver import HTTPServer

import api
import content_pipeline
from api.main import create_app
from content_pipeline.cli import preflight, stack_config
from content_pipeline.cli.state import UserSettings
from content_pipeline.core.bulk import csv_inbox, csv_rows
from content_pipeline.core.errors import Invalid
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Account, Twin
from content_pipeline.core.platforms import registry
from content_pipeline.core.platforms.accounts import accounts, tokens
from content_pipeline.core.platforms.app_settings import App, AppSettings
from content_pipeline.core.platforms.base import Access, Problem
from content_pipeline.core.platforms.insights import AudienceShare, DayFigures, Figures, ListedPost, Metric
from content_pipeline.core.platforms.oauth_client import OAuthClient
from content_pipeline.core.platforms.oauth_provider import Profile, Tokens
from content_pipeline.core.platforms.options import CoverOption
from content_pipeline.core.platforms.spec import PlatformSpec
from content_pipeline.core.platforms.text import TextFormat, TextRules
from content_pipeline.core.settings import settings
from tests.accounts import REDIRECT, encryption_key
from tests.api.conftest import PUBLIC
from tests.connect_page import filled_in
from tests.core.calendar import planned
from tests.core.publishing import posting
from tests.core.publishing.posting import FakeOAuth, FakePlatform, Stage
from tests.media import samples

pytestmark = pytest.mark.slow

NAME: Final = "fifth"
SCRIPT: Final = "Sourdough needs patience. Feed the starter twice a day."


class FifthOptions(CoverOption):
    mood: Literal["calm", "loud"] | None = None


class FifthSettings(AppSettings):
    CREDENTIALS: ClassVar = App("fifth_client_id", "fifth_client_secret")

    fifth_client_id: str = ""
    fifth_client_secret: SecretStr = SecretStr("")


CLIENT: Final = OAuthClient("The Fifth", FifthSettings)


class FifthOAuth:
    """An OAuth provider that consents to everything. Its tokens last for an hour."""

    def authorize_url(self, *, redirect_uri: str, state: str, verifier: str) -> str:
        query = {"client_id": CLIENT.app().id, "redirect_uri": redirect_uri, "state": state}
        return str(httpx.URL("https://fifth.example.com/authorize", params=query))

    def exchange(self, code: str, *, redirect_uri: str, verifier: str) -> Tokens:
        return CLIENT.tokens({"access_token": f"token of {code}", "expires_in": 3600})

    def refresh(self, tokens: Tokens, *, issued_at: datetime) -> Tokens:
        return CLIENT.tokens({"access_token": f"{tokens.access}, renewed", "expires_in": 3600})

    def revoke(self, tokens: Tokens) -> None:
        pass

    def profile(self, token: str) -> Profile:
        return Profile(user_id=token, handle="@mara.bakes", name="Mara Bakes")


class FifthInsights:
    """A reader that tells the followers of every account, and nothing else."""

    names: Mapping[Metric, str] = {"followers": "fans"}
    scopes: Sequence[str] = ("fans.read",)
    days_in: ZoneInfo | None = None

    def list_posts(self, access: Access, *, since: datetime) -> Iterator[ListedPost]:
        return iter(())

    def read_posts(self, access: Access, post_ids: Collection[str]) -> Mapping[str, Figures]:
        return {}

    def read_account(self, access: Access) -> Figures:
        return {"followers": 1234}

    def read_days(self, access: Access, first: date, last: date) -> Sequence[DayFigures]:
        return []

    def read_audience(self, access: Access) -> Sequence[AudienceShare]:
        return []


@pytest.fixture
def publisher() -> FakePlatform:
    return FakePlatform()


@pytest.fixture(autouse=True)
def _registered(publisher: FakePlatform, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = PlatformSpec(
        name=NAME,
        label="The Fifth",
        options=FifthOptions,
        text_rules=TextRules(200, title=20, forbidden="<>"),
        text_format=TextFormat(
            sentences=1,
            hashtags={"short": 1, "hashtag-heavy": 4, "long": 2, "plain": 0},
            calls_to_action={"en": "Bake along."},
        ),
        publisher=publisher,
        insights=FifthInsights(),
        oauth=FifthOAuth(),
        app_settings=FifthSettings,
        fetches_media=True,
        self_renewing_tokens=True,
        refresh_ahead=timedelta(minutes=20),
    )
    monkeypatch.setitem(registry.PLATFORMS, NAME, spec)
    monkeypatch.setattr(FifthSettings.current(), "fifth_client_id", "app")
    monkeypatch.setattr(FifthSettings.current(), "fifth_client_secret", SecretStr("s3cret"))
    monkeypatch.setattr(settings(), "encryption_keys", [encryption_key(1)])
    monkeypatch.setattr(settings(), "public_url", "http://testserver")


@pytest.fixture
def client(connect: Any) -> TestClient:
    return connect(redirect_uris=[REDIRECT])


@pytest.fixture
def account_id(client: TestClient, anonymous_client: TestClient) -> str:
    begun = client.post(f"{PUBLIC}/social/connect/{NAME}", json={"redirect_uri": REDIRECT}).json()
    sent = httpx.URL(begun["authorize_url"]).params
    back = httpx.URL(sent["redirect_uri"], params={"state": sent["state"], "code": "1234"})
    page = anonymous_client.get(str(back), follow_redirects=False)
    answer = anonymous_client.post(
        str(back.copy_with(query=None)), data=filled_in(page, "connect"), follow_redirects=False
    )
    return httpx.URL(answer.headers["location"]).params["account_id"]


@pytest.fixture
def twin_id(client: TestClient, account_id: str) -> str:
    body = {
        "name": "Mara",
        "voice_id": "en-US",
        "platform_defaults": {NAME: {"mood": "calm"}},
        "accounts": {NAME: account_id},
    }
    answer = client.post(f"{PUBLIC}/twins", json=body)
    assert answer.status_code == 201, answer.text
    assert answer.json()["platform_defaults"] == body["platform_defaults"]
    return answer.json()["id"]


@pytest.fixture
def workspace_id(twin_id: str) -> UUID:
    with transaction() as session:
        return session.get_one(Twin, UUID(twin_id)).workspace_id


@pytest.fixture
def stage(publisher: FakePlatform, workspace_id: UUID) -> Iterator[Stage]:
    yield Stage(publisher, workspace_id, FakeOAuth())
    settings().clock_offset_file.unlink(missing_ok=True)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return samples.film(tmp_path_factory.mktemp("film") / "reel.mp4")


@pytest.fixture
def video_url(film: Path, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(settings(), "allowed_private_hosts", [f"localhost:{httpserver.port}"])
    httpserver.expect_request("/reel.mp4").respond_with_data(film.read_bytes())
    return httpserver.url_for("/reel.mp4")


def test_it_is_connected_and_left(client: TestClient, account_id: str) -> None:
    (account,) = client.get(f"{PUBLIC}/social/accounts").json()
    assert (account["id"], account["platform"], account["handle"]) == (account_id, NAME, "@mara.bakes")
    assert client.delete(f"{PUBLIC}/social/disconnect/{NAME}").status_code == 204


def test_tokens_that_renew_themselves_are_refreshed_ahead_of_their_end(stage: Stage, account_id: str) -> None:
    posting.advance_clock(minutes=49)  # of 60: 20 minutes ahead, but no more than a fifth of them
    assert tokens.refresh_expiring() >= 1
    with transaction() as session:
        kept = accounts.decrypt_tokens(session.get_one(Account, UUID(account_id)))
    assert kept.access == "token of 1234, renewed"


@pytest.mark.parametrize(
    ("options", "place"),
    [
        ({"mood": "grim"}, f"/platform_defaults/{NAME}/mood"),
        ({"privacy": "public"}, f"/platform_defaults/{NAME}/privacy"),
    ],
)
def test_its_options_are_checked(client: TestClient, twin_id: str, options: dict[str, str], place: str) -> None:
    answer = client.patch(f"{PUBLIC}/twins/{twin_id}", json={"platform_defaults": {NAME: options}})
    assert (answer.status_code, [fault["pointer"] for fault in answer.json()["errors"]]) == (422, [place])


def test_its_texts_are_composed_in_its_format_and_within_its_rules(client: TestClient, twin_id: str) -> None:
    script = f"Bread takes time and a warm place. {SCRIPT}"
    post = client.post(f"{PUBLIC}/twins/{twin_id}/compose", json={"script": script, "platform": NAME}).json()
    assert post["text"].split("\n\n")[-2:] == ["Feed the starter twice a day.", "Bake along."]
    assert (len(post["title"]) <= 20, len(post["hashtags"]) <= 2, post["characters"] <= 200) == (True, True, True)


def test_a_dry_run_tells_what_it_would_refuse(
    client: TestClient, twin_id: str, publisher: FakePlatform, video_url: str
) -> None:
    publisher.problems = [Problem("fifth_closed", "It is closed.", "Come back.")]
    wish = {"platforms": [NAME], "reel_url": video_url, "caption": "Look <here>.", "twin_id": twin_id}
    answer = client.post(f"{PUBLIC}/social/publish?dry_run=true", json=wish)
    (result,) = answer.json()["results"]
    assert [problem["code"] for problem in result["problems"]] == ["text_unfit", "fifth_closed"]


def test_a_post_goes_out_with_the_options_of_both(
    client: TestClient, twin_id: str, account_id: str, stage: Stage, video_url: str
) -> None:
    options = {NAME: {"hashtags": ["bread"]}}
    wish = {"platforms": [NAME], "reel_url": video_url, "caption": "Look.", "twin_id": twin_id, "options": options}
    (accepted,) = client.post(f"{PUBLIC}/social/publish", json=wish).json()["results"]
    stage.run_to_end(accepted["task_id"])
    shown = client.get(f"{PUBLIC}/social/publish/{accepted['task_id']}").json()
    assert (shown["status"], shown["outcome"], shown["platform"]) == ("done", "published", NAME)
    (post,) = stage.platform.posted
    assert isinstance(post.options, FifthOptions)
    assert (post.options.mood, post.options.cover, post.text) == ("calm", None, "Look.\n\n#bread")
    assert set(stage.platform.tokens) == {"token of 1234"}


def test_one_post_may_go_to_all_platforms(client: TestClient, video_url: str) -> None:
    wish = {"platforms": list(registry.PLATFORMS), "reel_url": video_url, "caption": "Look."}
    results = client.post(f"{PUBLIC}/social/publish?dry_run=true", json=wish).json()["results"]
    assert [result["platform"] for result in results] == list(registry.PLATFORMS)


def test_the_calendar_publishes_at_its_time(
    client: TestClient, twin_id: str, account_id: str, stage: Stage, video_url: str
) -> None:
    item = {
        "twin_id": twin_id, "title": "Bread", "platform": NAME, "reel_url": video_url, "script": SCRIPT,
        "scheduled_at": (now() + timedelta(minutes=2)).isoformat(), "options": {"mood": "loud"},
    }  # fmt: skip
    item_id = client.post(f"{PUBLIC}/content/calendar", json=item).json()["id"]
    posting.advance_clock(minutes=3)
    with transaction() as session:
        twin = session.get_one(Twin, UUID(twin_id))
    (task,) = planned.start_posts(twin)
    stage.run_to_end(task.key)
    planned.record_outcomes()
    shown = client.get(f"{PUBLIC}/content/calendar/{item_id}").json()
    assert (shown["status"], shown["account_id"]) == ("published", account_id)
    assert [post.options.mood for post in stage.platform.posted] == ["loud"]  # type: ignore[attr-defined]
    listed = client.get(f"{PUBLIC}/content/calendar?platform={NAME}").json()
    assert [found["id"] for found in listed] == [item_id]


def test_csv_files_may_name_it() -> None:
    sheet = csv_rows.parse(
        f"script,platform\n{SCRIPT},{NAME}\n".encode(),
        workspace_id=uuid4(),
        platform="tiktok",
        voice_id="en-US",
        most_rows=9,
    )
    assert [reel.platform for reel in sheet.rows] == [NAME]
    assert csv_inbox.address(f"inbox/studio/mara/{NAME}/reels.csv").platform == NAME


def test_the_document_describes_it() -> None:
    schemas = create_app().openapi()["components"]["schemas"]
    assert schemas["ItemRequest"]["properties"]["platform"]["enum"] == list(registry.PLATFORMS)
    assert {"$ref": "#/components/schemas/FifthOptions"} in schemas["PlatformDefaults"]["properties"][NAME]["anyOf"]
    assert set(schemas["FifthOptions"]["properties"]) == {
        "caption_style", "hashtags", "mentions", "cover_url", "mood",
    }  # fmt: skip


def test_its_credentials_are_checked_before_a_stack_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert stack_config.sandbox_credentials()["fifth_client_secret"] == "sandbox-fifth-secret"
    monkeypatch.setenv("CONTENT_PIPELINE_FIFTH_CLIENT_ID", "real")
    monkeypatch.setenv("CONTENT_PIPELINE_PUBLIC_URL", "https://content.example.com")
    monkeypatch.setenv("CONTENT_PIPELINE_API_PORT", "0")
    with pytest.raises(Invalid, match="The Fifth has only one"):
        preflight.check(tmp_path, UserSettings(home=tmp_path))
    monkeypatch.setenv("CONTENT_PIPELINE_FIFTH_CLIENT_SECRET", "s3cret")
    with pytest.raises(Invalid, match="The Fifth fetches videos"):
        preflight.check(tmp_path, UserSettings(home=tmp_path))


# ── platform names in code ───────────────────────────────────────────────────────────────────────────────

NAMES: Final = ("instagram", "tiktok", "linkedin", "youtube")


def constants(node: ast.AST) -> Iterator[tuple[int, str]]:
    """The strings of code with their lines, but for examples of the API's document."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.keyword) and child.arg in ("examples", "json_schema_extra"):
            continue
        if isinstance(child, ast.Constant) and isinstance(child.value, str):
            yield child.lineno, child.value
        yield from constants(child)


def named() -> list[str]:
    found = []
    for package in content_pipeline, api:
        top = Path(str(package.__file__)).parent
        for path in top.rglob("*.py"):
            place = path.relative_to(top.parent)
            if place.is_relative_to("content_pipeline/core/platforms") and set(place.parts) & set(NAMES):
                continue
            for line, text in constants(ast.parse(path.read_text())):
                if text in NAMES or text.startswith(tuple(f"{name}_" for name in NAMES)):
                    found.append(f"{place}:{line}: {text}")
    return found


def test_no_code_outside_of_its_package_names_a_platform() -> None:
    assert named() == []
