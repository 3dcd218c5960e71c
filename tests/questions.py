"""The questions of examples/, and the code blocks of the guide to analytics, as they stand there."""

import re
from typing import Final

from content_pipeline.cli.stack_config import ROOT

GUIDE: Final = ROOT / "docs" / "guides" / "analytics.md"


def in_sql() -> dict[str, str]:
    """The questions of examples/questions.sql by their headings."""
    text = (ROOT / "examples" / "questions.sql").read_text()
    parts = re.split(r"^-- (?=\d+\. )", text, flags=re.MULTILINE)[1:]
    return {heading: query for heading, _, query in (part.partition("\n") for part in parts)}


def block(language: str, heading: str) -> str:
    """The first block of a section of the guide in this language."""
    section = GUIDE.read_text().partition(f"\n{heading}\n")[2]
    return section.partition(f"```{language}\n")[2].partition("```")[0]
