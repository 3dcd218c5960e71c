"""Removal of fillers: what goes, what stays, and how the text around it is mended."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_pipeline.core.captions.filler_removal import remove_fillers
from content_pipeline.core.captions.filler_words import FILLER_PATTERNS, FILLER_WORDS
from content_pipeline.core.media.timed_words import Word, join_words

UNSPACED = tuple(FILLER_PATTERNS)


def spoken(text: str, language: str) -> list[Word]:
    """The words of a text, one a second; a character each in languages without spaces."""
    chunks = text.split()
    if language in UNSPACED:
        pieces = [(character, not index) for chunk in chunks for index, character in enumerate(chunk)]
    else:
        pieces = [(chunk, True) for chunk in chunks]
    return [Word(float(second), second + 0.8, piece, spaced) for second, (piece, spaced) in enumerate(pieces)]


def left(text: str, language: str = "en") -> str:
    return join_words(remove_fillers(spoken(text, language), language))


@pytest.mark.parametrize(
    ("language", "said", "shown"),
    [
        ("en", "Um, so we went home.", "So we went home."),
        ("en", "So, um, we went, uh, home.", "So, we went home."),
        ("en", "We went um home.", "We went home."),
        ("en", "It was, er, great", "It was great"),
        ("en", "So , um, the the cat", "So , the cat"),  # a comma of its own, as a recognizer may write it
        ("en", "Hmm. Uhh… I think so.", "I think so."),
        ("en", "We went home, um.", "We went home."),
        ("en", "We went home, um. Then we slept.", "We went home. Then we slept."),
        ("en", "And then, uh... We slept.", "And then... We slept."),
        ("en", "And then uh... we slept.", "And then we slept."),
        ("en", "We have red, blue, um, green and yellow.", "We have red, blue, green and yellow."),
        ("en", '"Um, hello," she said.', '"Hello," she said.'),
        ("en", 'He said "um" and left.', "He said and left."),
        ("en", "She is, you know, right.", "She is right."),
        ("en", "You know, she is right.", "She is right."),
        ("en", "She is right, you know.", "She is right."),
        ("en", "I mean, it works. It's, I mean, fine.", "It works. It's fine."),
        ("en", "I I I think that the the dog ran.", "I think that the dog ran."),
        ("en", "I, um, I think. The, the dog.", "I think. The dog."),
        ("en", "So, the, the dog. I- I'm, I'm here.", "So, the dog. I- I'm here."),
        ("en", "W-w-what? I-I-I think b-b-but", "What? I think but"),
        ("de", "Ähm, wir gehen, äh, nach Hause.", "Wir gehen nach Hause."),
        ("de", "Ich ich glaube, hm, ja.", "Ich glaube ja."),
        ("es", "Eh, bueno, ehm, no sé.", "Bueno, no sé."),
        ("fr", "Euh, je je pense, heu, que oui.", "Je pense que oui."),
        ("pt", "Hum, eu eu acho, ãh, que sim.", "Eu acho que sim."),
        ("it", "Ehm, io io penso, uhm, di sì.", "Io penso di sì."),
        ("nl", "Euh, ik ik denk het, uh, ook.", "Ik denk het ook."),
        ("sv", "Öh, jag jag tror, ehm, det.", "Jag tror det."),
        ("pl", "Yyy, ja ja myślę.", "Ja myślę."),
        ("ru", "Эээ, я я думаю.", "Я думаю."),
        ("ko", "음, 저는 어, 학생입니다.", "저는 어, 학생입니다."),
        ("ja", "えーと、今日はえっと学校に行きました。", "今日は学校に行きました。"),
        ("ja", "あの、すみません。あのー、これは。", "すみません。これは。"),
        ("ja", "行きました、えーと。えーと。はい。", "行きました。はい。"),
        ("zh", "嗯，我觉得，呃，很好。", "我觉得，很好。"),
        ("zh", "那个，我们我们想说", "我们想说"),
        ("zh", "是的 嗯 我我我觉得", "是的 我觉得"),
    ],
)
def test_fillers_go_and_the_sentence_is_mended(language: str, said: str, shown: str) -> None:
    assert left(said, language) == shown


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "I like it, and you know that I mean it."),
        ("en", "That's what I mean. You know. Do you know, by chance?"),
        ("en", "It's hard, you know?"),
        ("en", "As you know, we won. The things you know, the things I mean, all of it."),
        ("en", "Hm? The ER called: mm-hmm, uh-huh."),
        ("en", "It is very, very good that that man had had no no luck. Bye bye."),
        ("en", "He read it to me. Me? I. I did. We saw The The, and re-read the X-ray."),
        ("de", "Er kommt um acht, um die die zu sehen, die die Bücher haben."),
        ("de", "Eh klar, sie sie."),
        ("pt", "Um dia, um homem."),
        ("fr", "Nous nous levons, vous vous levez, hein ?"),
        ("es", "¿Eh? Quiero este, ese o aquel, ¿eh?"),
        ("it", "Eh sì, piano piano."),
        ("ko", "어제 음악을 들었어요."),
        ("ja", "あの人の答えと、あのうちの話。うーん。ええ、そうです。えー！"),
        ("zh", "嗯。我要那个，谢谢。那个是我的，他嗯了一声。谢谢谢谢，打呃。"),
        ("tr", "Um, uh, ve ve."),
    ],
)
def test_real_words_stay(language: str, said: str) -> None:
    assert left(said, language) == said


@pytest.mark.parametrize(("language", "said"), [("en", "Um. Uh, um."), ("ja", "えーと。"), ("zh", "呃")])
def test_nothing_but_fillers_is_kept_whole(language: str, said: str) -> None:
    assert left(said, language) == said


def test_a_tag_with_a_region_has_its_languages_fillers() -> None:
    assert left("Um, hi.", "en-US") == "Hi."
    assert join_words(remove_fillers(spoken("嗯，好", "zh"), "zh-Hant")) == "好"


SAMPLES = [
    *[
        "um,",
        "Uh",
        "er...",
        "you",
        "know,",
        "I",
        "mean,",
        "I",
        "the",
        "The",
        "so,",
        "we",
        "went.",
        "Home",
        '"Um',
        'hi."',
    ],
    *["äh,", "ähm", "ich", "Er", "euh,", "je", "hum", "ehm,", "eh,", "W-w-what", "음,", "—", "?", "“", "..."],
    *["えーと、", "あの、", "今日は", "嗯，", "那个，", "我", "我们", "很好。", "呃", "。"],
]


@given(
    texts=st.lists(st.sampled_from(SAMPLES) | st.text(min_size=1, max_size=6).filter(str.strip), max_size=25),
    spaced=st.booleans(),
    language=st.sampled_from([*FILLER_WORDS, *FILLER_PATTERNS]),
)
def test_whatever_is_said_the_words_left_are_some_of_it_in_order(texts: list[str], spaced: bool, language: str) -> None:
    words = [Word(float(second), second + 0.8, text.strip(), spaced) for second, text in enumerate(texts)]
    kept = remove_fillers(words, language)
    assert bool(kept) == bool(words)
    by_start = {word.start: word for word in words}
    assert [word.start for word in kept] == sorted({word.start for word in kept})
    for word in kept:
        origin = by_start[word.start]
        assert word == replace(origin, text=word.text, spaced=word.spaced)
        assert word.text == word.text.strip() != ""
    assert remove_fillers(kept, language) == kept
    said, shown = ("".join(re.findall(r"\w", join_words(list(some)).lower())) for some in (words, kept))
    rest = iter(said)
    assert all(character in rest for character in shown)
