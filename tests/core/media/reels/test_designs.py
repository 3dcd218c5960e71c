"""Designs of animated backgrounds."""

import math
from collections import Counter
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_pipeline.core.media.reels.canvas import Planes
from content_pipeline.core.media.reels.designs import DESIGNS, Design, choose, distinct_seeds

TAGS = sorted(frozenset().union(*(design.moods for design in DESIGNS)))


def _small(planes: Planes) -> np.ndarray:
    """A painted picture downscaled to 27 × 48 pixels of 0 to 255."""
    step = planes.shape[2] // 27
    return 255 * planes[:, : 48 * step, : 27 * step].reshape(3, 48, step, 27, step).mean(axis=(2, 4))


@pytest.fixture(scope="module")
def pictures() -> dict[str, list[np.ndarray]]:
    """Each design at several phases of its loop (parts may have several periods), and at its end."""
    painters = {design.name: design.pattern(design.colors) for design in DESIGNS}
    return {name: [_small(paint(phase)) for phase in (0.0, 0.21, 0.43, 0.69, 1.0)] for name, paint in painters.items()}


def test_there_are_many_and_each_has_its_own_name() -> None:
    assert len({design.name for design in DESIGNS}) == len(DESIGNS) >= 12


@pytest.mark.slow
def test_no_two_look_alike(pictures: dict[str, list[np.ndarray]]) -> None:
    for one, other in combinations(pictures, 2):
        assert np.abs(pictures[one][0] - pictures[other][0]).mean() > 15, (one, other)


@pytest.mark.slow
@pytest.mark.parametrize("design", DESIGNS, ids=lambda design: design.name)
def test_it_moves_and_ends_where_it_began(design: Design, pictures: dict[str, list[np.ndarray]]) -> None:
    *moments, end = pictures[design.name]
    for one, other in combinations(moments, 2):
        assert np.abs(one - other).mean() > 1
    assert np.abs(moments[0] - end).max() < 2


@pytest.mark.parametrize("design", DESIGNS, ids=lambda design: design.name)
def test_it_is_not_so_light_that_white_words_drown(design: Design, pictures: dict[str, list[np.ndarray]]) -> None:
    for picture in pictures[design.name]:
        luma = np.tensordot((0.2126, 0.7152, 0.0722), picture, 1)
        assert luma[12:24].mean() < 150


@pytest.mark.parametrize("design", DESIGNS, ids=lambda design: design.name)
def test_the_highlight_is_light_and_not_white(design: Design) -> None:
    assert np.dot((0.2126, 0.7152, 0.0722), design.accent) > 170
    assert math.dist(design.accent, (255, 255, 255)) > 90


@pytest.mark.parametrize("design", DESIGNS, ids=lambda design: design.name)
def test_the_highlight_is_no_color_of_the_background(design: Design, pictures: dict[str, list[np.ndarray]]) -> None:
    """Gold words on golden silk: there 3 to 6 % of the picture had their color, elsewhere less than 1 %."""
    for picture in pictures[design.name]:
        # Of the rows of the captions.
        distances = np.linalg.norm(picture - np.reshape(design.accent, (3, 1, 1)), axis=0)
        assert (distances[12:33] < 70).mean() < 0.02


@pytest.mark.parametrize("tag", TAGS)
def test_a_tag_finds_only_what_suits_it(tag: str) -> None:
    assert {tag in choose([tag], seed).moods for seed in range(40)} == {True}


def test_a_tag_is_found_however_it_is_written() -> None:
    assert choose([" Luxury "], 3) == choose(["luxury"], 3)


@pytest.mark.parametrize("tags", [[], ["no such mood"]])
def test_without_a_known_tag_every_design_has_its_turn(tags: list[str]) -> None:
    assert {choose(tags, seed).name for seed in range(300)} == {design.name for design in DESIGNS}


@given(st.lists(st.sampled_from([*TAGS, "unknown"])), st.integers())
def test_the_same_tags_and_seed_choose_the_same_design(tags: list[str], seed: int) -> None:
    assert choose(tags, seed) is choose(list(reversed(tags)), seed)


@pytest.mark.parametrize("tags", [[], ["casual", "educational"], ["formal"]])
def test_the_reels_of_a_batch_do_not_look_like_their_neighbors(tags: list[str]) -> None:
    scripts = [f"Script {number}" for number in range(100)]
    chosen = [choose(tags, seed).name for seed in distinct_seeds(tags, scripts)]
    assert all(one != other for one, other in pairwise(chosen))
    shares = Counter(chosen)
    assert max(shares.values()) < 2.5 * min(shares.values())


def test_the_same_texts_have_the_same_seeds_even_when_all_are_alike() -> None:
    found = distinct_seeds(["casual"], ["Again!"] * 5)
    assert found == distinct_seeds(["casual"], ["Again!"] * 5)
    assert len(set(found)) > 1


def test_where_one_design_fits_it_is_every_reels() -> None:
    assert {choose(["luxury"], seed).name for seed in distinct_seeds(["luxury"], ["One", "Two", "Three"])} == {"silk"}
