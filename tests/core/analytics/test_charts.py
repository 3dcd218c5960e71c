"""Charts and sparklines of figures."""

import io
from datetime import date, timedelta
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from content_pipeline.core.analytics.charts import views_by_day
from content_pipeline.core.analytics.figures import DayFigures
from content_pipeline.core.analytics.sparklines import sparkline

INSTAGRAM, TIKTOK = (204, 121, 167), (27, 31, 39)


def days(platform: str, *views: int | None) -> list[DayFigures]:
    first = date(2026, 11, 2)
    return [DayFigures(platform, first + timedelta(n), {"views": count}, False) for n, count in enumerate(views)]


def drawn(*rows: DayFigures) -> Image.Image:
    image = Image.open(io.BytesIO(views_by_day(rows, "Views of $100 & more")))
    assert (image.format, image.size) == ("PNG", (1080, 504))
    return image.convert("RGB")


def bars(image: Image.Image, color: tuple[int, int, int]) -> list[int]:
    """The height in pixels of each bar of a color, from left to right."""
    plot = image.crop((80, 110, image.width, image.height - 50))
    heights = [
        sum(plot.getpixel((x, y)) == color for y in range(plot.height)) for x in range(plot.width)
    ]  # of each column of pixels
    return [height for height, _ in groupby(heights) if height > 2]


@pytest.mark.slow
def test_each_day_has_a_bar_as_high_as_its_views_and_none_where_they_are_not_known() -> None:
    heights = bars(drawn(*days("instagram", 1000, None, 500, 0, 250)), INSTAGRAM)
    assert [round(4 * height / heights[0]) for height in heights] == [4, 2, 1]


@pytest.mark.slow
def test_platforms_stand_above_each_other() -> None:
    image = drawn(*days("instagram", 400, 400), *days("tiktok", None, 400))
    assert len(bars(image, INSTAGRAM)) == 2
    assert len(bars(image, TIKTOK)) == 1


@pytest.mark.slow
def test_a_chart_without_views_says_so() -> None:
    assert bars(drawn(), INSTAGRAM) == bars(drawn(*days("instagram", None, None)), INSTAGRAM) == []


@given(st.lists(st.none() | st.integers(-(10**9), 10**9)))
def test_a_sparkline_has_a_character_for_each_value_and_keeps_their_order(values: list[int | None]) -> None:
    line = sparkline(values)
    assert [character == "·" for character in line[: len(values)]] == [value is None for value in values]
    pairs = sorted((value, block) for value, block in zip(values, line, strict=False) if value is not None)
    assert [block for _, block in pairs] == sorted(block for _, block in pairs)


def test_a_sparkline_of_one_value_is_a_dot_with_its_number() -> None:
    assert sparkline([None, 4792.0, None]) == "·●· 4,792"


def test_a_sparkline_begins_at_zero() -> None:
    assert sparkline([0, 50, 100, None]) == "▁▅█·"
    assert sparkline([90, 100]) == "▇█"
    assert sparkline([0, 0]) == "▁▁"
