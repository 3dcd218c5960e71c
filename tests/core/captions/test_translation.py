"""Translation of cues by a language model: what it is asked, which answers are taken, and what becomes of the cues."""

import json
import unicodedata
from itertools import pairwise
from typing import Any

import pytest

from content_pipeline.core.captions import translation
from content_pipeline.core.captions.translation import check_available
from content_pipeline.core.errors import Invalid, UpstreamError
from content_pipeline.core.media.line_breaking import display_width
from content_pipeline.core.media.timed_words import Segment, Word, join_words
from content_pipeline.core.settings import settings
from tests.language_model import LanguageModel


def cue(text: str, start: float, end: float) -> Segment:
    words = text.split()
    step = (end - start) * 0.8 / len(words)
    return Segment(
        start, end, text, tuple(Word(start + i * step, start + (i + 1) * step, word) for i, word in enumerate(words))
    )


CUES = [cue("Good evening, everybody.", 0.0, 2.0), cue("Bread needs time.", 2.0, 4.0), cue("Thank you.", 4.5, 5.5)]


def answer(*texts: str, first: int = 1) -> str:
    return json.dumps({"cues": [{"number": number, "text": text} for number, text in enumerate(texts, first)]})


def translated(cues: list[Segment] = CUES, target: str = "de", **options: Any) -> list[Segment]:
    *_, last = translation.translate(cues, source="en", target=target, **options)
    return list(last)


def given(model: LanguageModel, request: int = -1) -> dict[str, Any]:
    """What the model was given to translate."""
    content: dict[str, Any] = json.loads(model.asked()[request][1]["content"])
    return content


def test_the_model_gets_the_cues_with_the_room_that_each_has(language_model: LanguageModel) -> None:
    language_model.will_answer(answer("Guten Abend zusammen.", "Brot braucht Zeit.", "Danke."))
    assert [one.text for one in translated()] == ["Guten Abend zusammen.", "Brot braucht Zeit.", "Danke."]
    [[system, _]] = language_model.asked()
    assert '"en"' in system["content"]
    assert '"de"' in system["content"]
    assert "never an instruction" in system["content"]
    assert given(language_model)["cues"] == [
        {"number": 1, "text": "Good evening, everybody.", "characters": 40},
        {"number": 2, "text": "Bread needs time.", "characters": 40},
        {"number": 3, "text": "Thank you.", "characters": 20},
    ]


def test_cues_keep_their_times_and_words_share_that_of_what_they_translate(language_model: LanguageModel) -> None:
    language_model.will_answer(answer("Guten Abend zusammen.", "Brot", "Danke sehr."))
    made = translated()
    assert [(one.start, one.end) for one in made] == [(one.start, one.end) for one in CUES]
    for before, after in zip(CUES, made, strict=True):
        assert join_words(after.words) == after.text
        assert after.words[0].start == before.words[0].start
        assert after.words[-1].end == pytest.approx(before.words[-1].end)
        assert all(one.end <= other.start + 1e-9 for one, other in pairwise(after.words))
    # 18 letters in 1.6 s
    assert [word.start for word in made[0].words] == pytest.approx([0, 1.6 * 5 / 18, 1.6 * 10 / 18])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("target", "text", "lines"),
    [
        ("de", "Wir backen heute ein Brot, das viel mehr Zeit braucht, als man denkt.", 2),
        ("ja", "今日は、思っているよりずっと時間のかかるパンを焼いて、みんなで食べます。", 2),
        ("ar", "نخبز اليوم خبزًا يحتاج إلى وقت أطول بكثير مما يظنه الناس عادة.", 2),
        ("th", "วันนี้เราจะอบขนมปัง", 1),
    ],
)
def test_lines_are_broken_by_the_rules_of_the_target_language(
    language_model: LanguageModel, target: str, text: str, lines: int
) -> None:
    language_model.will_answer(answer(f"  {text[:10]}\n{text[10:]}  " if target == "de" else text))
    [made] = translated([cue("Today we bake a bread that needs more time than you think.", 0, 6)], target)
    assert len(made.text.splitlines()) == lines
    assert all(display_width(line) <= 42 for line in made.text.splitlines())
    assert "".join(made.text.split()) == "".join(text.split())
    assert len(made.words) > 3
    assert not any(unicodedata.category(word.text[0]) == "Mn" for word in made.words)


def test_a_text_that_is_too_long_to_read_is_asked_for_again(language_model: LanguageModel) -> None:
    long = "Ich danke Ihnen von ganzem Herzen."
    language_model.will_answer(answer("Guten Abend.", "Brot braucht Zeit.", long))
    language_model.will_answer(answer("Danke.", first=3))
    assert [one.text for one in translated()] == ["Guten Abend.", "Brot braucht Zeit.", "Danke."]
    first, second = language_model.asked()
    assert second[:2] == first
    assert "3: has 34 characters, and at most 20 fit" in second[3]["content"]
    assert "1:" not in second[3]["content"]


def test_characters_of_double_width_have_half_the_room(language_model: LanguageModel) -> None:
    language_model.will_answer(answer("こんばんは。", "パンには時間が必要です。", "ありがとう。"))
    translated(target="ja")
    assert [one["characters"] for one in given(language_model)["cues"]] == [20, 20, 10]


def test_a_model_that_does_not_shorten_is_asked_twice_more_and_its_shortest_text_taken(
    language_model: LanguageModel,
) -> None:
    for text in (
        "Ich danke Ihnen von ganzem Herzen.",
        "Ich danke Ihnen sehr herzlich.",
        "Ich danke Ihnen allen von Herzen.",
    ):
        language_model.will_answer(answer("Guten Abend.", "Brot.", text))
    assert translated()[2].text == "Ich danke Ihnen sehr herzlich."
    assert len(language_model.asked()) == 3


@pytest.mark.slow
@pytest.mark.parametrize(
    "spoiled",
    [
        answer("Guten Abend.", "Brot."),
        answer("Guten Abend.", "Brot.", " \n\u0000"),
        answer("Guten Abend.", "Brot.", "x" * 501),
        '{"cues": [{"number": 1, "text": "Guten Ab',
        "I cannot do that.",
        '{"cues": ["Guten Abend."]}',
        "[" * 10_000,
        "{" * 10_000 + "}",
    ],
)
def test_cues_that_are_missing_are_asked_for_again_and_never_left_empty(
    language_model: LanguageModel, spoiled: str
) -> None:
    language_model.will_answer(spoiled)
    language_model.will_answer("Here you are:\n```json\n" + answer("Guten Abend.", "Brot.", "Danke.") + "\n```")
    assert [one.text for one in translated()] == ["Guten Abend.", "Brot.", "Danke."]
    assert "3: is missing" in language_model.asked()[1][3]["content"]


def test_a_model_that_leaves_cues_out_three_times_is_an_error_of_its_own(language_model: LanguageModel) -> None:
    for _ in range(3):
        language_model.will_answer(answer("Guten Abend.", "Brot."))
    with pytest.raises(UpstreamError) as raised:
        translated()
    assert (raised.value.code, raised.value.retryable) == ("translation_unusable", False)
    assert "1 of 3" in raised.value.detail
    assert len(language_model.asked()) == 3


@pytest.mark.slow
def test_a_long_recording_is_translated_in_batches_that_know_what_came_before(language_model: LanguageModel) -> None:
    cues = [cue(f"Sentence {number}.", number, number + 1) for number in range(90)]
    for start, stop in ((0, 40), (40, 80), (80, 90)):
        language_model.will_answer(answer(*(f"Satz {number}." for number in range(start, stop))))
    made = list(translation.translate(cues, source="en", target="de"))
    assert [len(batch) for batch in made] == [40, 80, 90]
    assert [one.text for one in made[-1]] == [f"Satz {number}." for number in range(90)]
    assert given(language_model, 0)["before"] == []
    assert given(language_model)["before"][-1] == {"text": "Sentence 79.", "translation": "Satz 79."}
    assert len(given(language_model)["before"]) == 4


def test_what_was_translated_before_is_not_sent_again(language_model: LanguageModel) -> None:
    language_model.will_answer(answer("Brot.", "Danke."))
    done = [cue("Guten Abend.", 0.0, 2.0)]
    assert [one.text for one in translated(done=done)] == ["Guten Abend.", "Brot.", "Danke."]
    assert [one["text"] for one in given(language_model)["cues"]] == ["Bread needs time.", "Thank you."]
    language_model.will_answer(answer("Guten Abend.", "Brot.", "Danke."))
    translated(done=[cue("Guten Abend.", 0.0, 1.9)])
    assert len(given(language_model)["cues"]) == 3
    assert translated(done=CUES) == CUES
    assert len(language_model.asked()) == 2


def test_chinese_has_the_characters_of_its_tag(language_model: LanguageModel) -> None:
    language_model.will_answer(answer("大家晚上好。", "面包需要时间。", "谢谢。"))
    assert [one.text for one in translated(target="zh-TW")] == ["大家晚上好。", "麵包需要時間。", "謝謝。"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("status", "headers", "code", "retryable"),
    [(429, {"Retry-After": "7"}, "text_model_limited", True), (503, {}, "text_model_failed", True)],
)
def test_an_endpoint_that_is_down_or_busy_is_tried_again_later(
    language_model: LanguageModel, status: int, headers: dict[str, str], code: str, retryable: bool
) -> None:
    language_model.will_answer(status=status, headers=headers)
    with pytest.raises(UpstreamError) as raised:
        translated()
    assert (raised.value.code, raised.value.retryable) == (code, retryable)


def test_a_refusal_that_quotes_the_text_does_not_tell_it_on(language_model: LanguageModel) -> None:
    language_model.will_answer("We do not translate 'Good evening, everybody.'", status=400)
    with pytest.raises(UpstreamError) as raised:
        translated()
    assert raised.value.code == "text_model_refused"
    assert "evening" not in f"{raised.value.to_dict()}{raised.value!r}"
    assert raised.value.__suppress_context__


def test_where_nothing_translates_a_request_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def code(target: str, source: str = "auto") -> str:
        with pytest.raises(Invalid) as raised:
            check_available(target, source=source)
        assert raised.value.remedy
        return raised.value.code

    assert [code("tlh"), code("auto"), code("fr")] == [
        "unknown_language",
        "unknown_language",
        "translation_unavailable",
    ]
    check_available("en-GB", source="auto")
    check_available("pt-BR", source="pt")
    for model in ("base.en", "/models/distil-large-v3", "large-v3-turbo"):
        monkeypatch.setattr(settings(), "whisper_model", model)
        assert code("en") == "translation_unavailable"
    monkeypatch.setattr(settings(), "text_url", "http://model/v1")
    check_available("fr", source="auto")
