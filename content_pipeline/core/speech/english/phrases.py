"""English as it is spoken: one phrase for each shown word of a line."""

from collections.abc import Iterator, Sequence
from itertools import chain, islice

from content_pipeline.core.speech.english.neighbours import mark_beside, spoken_beside, telephone, telephone_parts
from content_pipeline.core.speech.english.parts import Part, mark, parts, with_lengths
from content_pipeline.core.speech.english.words import spoken_word


def phrases(words: Sequence[str]) -> list[str]:
    """What is said of each word of a line, "" for nothing: letters, apostrophes, hyphens, blanks and ". , ? ! ; :".

    A word has its own share of what several mean together: "May", "1,", "2026" are "May", "first,",
    "twenty twenty-six".
    """
    groups = [parts(word) for word in words]
    spoken = iter(_spoken(list(with_lengths(list(chain.from_iterable(groups))))))
    return [" ".join(filter(None, islice(spoken, len(group)))) for group in groups]


def _spoken(line: Sequence[Part]) -> list[str]:
    spoken: list[str] = []
    for phrase, punctuation in _phrases_and_marks(line):
        spoken.append(phrase + punctuation if phrase else "")
        if not phrase and punctuation:
            _give_back(spoken, punctuation)
    return spoken


def _give_back(spoken: list[str], punctuation: str) -> None:
    """Gives a mark that stands alone ("wow !", "this — that") to the last word that is said."""
    last = next((index for index in reversed(range(len(spoken))) if spoken[index]), None)
    if last is not None and spoken[last][-1].isalpha():
        spoken[last] += punctuation


def _phrases_and_marks(line: Sequence[Part]) -> Iterator[tuple[str, str]]:
    telephones = telephone_parts(line)
    for index, (before, part, after) in enumerate(zip([Part(), *line], line, [*line[1:], Part()], strict=False)):
        if index in telephones:
            yield telephone(part.core), "," if index + 1 in telephones else mark(part.tail)
        else:
            yield _phrase(before, part, after), mark_beside(before, part, after)


def _phrase(before: Part, part: Part, after: Part) -> str:
    phrase = spoken_beside(before, part, after)
    if phrase is None:
        phrase = spoken_word(part.core)
    return phrase if any(character.isalpha() for character in phrase) else ""
