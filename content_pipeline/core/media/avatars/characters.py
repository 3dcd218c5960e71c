"""The characters that the local avatar renderer can draw: who they are and what they look like, as data."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

Hair = Literal["curls", "quiff", "hijab", "bun", "bald", "bob", "undercut", "braids"]
Clothes = Literal["sweater", "shirt", "blazer", "cardigan", "turtleneck", "hoodie", "bomber", "blouse"]
Gender = Literal["female", "male"]
Beard = Literal["none", "stubble", "short", "full"]


@dataclass(frozen=True, slots=True)
class Character:
    """One character. Colors are #rrggbb; `moods` are the style tags of twins that it suits.

    `cloth` and `accent` color the clothes. Factors, 1 being usual: `cheeks` is the width of the face, `chin` that of
    its lower third, `brow_weight` and `lashes` the thickness of brows and lashes.
    """

    id: str
    name: str
    description: str
    gender: Gender
    moods: frozenset[str]
    skin: str
    lips: str
    eyes: str
    brows: str
    hair: Hair
    hair_color: str
    clothes: Clothes
    cloth: str
    accent: str
    cheeks: float = 1.0
    chin: float = 1.0
    brow_weight: float = 1.0
    lashes: float = 1.0
    beard: Beard = "none"
    glasses: bool = False
    earrings: bool = False
    age: Literal["young", "adult", "senior"] = "adult"


_ALL = (
    Character(
        "maya",
        "Maya",
        "A young woman with brown skin, big dark curls and gold hoops, in a mustard sweater.",
        "female",
        frozenset({"casual", "lifestyle", "fun", "friendly", "beauty", "travel", "creative"}),
        skin="#b97a50", lips="#a8433f", eyes="#5a3418", brows="#2a1712", hair="curls", hair_color="#33201b",
        clothes="sweater", cloth="#e2a32b", accent="#f4d27a", earrings=True, age="young", chin=0.94,
    ),
    Character(
        "tom",
        "Tom",
        "A man in his thirties with fair skin, a copper quiff and a short beard, in a denim shirt.",
        "male",
        frozenset({"tech", "educational", "friendly", "casual", "food", "gaming"}),
        skin="#f0bd98", lips="#c4685c", eyes="#4d7f8f", brows="#7d4326", hair="quiff", hair_color="#a5552b",
        clothes="shirt", cloth="#4f76a3", accent="#f3efe6", chin=1.07, cheeks=1.02, brow_weight=1.35, lashes=0.55,
        beard="short",
    ),
    Character(
        "amina",
        "Amina",
        "A woman in her thirties with olive skin and a teal headscarf, in a cream blazer.",
        "female",
        frozenset({"professional", "business", "elegant", "educational", "modern", "calm", "inspirational"}),
        skin="#d9a273", lips="#b3484f", eyes="#6a4a22", brows="#3b241a", hair="hijab", hair_color="#1f7a78",
        clothes="blazer", cloth="#efe3cf", accent="#2b5c63", chin=0.93, lashes=1.25,
    ),
    Character(
        "ruth",
        "Ruth",
        "A woman in her sixties with pale skin, a silver bun and round glasses, in a burgundy cardigan.",
        "female",
        frozenset({"storytelling", "warm", "wellness", "nature", "educational", "calm", "formal"}),
        skin="#f3cbb0", lips="#b85a5e", eyes="#5d7d9a", brows="#a39c99", hair="bun", hair_color="#c4c1c6",
        clothes="cardigan", cloth="#7d2740", accent="#f5ece2", glasses=True, age="senior", lashes=0.7,
        brow_weight=0.85,
    ),
    Character(
        "kwame",
        "Kwame",
        "A man in his fifties with dark skin, a shaved head and a graying beard, in a black turtleneck.",
        "male",
        frozenset({"business", "serious", "motivational", "fitness", "luxury", "minimal", "music", "bold"}),
        skin="#70432c", lips="#7b3b38", eyes="#3a2114", brows="#1f1412", hair="bald", hair_color="#2c2422",
        clothes="turtleneck", cloth="#2b2d36", accent="#8a6a3b", chin=1.1, cheeks=1.03, brow_weight=1.3,
        lashes=0.5, beard="full", age="senior",
    ),
    Character(
        "mei",
        "Mei",
        "A young woman with light skin and a black bob with bangs, in a lilac hoodie.",
        "female",
        frozenset({"playful", "fun", "tech", "gaming", "creative", "fashion", "minimal"}),
        skin="#f5cfae", lips="#cf5a62", eyes="#3d2618", brows="#2b2228", hair="bob", hair_color="#26212c",
        clothes="hoodie", cloth="#a68fd0", accent="#f2ecfb", age="young", chin=0.92,
    ),
    Character(
        "diego",
        "Diego",
        "A young man with tan skin and a dark undercut, in an olive bomber jacket.",
        "male",
        frozenset({"energetic", "fitness", "bold", "music", "travel", "fashion", "motivational"}),
        skin="#cf9466", lips="#ad584c", eyes="#4b3419", brows="#291b16", hair="undercut", hair_color="#2f211c",
        clothes="bomber", cloth="#66723f", accent="#f1ede4", chin=1.05, brow_weight=1.35, lashes=0.6,
        beard="stubble", age="young",
    ),
    Character(
        "zuri",
        "Zuri",
        "A woman in her forties with deep brown skin and long braids, in a coral blouse.",
        "female",
        frozenset({"inspirational", "wellness", "mystical", "fresh", "beauty", "nature", "luxury"}),
        skin="#84502f", lips="#8f3440", eyes="#40220f", brows="#1d120f", hair="braids", hair_color="#2b1d1b",
        clothes="blouse", cloth="#e4654f", accent="#f6c453", earrings=True, lashes=1.2,
    ),
)  # fmt: skip

CHARACTERS: Final[Mapping[str, Character]] = {character.id: character for character in _ALL}


def choose(seed: int, tags: Sequence[str], gender: Gender | None) -> Character:
    """A character of that gender (None: of any) that suits any of the tags, or any one where none does.

    Deterministic per seed.
    """
    moods = {tag.strip().lower() for tag in tags}
    fitting = [character for character in _ALL if gender in (None, character.gender)]
    matching = [character for character in fitting if character.moods & moods] or fitting
    return random.Random(seed).choice(matching)  # noqa: S311 - nothing secret
