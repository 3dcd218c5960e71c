"""The documents: files, targets, links and settings that they name exist, and their blocks of code are code."""

import ast
import json
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import click
import dagster as dg
import pytest
import yaml

from content_pipeline.cli.main import cli
from content_pipeline.cli.stack_config import ROOT
from content_pipeline.core.platforms.registry import PLATFORMS
from content_pipeline.core.settings import PREFIX, Settings
from content_pipeline.definitions import definitions

DOCUMENTS: Final = sorted(
    [
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "examples").glob("README.md"),
        *(ROOT / "examples").glob("*/README.md"),
        *(ROOT / "deploy").glob("*.md"),
        *(ROOT / name for name in ("CHANGELOG.md", "CONTRIBUTING.md", "README.md", "SECURITY.md")),
    ]
)
SOURCES: Final = ("content_pipeline", "api", "sandbox", "bench", "tests")
PACKAGE: Final = ROOT / "content_pipeline"
# A word in backticks is a path when it begins with one of these folders, or ends like one of the project's files. The
# state folder is left out: whether it exists, and what is in it, depends on what has run here before.
STATE: Final = ".content-pipeline"
FOLDERS: Final = {path.name for base in (ROOT, PACKAGE) for path in base.iterdir() if path.is_dir()} - {STATE}
SETTINGS: Final = {
    f"{PREFIX}{name.upper()}"
    for model in (Settings, *(spec.app_settings for spec in PLATFORMS.values()))
    for name in model.model_fields
}
# Click reads it for completions.
NOT_OURS: Final = {"_CONTENT_PIPELINE_COMPLETE"}
SUFFIXES: Final = (".py", ".md", ".toml", ".yaml", ".yml", ".ini", ".lock", ".ts", ".example")

names = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))


@names
def test_every_path_that_a_document_names_exists(document: Path) -> None:
    assert [path for path in _paths(document.read_text()) if not _exists(path)] == []


@names
def test_every_relative_link_of_a_document_leads_somewhere(document: Path) -> None:
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", document.read_text()):
        path, _, anchor = target.partition("#")
        if "://" in target:
            continue
        file = (document.parent / path) if path else document
        if not file.exists() or (anchor and anchor not in _anchors(file)):
            broken.append(target)
    assert broken == []


@names
def test_every_make_target_that_a_document_names_exists(document: Path) -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:`|^\s*)make ([a-z][a-z-]*)", document.read_text(), re.MULTILINE))
    assert named - targets == set()


@names
def test_every_command_that_a_document_names_exists(document: Path) -> None:
    named = re.findall(r"(?:`|^\s*)content-pipeline ([a-z-]+)(?: ([a-z][a-z-]+))?", document.read_text(), re.MULTILINE)
    groups = {name: set(found.commands) for name, found in cli.commands.items() if isinstance(found, click.Group)}
    assert {name for name, _ in named} - set(cli.commands) == set()
    assert [f"{name} {of}" for name, of in named if of and of not in groups.get(name, {of})] == []


@names
def test_every_setting_that_a_document_names_exists(document: Path) -> None:
    named = set(re.findall(rf"_?{PREFIX}[A-Z0-9_]+", document.read_text()))
    assert [name for name in named - NOT_OURS if not any(each.startswith(name) for each in SETTINGS)] == []


@names
def test_every_block_of_code_of_a_document_can_be_parsed(document: Path) -> None:
    for language, code in re.findall(r"^```(\w+)\n(.*?)^```", document.read_text(), re.DOTALL | re.MULTILINE):
        PARSERS[language](code)


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


def _paths(text: str) -> Iterator[str]:
    for word in re.findall(r"`([^`\s]+)`", text):
        path = word.partition("::")[0]
        first = path.split("/")[0]
        is_pattern = any(sign in path for sign in "*{$…:")
        if not is_pattern and (("/" in path and first in FOLDERS) or path.endswith(SUFFIXES)):
            yield path


def _exists(path: str) -> bool:
    """Whether it is a file or folder of the project. `<name>` stands for any; below content_pipeline that may be left
    out, and a file may be named without its folder."""
    pattern = re.sub(r"<[^>]+>", "*", path).rstrip("/")
    if any(True for base in (ROOT, PACKAGE) for _ in base.glob(pattern)):
        return True
    return "/" not in path and any(True for folder in SOURCES for _ in (ROOT / folder).rglob(path))


def _anchors(file: Path) -> set[str]:
    """The anchors that GitHub gives to the headings of a document."""
    headings = re.findall(r"^#+ (.+)$", file.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}
