from collections import Counter

import pytest

from content_pipeline.core.media.avatars.characters import CHARACTERS, Gender, choose
from content_pipeline.core.media.reels.designs import DESIGNS


def test_there_are_many_and_they_differ_in_skin_hair_and_dress() -> None:
    assert len(CHARACTERS) >= 6
    assert all(id == character.id for id, character in CHARACTERS.items())
    for attribute in ("name", "description", "skin", "hair", "clothes", "cloth"):
        assert len({getattr(character, attribute) for character in CHARACTERS.values()}) == len(CHARACTERS), attribute
    assert {character.age for character in CHARACTERS.values()} == {"young", "adult", "senior"}
    assert {character.gender for character in CHARACTERS.values()} == {"female", "male"}


def test_a_seed_always_gives_the_same_character_and_all_are_chosen() -> None:
    chosen = Counter(choose(seed, [], None).id for seed in range(200))
    assert set(chosen) == set(CHARACTERS)
    assert choose(7, ["tech"], "male") == choose(7, ["tech"], "male")


def test_the_character_suits_the_tags_where_any_does() -> None:
    assert all("gaming" in choose(seed, [" Gaming ", "unheard of"], None).moods for seed in range(50))


def test_for_every_tag_that_has_a_design_there_is_a_character() -> None:
    suited = frozenset().union(*(character.moods for character in CHARACTERS.values()))
    assert frozenset().union(*(design.moods for design in DESIGNS)) <= suited


@pytest.mark.parametrize("gender", ["female", "male"])
@pytest.mark.parametrize("tags", [[], ["tech"], ["mystical"]])
def test_the_character_has_the_gender_of_the_voice(gender: Gender, tags: list[str]) -> None:
    assert {choose(seed, tags, gender).gender for seed in range(50)} == {gender}
