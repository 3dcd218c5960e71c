"""Odd posts in an answer: each is logged once, and what can be stored of it is."""

from datetime import UTC, datetime
from typing import Any

import pytest
from structlog.testing import CapturingLogger

from content_pipeline.core.infrastructure import error_isolation
from content_pipeline.core.platforms.insights import Figures, ListedPost
from content_pipeline.core.platforms.malformed_posts import readable, readable_figures, readable_posts

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


def _views(count: float) -> Figures:
    return {"views": count}


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> CapturingLogger:
    log = CapturingLogger()
    monkeypatch.setattr(error_isolation, "log", log)
    return log


def test_a_malformed_post_is_logged_once_without_its_text(log: CapturingLogger) -> None:
    for _ in range(2):
        assert readable("somewhere", [{"id": "odd", "text": "secret"}, {"id": "7"}], lambda post: int(post["id"])) == [
            7
        ]
        assert readable_figures("somewhere", {"odd": float("nan")}, _views) == {"odd": {}}
    assert [call.kwargs for call in log.calls] == [
        {"loop": "somewhere_list", "row_id": "odd"},
        {"loop": "somewhere_figures", "row_id": "odd"},
    ]


@pytest.mark.parametrize(
    ("said", "stored"),
    [("Bread \0and butter", "Bread and butter"), ("Bread \ud83c", "Bread ?"), ("Brot 🥖", "Brot 🥖")],
)
def test_what_cannot_be_stored_of_a_text_is_left_out(said: str, stored: str) -> None:
    (found,) = readable_posts("somewhere", ["1"], lambda post_id: ListedPost(post_id, None, said, NOON, None))
    assert found.text == stored


@pytest.mark.parametrize(
    ("post_id", "url", "seconds"),
    [
        ("1\0", None, None),
        ("1\ud83c", None, None),
        ("1", "https://\0", None),
        ("1", False, None),
        ("1", [], None),
        ("1", None, float("inf")),
        ("1", None, True),
    ],
)
def test_a_post_that_cannot_be_stored_is_left_out(post_id: str, url: Any, seconds: float | None) -> None:
    assert readable_posts("somewhere", [post_id], lambda _: ListedPost(post_id, url, "", NOON, seconds)) == []


@pytest.mark.parametrize("value", [float("inf"), float("nan"), 2**63, "7", True])
def test_figures_that_cannot_be_stored_are_not_known(value: float) -> None:
    assert readable_figures("somewhere", {"1": value, "2": 7}, _views) == {"1": {}, "2": {"views": 7}}


def test_a_form_that_nothing_of_an_answer_has_is_an_error_unless_it_is_of_one_entry() -> None:
    with pytest.raises(ValueError, match="worse"):
        readable("somewhere", ["bad", "worse"], int)
    with pytest.raises(ValueError, match="likes"):
        readable_figures("somewhere", {"1": "many", "2": "more"}, lambda count: {"likes": count})
    assert readable("somewhere", ["bad"], int) == []
    assert readable("somewhere", [], int) == []
