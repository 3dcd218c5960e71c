"""What dagster_insides.toml names of Dagster's insides, and the hashes of their source.

`python -m tests.dagster_insides` writes the present hashes into that file: run it when what changed was checked.
"""

import ast
import hashlib
import importlib
import inspect
import re
import textwrap
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from pkgutil import resolve_name, walk_packages
from types import ModuleType
from typing import Any, Final

import content_pipeline
from content_pipeline.cli.stack_config import ROOT

FILE: Final = Path(__file__).with_suffix(".toml")
SOURCES: Final = ("content_pipeline", "api", "sandbox", "bench", "tests")
PRODUCT: Final = ("content_pipeline", "api", "deploy")
PRIVATE: Final = re.compile(r"dagster\w*(?:\.\w+)*\._\w+(?:\.\w+)*")
_SOURCE: Final = re.compile(r'^("(dagster[\w.]+)" = )"[0-9a-f]*"$', re.MULTILINE)
_IMPORT: Final = re.compile(r"^(?:from|import) dagster", re.MULTILINE)
_SUBCLASS: Final = re.compile(r"^class \w+\(", re.MULTILINE)
_HASH_CHARACTERS: Final = 12

# Where these are public.
_OF_NAMED_TUPLES: Final = {"_replace", "_fields", "_make"}

# Members that no class writes itself: abc and pydantic add them.
_GENERATED: Final = ("__abstractmethods__", "__hash__")


@dataclass(frozen=True)
class Use:
    """A name of Dagster's that a file of ours uses: how, why, what to check at a change, and its hash when checked."""

    name: str
    file: str
    use: str
    why: str
    check: str
    written: str


def uses() -> list[Use]:
    found = tomllib.loads(FILE.read_text())["uses"]
    return [
        Use(name, each["file"], each["use"], each["why"], each["check"], written)
        for each in found
        for name, written in each["sources"].items()
    ]


def digest(name: str) -> str:
    """The hash of the source of a function, class or module; of a value, its own; of what instances get, that of their
    class's constructor."""
    try:
        found = resolve_name(name)
    except AttributeError:
        owner, _, _ = name.rpartition(".")
        found = resolve_name(owner).__init__
    return hashlib.sha256(_source(found).encode()).hexdigest()[:_HASH_CHARACTERS]


def _source(found: Any) -> str:
    match found:
        case property():
            return _source(found.fget)
        case ModuleType():
            return inspect.getsource(found)
        case _ if callable(found):  # a class too
            return textwrap.dedent(inspect.getsource(inspect.unwrap(found)))
        case set() | frozenset():
            return str(sorted(map(str, found)))
        case _:
            return repr(found)


def private_imports() -> Iterator[tuple[str, str]]:
    """Each private name of Dagster's that is imported, named in a string, or in a file of deploy/, with its file."""
    for path, tree in _trees(PRIVATE):
        for node in ast.walk(tree):
            yield from ((name, path) for name in _names(node) if PRIVATE.fullmatch(name))
    for path in (ROOT / "dagster.yaml", *filter(Path.is_file, (ROOT / "deploy").rglob("*"))):
        yield from ((name, str(path.relative_to(ROOT))) for name in PRIVATE.findall(path.read_text()))


def _names(node: ast.AST) -> list[str]:
    match node:
        case ast.ImportFrom(module=str(module), names=imported):
            return [f"{module}.{alias.name}" for alias in imported]
        case ast.Import(names=imported):
            return [alias.name for alias in imported]
        case ast.Constant(value=str(text)):
            return [text]
        case _:
            return []


def overridden() -> Iterator[tuple[str, str]]:
    """Each method of a class of Dagster's that a class of the product's overrides, with the file."""
    for module in _product_modules():
        for ours in vars(module).values():
            if inspect.isclass(ours) and ours.__module__ == module.__name__:
                file = str(Path(inspect.getfile(ours)).relative_to(ROOT))
                yield from ((name, file) for name in _overridden_by(ours))


def _overridden_by(ours: type) -> Iterator[str]:
    for name, member in vars(ours).items():
        if not (callable(member) or isinstance(member, property | classmethod)) or name in _GENERATED:
            continue
        bases = [base for base in ours.__mro__[1:] if base.__module__.startswith("dagster") and name in vars(base)]
        yield from (f"{base.__module__}.{base.__qualname__}.{name}" for base in bases[:1])


def _product_modules() -> Iterator[ModuleType]:
    """The modules of the product that import Dagster and have classes with bases."""
    for found in walk_packages(content_pipeline.__path__, "content_pipeline."):
        path = ROOT / f"{found.name.replace('.', '/')}.py"
        text = path.read_text() if path.exists() else ""
        if _IMPORT.search(text) and _SUBCLASS.search(text):
            yield importlib.import_module(found.name)


def private_attributes() -> Iterator[tuple[str, str]]:
    """Each private attribute that a file of the product uses and does not define, with the file. Also of files that do
    not name Dagster: its objects are passed to them."""
    for path, tree in _trees(re.compile(""), PRODUCT):
        yield from ((name, path) for name in undefined_attributes(tree))


def undefined_attributes(tree: ast.AST) -> Iterator[str]:
    """The private attributes that a file uses and does not define, but those of modules that are not Dagster's."""
    own, others = _defined(tree) | _OF_NAMED_TUPLES, _other_modules(tree)
    used = (node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and re.match("_[a-z]", node.attr))
    yield from (node.attr for node in used if node.attr not in own and ast.unparse(node.value) not in others)


def _defined(tree: ast.AST) -> set[str]:
    """The names of functions, of attributes that are set on `self`, and of what else is assigned, as fields are."""
    defined = set()
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                defined.add(name)
            case ast.Attribute(value=ast.Name(id="self"), attr=name, ctx=ast.Store()):
                defined.add(name)
            case ast.Name(id=name, ctx=ast.Store()):
                defined.add(name)
    return defined


def _other_modules(tree: ast.AST) -> set[str]:
    imports = (alias for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names)
    return {alias.asname or alias.name for alias in imports if not alias.name.startswith("dagster")}


def _trees(pattern: re.Pattern[str], folders: Iterable[str] = SOURCES) -> Iterator[tuple[str, ast.AST]]:
    """The files of these folders that have the pattern, parsed."""
    for folder in folders:
        for path in (ROOT / folder).rglob("*.py"):
            text = path.read_text()
            if pattern.search(text):
                yield str(path.relative_to(ROOT)), ast.parse(text)


def main() -> None:
    FILE.write_text(_SOURCE.sub(lambda line: f'{line[1]}"{digest(line[2])}"', FILE.read_text()))


if __name__ == "__main__":
    main()
