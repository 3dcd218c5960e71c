"""The code blocks of docs/analytics.md, as they stand there."""

import re
from typing import Final

from content_pipeline.cli.stack_config import ROOT

DOCUMENT: Final = ROOT / "docs" / "analytics.md"


def blocks(section: str = "## For analysts", end: str = "\n## ") -> list[tuple[str, str, str]]:
    """The heading, the language and the text of each block of a section."""
    text = DOCUMENT.read_text().partition(f"\n{section}\n")[2].partition(end)[0]
    return [
        (part.partition("\n")[0].strip("# ") or section.strip("# "), language, block)
        for part in re.split(r"^(?=#{3,4} )", text, flags=re.MULTILINE)
        for language, block in re.findall(r"^```(\w+)\n(.*?)^```", part, re.DOTALL | re.MULTILINE)
    ]
