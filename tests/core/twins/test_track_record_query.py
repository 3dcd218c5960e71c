"""What worked for a twin: its best posts, and the caption style and length that did best."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Twin
from content_pipeline.core.twins import composing, track_record_query
from content_pipeline.core.writing.track_record import TrackRecord
from tests.factories import make_twin, make_workspace
from tests.metric_history import TwinHistory

SCRIPT = "Our sourdough bread rises for a whole day. Good bread needs time. It is worth it. " * 3


def make(workspace_id: UUID, **fields: Any) -> Twin:
    with transaction() as session:
        return make_twin(session, workspace_id, **fields)


@pytest.fixture
def twin(workspace_id: UUID) -> Twin:
    return make(workspace_id)


def record(twin: Twin, platform: str = "instagram") -> TrackRecord:
    with transaction() as session:
        return track_record_query.of_twin(session, twin, platform)


def publish_short_ones_better(history: TwinHistory, **fields: Any) -> None:
    """Six posts in the style `short`, of 12 s, that do four times as well as six in `long`, of 40 s."""
    for number in range(6):
        history.published(4000 + number, style="short", seconds=12, script=f"Hook {number} holds. The rest.", **fields)
        history.published(1000 + number, style="long", seconds=40, **fields)


def test_the_best_posts_are_told_with_their_hooks(twin: Twin) -> None:
    publish_short_ones_better(TwinHistory(twin))
    found = record(twin)
    assert found.posts == 12
    assert [(post.hook, post.views, post.caption_style, post.seconds) for post in found.best] == [
        ("Hook 5 holds.", 4005, "short", 12),
        ("Hook 4 holds.", 4004, "short", 12),
        ("Hook 3 holds.", 4003, "short", 12),
    ]
    assert found.best[0].index > 1.5
    assert found.best[0].url
    assert found.best[0].url.startswith("https://example.com/")


def test_the_style_and_the_length_that_did_clearly_better_are_found(twin: Twin) -> None:
    publish_short_ones_better(TwinHistory(twin))
    found = record(twin)
    assert found.caption_style
    assert (found.caption_style.value, found.caption_style.posts) == ("short", 6)
    assert found.caption_style.index > 1.3
    assert found.caption_style.confidence >= 0.9
    assert found.seconds
    assert (found.seconds.value, found.seconds.posts) == (12, 6)
    assert "The caption style short did best" in found.detail
    assert "Videos of about 12 seconds did best" in found.detail


def test_few_posts_teach_nothing_and_that_is_said(twin: Twin) -> None:
    history = TwinHistory(twin)
    for _ in range(3):
        history.published(9000, style="short")
        history.published(10, style="long")
    history.published(9000, style="short", days_ago=1)  # too young
    history.published(9000, style="short", days_ago=200)  # too old
    found = record(twin)
    assert (found.posts, found.best, found.caption_style, found.seconds) == (6, (), None, None)
    assert found.detail == "Too few posts to learn from: 6 on Instagram that are two days old, of at least 8."


def test_styles_that_do_alike_are_not_told_apart(twin: Twin) -> None:
    history = TwinHistory(twin)
    for number in range(6):
        history.published(1000 + 300 * number, style="short")
        history.published(1010 + 300 * number, style="long")
    found = record(twin)
    assert (found.caption_style, found.seconds) == (None, None)
    assert found.detail.endswith("No caption style and no length stood out.")


def test_two_lucky_posts_do_not_make_a_style_the_best(twin: Twin) -> None:
    history = TwinHistory(twin)
    for number in range(10):
        history.published(1000 + number, style="long")
    for _ in range(2):
        history.published(10**6, style="plain")
    assert record(twin).caption_style is None


def test_a_text_by_hand_has_no_style_to_learn_from(twin: Twin) -> None:
    publish_short_ones_better(TwinHistory(twin), caption="By hand.")
    assert record(twin).caption_style is None
    assert record(twin).best[0].caption_style is None


def test_an_account_s_posts_are_held_against_its_own_usual_views(twin: Twin) -> None:
    large, small = TwinHistory(twin), TwinHistory(twin)
    for number in range(6):
        large.published(10**6 + number, style="long")
        small.published(100 + number, style="short")
    assert record(twin).caption_style is None


@pytest.mark.slow
def test_posts_of_others_teach_nothing(twin: Twin, workspace_id: UUID) -> None:
    history = TwinHistory(twin)
    for number in range(10):
        history.read(now(), history.post(now() - timedelta(days=10)), views=number)
    publish_short_ones_better(TwinHistory(make(workspace_id, name="Other")))
    with transaction() as session:
        elsewhere = make_workspace(session)
    publish_short_ones_better(TwinHistory(make(elsewhere)))
    publish_short_ones_better(TwinHistory(twin, "tiktok"))
    assert record(twin).posts == 0
    assert record(twin, "tiktok").posts == 12


@pytest.mark.slow
def test_the_rules_write_in_the_style_that_did_best_unless_the_twin_has_its_own(workspace_id: UUID) -> None:
    styles = []
    for defaults in ({}, {"instagram": {"caption_style": "plain"}}):
        twin = make(workspace_id, platform_defaults=defaults)
        publish_short_ones_better(TwinHistory(twin))
        with transaction() as session:
            styles.append(composing.brief(session, twin, script=SCRIPT, platform="instagram").style)
            assert composing.brief(session, twin, script=SCRIPT, platform="youtube").style == "long"
    assert styles == ["short", "plain"]


def test_the_same_posts_give_the_same_text(twin: Twin) -> None:
    publish_short_ones_better(TwinHistory(twin))
    with transaction() as session:
        texts = [
            composing.compose(composing.brief(session, twin, script=SCRIPT, platform="instagram")) for _ in range(3)
        ]
    assert texts[0] == texts[1] == texts[2]
    assert len(texts[0].post.text) <= 150
