"""The documents: their links lead somewhere, and their blocks of code are code."""

import ast
import json
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import dagster as dg
import yaml

from content_pipeline.cli.stack_config import ROOT
from content_pipeline.definitions import definitions
from tests.documents import DOCUMENTS


def test_every_relative_link_leads_somewhere() -> None:
    assert [link for document in DOCUMENTS for link in _broken_links(document)] == []


def test_every_block_of_code_can_be_parsed() -> None:
    for document in DOCUMENTS:
        for language, code in re.findall(r"^```(\w+)\n(.*?)^```", document.read_text(), re.DOTALL | re.MULTILINE):
            PARSERS[language](code)


def test_the_readme_is_read_in_five_minutes_and_a_guide_too() -> None:
    readme = (ROOT / "README.md").read_text()
    assert (len(readme.splitlines()) <= 150, len(readme.split()) <= 1400) == (True, True)
    guides = {path.name: len(path.read_text().split()) for path in (ROOT / "docs" / "guides").glob("*.md")}
    assert {name: words for name, words in guides.items() if words > 900} == {}


def test_every_picture_is_shown_and_all_are_small_enough_for_a_clone() -> None:
    pictures = list((ROOT / "docs" / "pictures").iterdir())
    shown = " ".join(document.read_text() for document in DOCUMENTS)
    assert [path.name for path in pictures if f"pictures/{path.name})" not in shown] == []
    assert sum(path.stat().st_size for path in pictures) <= 1_500_000


def test_every_decision_is_in_the_index() -> None:
    folder = ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text()
    assert [path.name for path in folder.glob("0*.md") if f"]({path.name})" not in index] == []


def test_the_decision_on_re_runs_names_every_asset_of_rows() -> None:
    graph = definitions.resolve_asset_graph()
    of_rows = [
        key.to_user_string()
        for key in graph.get_all_asset_keys()
        if isinstance(graph.get(key).partitions_def, dg.DynamicPartitionsDefinition)
    ]
    decision = (ROOT / "docs" / "decisions" / "0029-what-a-re-run-may-overwrite.md").read_text()
    assert of_rows
    assert [name for name in of_rows if f"`{name}`" not in decision] == []


def _parse_shell(code: str) -> None:
    parsed = subprocess.run(["bash", "-n"], input=code, capture_output=True, text=True)
    assert parsed.returncode == 0, f"{code}\n{parsed.stderr}"


# A language that is not here fails, so that a misspelled one is found. Mermaid is parsed where it is drawn
# (test_site.py); the questions in SQL run in tests/core/analytics, the receivers of webhooks in tests/core/webhooks.
PARSERS: Final[dict[str, Callable[[str], object]]] = {
    "sh": _parse_shell,
    "json": json.loads,
    "python": ast.parse,
    "yaml": yaml.safe_load,
    **dict.fromkeys(("js", "mermaid", "nginx", "sql", "text"), str),
}


def _broken_links(document: Path) -> Iterator[str]:
    for target in re.findall(r"\]\(([^)\s]+)\)", document.read_text()):
        path, _, anchor = target.partition("#")
        file = (document.parent / path) if path else document
        if "://" not in target and (not file.exists() or (anchor and anchor not in _anchors(file))):
            yield f"{document.relative_to(ROOT)}: {target}"


def _anchors(file: Path) -> set[str]:
    """The anchors that GitHub gives to the headings of a document."""
    headings = re.findall(r"^#+ (.+)$", file.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}
