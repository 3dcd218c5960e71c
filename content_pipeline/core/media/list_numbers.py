"""Finds the numbers of lists in running text: "1. Mix 2. Bake" breaks before its numbers, not after their periods."""

import re
from collections.abc import Sequence

_NUMBER = re.compile(r"(\d{1,2})([.)])")


def find_list_numbers(texts: Sequence[str]) -> set[int]:
    """The indices of the words that number a list: from 1 on, in order, by the same sign, each before some text.

    A list has at least two numbers: "I bought 1. Then" has none.
    """
    found: set[int] = set()
    current: list[int] = []
    sign = ""
    for index, (text, following) in enumerate(zip(texts, [*texts[1:], ""], strict=False)):
        match = _NUMBER.fullmatch(text)
        if not match or not following or following[0].isdecimal():
            continue
        if int(match[1]) == 1:
            current, sign = [index], match[2]
        elif current and match[2] == sign and int(match[1]) == len(current) + 1 and index > current[-1] + 1:
            current.append(index)
            found.update(current)
    return found
