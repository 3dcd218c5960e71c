"""Text and options of a post: a given caption, a composed text, and the order of defaults."""

from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from content_pipeline.core.errors import Invalid
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.library.sources import Source
from content_pipeline.core.media.probe import probe
from content_pipeline.core.models import Publication, Reel, Twin
from content_pipeline.core.platforms.base import Video
from content_pipeline.core.platforms.options import dump_set
from content_pipeline.core.platforms.registry import PLATFORMS
from content_pipeline.core.publishing import post_text, publications
from content_pipeline.core.publishing.publications import PostSpec
from content_pipeline.core.reels.reel_spec import ReelSpec
from content_pipeline.core.settings import settings
from content_pipeline.core.tasks import leases
from content_pipeline.core.tasks.run_context import RunContext, SwitchLane
from content_pipeline.core.writing import text_validation
from tests.factories import make_account, make_publication, make_twin
from tests.media import samples
from tests.metric_history import TwinHistory

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("database")]

DEFAULTS = {"tiktok": {"hashtags": ["ai"], "mentions": ["mara.bakes"], "privacy": "friends"}}


def post_from_caption(caption: str, platform: str = "tiktok", title: str | None = None, **options: Any) -> Any:
    return post_text.from_caption(platform, caption, title=title, options=PLATFORMS[platform].options(**options))


def test_hashtags_and_mentions_of_every_post_follow_a_persons_words() -> None:
    post = post_from_caption(" Look. ", hashtags=["#ai", "content_creation"], mentions=["mara.bakes"])
    assert text_validation.rendered("tiktok", post) == "Look.\n\n@mara.bakes\n\n#ai #content_creation"


@pytest.mark.parametrize(
    ("caption", "hashtags", "mentioned"),
    [
        ("#AI by @Mara.Bakes.", (), False),
        ("I said so.", ("ai",), True),
        ("#AIContent by @mara.bakes2", ("ai",), True),
    ],
)
def test_what_is_in_the_words_is_not_added(caption: str, hashtags: tuple[str, ...], mentioned: bool) -> None:
    post = post_from_caption(caption, hashtags=["ai"], mentions=["@mara.bakes"])
    assert post.hashtags == hashtags
    assert post.text.endswith("\n\n@mara.bakes") == mentioned


def test_words_over_the_limit_are_refused_and_not_cut() -> None:
    with pytest.raises(Invalid) as caught:
        post_from_caption("a" * 2201 + " #a" * 31, "instagram")
    assert caught.value.code == "text_unfit"
    assert len(caught.value.errors) == 2
    with pytest.raises(Invalid, match="title"):
        post_from_caption("Look.", "youtube", title="a" * 101)


@pytest.mark.parametrize(
    ("platform", "title", "shown"),
    [("youtube", "News", "News"), ("youtube", None, "Look at this."), ("tiktok", "News", None)],
)
def test_a_title_is_for_platforms_that_have_some(platform: str, title: str | None, shown: str | None) -> None:
    assert post_from_caption("Look at this.", platform, title=title).title == shown


def test_linkedin_takes_its_text_escaped() -> None:
    assert text_validation.rendered("linkedin", post_from_caption("Look (here).", "linkedin")) == r"Look \(here\)."


# ── options ──────────────────────────────────────────────────────────────────────────────────────────────


def resolved_options(twin: Twin | None, requested: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return dump_set(post_text.options("tiktok", twin, PLATFORMS["tiktok"].options(**requested), **fields))


def test_a_posts_own_options_come_before_the_twins(workspace_id: UUID) -> None:
    with transaction() as session:
        twin = make_twin(session, workspace_id, platform_defaults=DEFAULTS)
    assert resolved_options(twin, {"privacy": "public"}) == DEFAULTS["tiktok"] | {"privacy": "public"}
    assert resolved_options(twin, {}) == DEFAULTS["tiktok"]
    assert resolved_options(None, {}) == {}


@pytest.mark.parametrize(
    ("requested", "is_ours", "labeled"), [({}, True, True), ({}, False, None), ({"ai_generated": False}, True, False)]
)
def test_our_own_reels_are_labeled_as_made_with_ai(
    requested: dict[str, Any], is_ours: bool, labeled: bool | None
) -> None:
    assert resolved_options(None, requested, is_ours=is_ours).get("ai_generated") == labeled


def test_options_are_settled_when_a_post_is_entered(workspace_id: UUID) -> None:
    with transaction() as session:
        twin = make_twin(session, workspace_id, platform_defaults=DEFAULTS)
        publication = create_publication(session, twin, Source(url="https://8.8.8.8/reel.mp4"), caption="Look.")
        twin.platform_defaults = {}
    assert dump_set(post_text.options_of(publication)) == DEFAULTS["tiktok"]


# ── text of a publication ────────────────────────────────────────────────────────────────────────────────


def create_publication(session: Any, twin: Twin, source: Source, **fields: Any) -> Publication:
    account = make_account(session, twin.workspace_id, "tiktok")
    spec = PostSpec("tiktok", account.id, **fields)
    return publications.create(session, account, twin, source, spec, request_id=uuid4())


def create_reel(session: Any, twin: Twin, script: str) -> Reel:
    from content_pipeline.core.reels import reels

    return reels.create(session, twin, ReelSpec(script=script, platform="tiktok", voice_id=twin.voice_id))


def create_run(lane: str = "interactive", task_id: str | None = None) -> RunContext:
    leases.begin(run_id := str(uuid4()), f"{lane}@test")
    return RunContext(run_id, lane, task_id)


def video(path: Path) -> Video:
    return Video(path, "https://cdn.example.com/reel.mp4", probe(path))


@pytest.fixture
def twin(workspace_id: UUID) -> Twin:
    with transaction() as session:
        return make_twin(session, workspace_id, platform_defaults=DEFAULTS)


@pytest.fixture
def silent_video(tmp_path: Path) -> Video:
    return video(samples.video(tmp_path / "silent.mp4", seconds=1, sound=False))


def test_a_persons_words_stay_as_they_are_from_the_first_try_on(twin: Twin, silent_video: Video) -> None:
    with transaction() as session:
        publication = create_publication(session, twin, Source(url="https://8.8.8.8/reel.mp4"), caption="Look.")
    first = post_text.resolve_text(create_run(), publication, silent_video)
    with transaction() as session:
        row = session.get_one(Publication, publication.id)
        row.caption = "Something else."
    assert post_text.resolve_text(create_run(), row, silent_video) == first
    assert first.text == "Look.\n\n@mara.bakes"


@pytest.mark.parametrize("of", ["reel", "item"])
def test_without_a_caption_the_twin_writes_of_the_script(twin: Twin, silent_video: Video, of: str) -> None:
    script = "Sourdough needs patience. Feed the starter twice a day."
    with transaction() as session:
        source = (
            Source(create_reel(session, twin, script)) if of == "reel" else Source(None, "https://8.8.8.8/a", script)
        )
        publication = create_publication(session, twin, source)
    post = post_text.resolve_text(create_run(), publication, silent_video)
    assert "ourdough" in post.text
    assert "@mara.bakes" in post.text
    assert "ai" in post.hashtags


def test_the_style_of_a_composed_text_is_kept_to_learn_from_what_it_did(twin: Twin, silent_video: Video) -> None:
    history = TwinHistory(twin, "youtube")
    for number in range(5):
        history.published(4000 + number, style="short")
        history.published(1000 + number, style="long")
    with transaction() as session:
        publication = make_publication(session, history.account_id, twin_id=twin.id, words=None, options={})
    post_text.resolve_text(create_run(), publication, silent_video)
    with transaction() as session:
        assert session.get_one(Publication, publication.id).options["caption_style"] == "short"


def test_without_a_script_it_writes_of_what_is_said_in_the_video(twin: Twin, tmp_path: Path) -> None:
    with transaction() as session:
        publication = create_publication(session, twin, Source(url="https://8.8.8.8/reel.mp4"))
    post = post_text.resolve_text(create_run(), publication, video(samples.talking_video(tmp_path / "talk.mp4")))
    assert len(post.text) > 20


@pytest.mark.parametrize("sound", [True, False])
def test_a_video_that_says_nothing_wants_a_caption(twin: Twin, tmp_path: Path, sound: bool) -> None:
    with transaction() as session:
        publication = create_publication(session, twin, Source(url="https://8.8.8.8/reel.mp4"))
    with pytest.raises(Invalid) as caught:
        post_text.resolve_text(
            create_run(), publication, video(samples.video(tmp_path / "v.mp4", seconds=2, sound=sound))
        )
    assert caught.value.code == "caption_missing"


def test_a_long_video_is_heard_where_renders_go(
    twin: Twin, silent_video: Video, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "interactive_media_seconds", 0.5)
    with transaction() as session:
        publication = create_publication(session, twin, Source(url="https://8.8.8.8/reel.mp4"))
    for lane in "interactive", "io":
        with pytest.raises(SwitchLane) as moved:
            post_text.resolve_text(create_run(lane, task_id="some"), publication, silent_video)
        assert moved.value.lane == "media"
    with pytest.raises(Invalid):  # heard there, and it is silent
        post_text.resolve_text(create_run("media", task_id="some"), publication, silent_video)


def test_a_short_video_is_heard_where_people_wait(twin: Twin, silent_video: Video) -> None:
    with transaction() as session:
        publication = create_publication(session, twin, Source(url="https://8.8.8.8/reel.mp4"))
    with pytest.raises(SwitchLane) as moved:
        post_text.resolve_text(create_run("io", task_id="some"), publication, silent_video)
    assert moved.value.lane == "interactive"
