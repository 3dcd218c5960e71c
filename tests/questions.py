"""The questions of docs/analytics.md, as they stand there."""

import re
from typing import Final

from content_pipeline.cli.stack_config import ROOT

DOCUMENT: Final = ROOT / "docs" / "analytics.md"


def blocks() -> list[tuple[str, str, str]]:
    """The heading, the language and the text of each block for analysts."""
    section = DOCUMENT.read_text().partition("\n## For analysts\n")[2].partition("\n## ")[0]
    return [
        (part.partition("\n")[0].strip("# ") or "For analysts", language, block)
        for part in re.split(r"^(?=#{3,4} )", section, flags=re.MULTILINE)
        for language, block in re.findall(r"^```(\w+)\n(.*?)^```", part, re.DOTALL | re.MULTILINE)
    ]
