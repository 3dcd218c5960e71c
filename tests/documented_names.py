"""Finds what a document names in backticks and is not there: files, modules, symbols, settings, commands, endpoints.

A symbol is known when it is a word of the code: comments and docstrings do not count, strings do, because columns, tags
and codes of errors are strings.
"""

import re
from collections.abc import Iterator
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Final

import click

from api.main import app
from content_pipeline.cli.main import cli
from content_pipeline.cli.stack_config import ROOT
from content_pipeline.core.platforms.registry import PLATFORMS
from content_pipeline.core.settings import PREFIX, Settings

PACKAGE: Final = ROOT / "content_pipeline"
SOURCES: Final = ("content_pipeline", "api", "sandbox", "bench", "tests", "docs", "examples", "deploy")
FILES: Final = ("Makefile", "pyproject.toml", "dagster.yaml", "workspace.yaml", ".env.example", ".ci/run")
# A word in backticks is a path when it begins with one of these folders, or ends like one of the project's files. The
# state folder is left out: whether it exists, and what is in it, depends on what has run here before.
STATE: Final = ".content-pipeline"
FOLDERS: Final = {path.name for base in (ROOT, PACKAGE) for path in base.iterdir() if path.is_dir()} - {STATE}
SUFFIXES: Final = (".py", ".md", ".toml", ".yaml", ".yml", ".ini", ".lock", ".ts", ".example")
SETTINGS: Final = {
    f"{PREFIX}{name.upper()}"
    for model in (Settings, *(spec.app_settings for spec in PLATFORMS.values()))
    for name in model.model_fields
}
# Words of other programs that look like symbols of ours.
FOREIGN: Final = {"LimitNOFILE", "RetryPolicy", "eager", "pipeline_default", "since_last_handled"}
# It names what is not there.
TEST: Final = "test_documented_names.py"
_CODE: Final = re.compile(r"`([^`]+)`")
_FENCE: Final = re.compile(r"^ *```.*?^ *```$", re.DOTALL | re.MULTILINE)
_WORD: Final = re.compile(r"\w+")
# What only code is written like: with an underscore inside, or a capital.
_SYMBOL: Final = re.compile(r"\b(?:[A-Za-z]\w*_\w+|[A-Za-z]\w*[a-z][A-Z]\w*|_\w+)")
_DOTTED: Final = re.compile(r"[a-z]\w*(?:\.\w+)+(?=\(|$)")
_DOCSTRING: Final = re.compile(r'^\s*r?"""(?:.|\n)*?"""', re.MULTILINE)
_COMMENT: Final = re.compile(r"(?:^|\s)#\s.*$", re.MULTILINE)
_ENDPOINT: Final = re.compile(r"(GET|HEAD|POST|PUT|PATCH|DELETE) (/[^\s?#]*)")
_ROUTE: Final = re.compile(r'@router\.(\w+)\("([^"]+)"')
_PARAMETER: Final = re.compile(r"\{\w+\}|<\w+>")


def unknown(text: str) -> list[str]:
    """What a document names and is not there, in its order."""
    prose = _FENCE.sub("", text)
    spans = _CODE.findall(prose)
    return [
        *(path for path in _paths(spans) if not _exists(path)),
        *(name for span in spans for name in _symbols(span) if not is_known(name)),
        *(name for span in spans for name in _DOTTED.findall(span) if _is_ours(name) and not _resolves(name)),
        *(name for name in re.findall(rf"\b{PREFIX}[A-Z0-9_]+", text) if not _is_setting(name)),
        *(f"make {target}" for target in _targets(text) if target not in _makefile()),
        *(each for line in _command_lines(text) if (each := unknown_command(line))),
        *(f"{method} {path}" for method, path in _endpoints(spans) if not _is_endpoint(method, path)),
    ]


def _paths(spans: list[str]) -> Iterator[str]:
    for span in spans:
        path = span.partition("::")[0]
        is_pattern = any(sign in path for sign in "*{$…: ")
        if not is_pattern and (("/" in path and path.split("/")[0] in FOLDERS) or path.endswith(SUFFIXES)):
            yield path


@cache
def _exists(path: str) -> bool:
    """Whether it is a file or folder of the project. `<name>` stands for any; below content_pipeline that may be left
    out, and a file may be named without its folder."""
    pattern = re.sub(r"<[^>]+>", "*", path).rstrip("/")
    if any(True for base in (ROOT, PACKAGE) for _ in base.glob(pattern)):
        return True
    return "/" not in path and any(True for folder in SOURCES for _ in (ROOT / folder).rglob(path))


def _symbols(span: str) -> Iterator[str]:
    """The words of a span that look like code, and a word that is called or stands alone with a capital."""
    if "/" not in span:
        yield from _SYMBOL.findall(span)
    if alone := re.fullmatch(r"([A-Z]\w+|\w+(?=\(\)))(?:\(\))?", span):
        yield alone[1]


@cache
def is_known(name: str) -> bool:
    """Whether a symbol is a word of the code; one that ends in an underscore, the beginning of one."""
    if name.endswith("_"):
        return any(word.startswith(name) for word in words())
    return name in words() or name in FOREIGN or f"{PREFIX}{name}" in SETTINGS


@cache
def words() -> frozenset[str]:
    """All words of the code, and the names of its files."""
    return frozenset(word for path in code_files() for word in (path.stem, *_WORD.findall(_code_of(path))))


def code_files() -> Iterator[Path]:
    """All files of the project but its documents."""
    files = (path for folder in SOURCES for path in (ROOT / folder).rglob("*") if "node_modules" not in path.parts)
    for path in chain(files, (ROOT / name for name in FILES)):
        if path.is_file() and path.suffix not in (".md", ".pyc") and path.name != TEST:
            yield path


def _code_of(path: Path) -> str:
    text = path.read_text(errors="ignore")
    return _COMMENT.sub("", _DOCSTRING.sub("", text)) if path.suffix == ".py" else text


def _is_ours(name: str) -> bool:
    return name.split(".")[0] in SOURCES and not name.endswith(SUFFIXES)


@cache
def _resolves(name: str) -> bool:
    """Whether a dotted name is a module of ours, or something that its module names."""
    module, found = ROOT, name.split(".")
    while found and (module / found[0]).is_dir():
        module /= found.pop(0)
    if found and (file := module / f"{found[0]}.py").is_file():
        return set(found[1:]) <= set(_WORD.findall(_code_of(file)))
    return set(found) <= set(_WORD.findall(_code_of(module / "__init__.py")))


def _is_setting(name: str) -> bool:
    return any(each.startswith(name) for each in SETTINGS)


def _targets(text: str) -> list[str]:
    return re.findall(r"(?:`|^\s*)make ([a-z][a-z-]*)", text, re.MULTILINE)


@cache
def _makefile() -> set[str]:
    return set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def _command_lines(text: str) -> list[str]:
    return re.findall(r"(?:`|^\s*|/)content-pipeline ([a-z][^`\n|;&<>)]*)", text, re.MULTILINE)


def unknown_command(line: str) -> str | None:
    """The first of its words that is no command or option; None if all are."""
    command: click.Command = cli
    for word in line.split():
        if isinstance(command, click.Group):
            if word not in command.commands:
                return f"content-pipeline {line}" if re.fullmatch(r"[a-z-]+", word) else None
            command = command.commands[word]
        elif command.context_settings.get("ignore_unknown_options"):
            return None
        elif word.startswith("--"):
            options = {option for parameter in command.params for option in parameter.opts} | {"--help"}
            if word.partition("=")[0] not in options:
                return f"content-pipeline {line}"
    return None


def _endpoints(spans: list[str]) -> list[tuple[str, str]]:
    return [(found[1], found[2]) for span in spans if (found := _ENDPOINT.match(span))]


def _is_endpoint(method: str, path: str) -> bool:
    return any(known.endswith(_PARAMETER.sub("{}", path).rstrip("/")) for known in _routes().get(method, ()))


@cache
def _routes() -> dict[str, set[str]]:
    """The paths of the API and of the sandbox's admin API, by method."""
    found: dict[str, set[str]] = {}
    described = ((method, path) for path, methods in app.openapi()["paths"].items() for method in methods)
    files = (*(ROOT / "sandbox").glob("*admin.py"), ROOT / "api/routes/metrics.py")
    hidden = (route for file in files for route in _ROUTE.findall(file.read_text()))
    for method, path in (*described, *hidden):
        found.setdefault(method.upper(), set()).add(_PARAMETER.sub("{}", path))
    return found
