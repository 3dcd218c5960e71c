"""The page of error codes, and their table `api/error_codes.json`, collected from the source of the product.

An error is raised where it happens, with its sentence and its remedy there, so the source is the list. It is read as
syntax: to raise all of them takes broken disks and platforms.
"""

import ast
import importlib
import json
import pkgutil
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, cached_property
from itertools import chain
from pathlib import Path
from typing import Any, Final, NamedTuple

import api
from api.error_pages import GAP
from content_pipeline import cli, core
from content_pipeline.core.errors import Error, Invalid
from content_pipeline.core.platforms.base import Refused
from docs.generators import markdown
from docs.generators.markdown import cell

_PACKAGES: Final = (core, api, cli)
_COMMAND_LINE: Final = Path(cli.__path__[0])
# Rows of tables of refusals, and the class of the error that is made of one.
_ROWS: Final = {"_Reason": Refused, "Problem": Invalid}
# The keyword arguments of services, whose errors begin with their `code`.
_SERVICE: Final = {"name", "code", "setting"}

Names = Mapping[str, ast.expr]


class Raised(NamedTuple):
    """One way to raise an error."""

    code: str
    kind: type[Error]
    retryable: bool
    detail: str
    remedy: str


class Module:
    """The syntax of a module."""

    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        tree = ast.parse(path.read_text())
        self.is_of_command_line = path.is_relative_to(_COMMAND_LINE)
        nodes = list(ast.walk(tree))
        self.calls = [node for node in nodes if isinstance(node, ast.Call)]
        # The innermost one of each call: those within others come later.
        self.function_of = {
            call: node for node in nodes if isinstance(node, ast.FunctionDef) for call in ast.walk(node)
        }
        self.fields = {
            node.name: [_name(field.target) for field in node.body if isinstance(field, ast.AnnAssign)]
            for node in nodes
            if isinstance(node, ast.ClassDef)
        }
        self.constants = _imported(tree.body) | _assigned(tree.body)
        self.imports = {
            (node.module, alias.name) for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names
        }

    @cached_property
    def services(self) -> list[Names]:
        """The services that this module makes, by `self.` of their fields."""
        made = ({each.arg: each.value for each in call.keywords if each.arg} for call in self.calls)
        return [{f"self.{name}": each[name] for name in _SERVICE} for each in made if set(each) >= _SERVICE]

    def texts(self, node: ast.expr | None, names: Names) -> list[str]:
        """What an expression may be, with a gap for what is known only when it runs."""
        match node:
            case None:
                return [""]
            case ast.Constant(value=str(text)):
                return [text]
            case ast.IfExp(body=one, orelse=other):
                return [*self.texts(one, names), *self.texts(other, names)]
            case ast.BinOp(op=ast.Add(), left=left, right=right):
                return [self.text(left, names) + self.text(right, names)]
            case ast.JoinedStr(values=parts):
                return ["".join(self.text(part, names) for part in parts)]
            case ast.FormattedValue(value=value, format_spec=None):
                return [self.text(value, names)]
            case ast.Name() | ast.Attribute() if found := (names | self.constants).get(ast.unparse(node)):
                return self.texts(found, {name: value for name, value in names.items() if value is not found})
        return [GAP]

    def text(self, node: ast.expr | None, names: Names) -> str:
        return self.texts(node, names)[0]

    def contexts(self, call: ast.Call, services: list[Names], modules: Iterable["Module"]) -> Iterator[Names]:
        """What the names at a call stand for: once for each caller of its function, or for each row of a table."""
        function = self.function_of.get(call)
        if function is None:
            yield {}
            return
        local = _assigned(node for node in ast.walk(function) if isinstance(node, ast.stmt))
        parameters = [argument.arg for argument in (*function.args.args, *function.args.kwonlyargs)]
        used = {ast.unparse(node) for node in ast.walk(call) if isinstance(node, ast.Name | ast.Attribute)}
        calling = [module for module in modules if module is self or (self.name, function.name) in module.imports]
        callers = [each for module in calling for each in module.calls if _name(each.func) == function.name]
        if "self.code" in used:
            yield from (local | service for service in services)
        elif rows := list(self._rows(function)):
            yield from (local | row for row in rows)
        elif callers and used & set(parameters):
            for caller in callers:
                passed = dict(zip(parameters, caller.args, strict=False))
                yield local | passed | {each.arg: each.value for each in caller.keywords if each.arg}
        else:
            yield local

    def _rows(self, function: ast.FunctionDef) -> Iterator[Names]:
        """The values of the table in `name, code = _NAMES[key]`."""
        for node in ast.walk(function):
            match node:
                case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Subscript(value=ast.Name(id=name))):
                    if isinstance(table := self.constants.get(name), ast.Dict):
                        for row in table.values:
                            if isinstance(row, ast.Tuple):
                                yield dict(zip(map(_name, targets), row.elts, strict=False))


def raised() -> Iterator[Raised]:
    """All ways to raise an error."""
    modules = [Module(name, path) for name, path in _sources()]
    kinds = {kind.__name__: kind for kind in _classes()}
    services = list(chain.from_iterable(module.services for module in modules))
    fields = {name: of for module in modules for name, of in module.fields.items() if name in _ROWS and "code" in of}
    for kind in kinds.values():
        if "code" in vars(kind) and kind is not Error:  # which is never raised itself
            yield Raised(kind.code, kind, kind.retryable, "", kind.remedy)
    for module in modules:
        for call in module.calls:
            name = _name(call.func)
            if kind := kinds.get(name):
                for names in module.contexts(call, services, modules):
                    ways = _of_call(module, call, kind, names)
                    # `doctor` has many findings without a code of their own, which no answer of the API tells.
                    yield from (way for way in ways if not module.is_of_command_line or way.code != kind.code)
            elif name in _ROWS:
                of = module.fields.get(name) or fields[name]
                row = dict(zip(of, call.args, strict=False))
                for code in module.texts(row.get("code"), {}):
                    detail = module.text(row.get("sentence", row.get("detail")), {})
                    yield Raised(code, _ROWS[name], False, detail, module.text(row.get("remedy"), {}))


def _of_call(module: Module, call: ast.Call, kind: type[Error], names: Names) -> Iterator[Raised]:
    told = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
    if kind.__init__ is not Error.__init__:  # it says itself what it is about
        error = kind(*([GAP] * len(call.args)))
        yield Raised(error.code, kind, error.retryable, error.detail, error.remedy)
        return
    retryable = told.get("retryable")
    is_retryable = retryable.value is True if isinstance(retryable, ast.Constant) else kind.retryable
    for code in module.texts(told["code"], names) if "code" in told else [kind.code]:
        detail = module.text(call.args[0] if call.args else None, names)
        yield Raised(code, kind, is_retryable, detail, module.text(told.get("remedy"), names) or kind.remedy)


def _sources() -> Iterator[tuple[str, Path]]:
    for package in _PACKAGES:
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not found.name.endswith(".migrations.env"):  # runs within Alembic only
                yield found.name, Path(str(importlib.import_module(found.name).__file__))


def _classes(above: type[Error] = Error) -> Iterator[type[Error]]:
    yield above
    for kind in above.__subclasses__():
        yield from _classes(kind)


def _assigned(body: Iterable[ast.stmt]) -> dict[str, ast.expr]:
    found = {}
    for node in body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                found[name] = value
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                found[name] = value
    return found


def _imported(body: Iterable[ast.stmt]) -> dict[str, ast.expr]:
    """The texts that a module imports from others."""
    found: dict[str, ast.expr] = {}
    for node in body:
        if isinstance(node, ast.ImportFrom) and node.module:
            module = importlib.import_module(node.module)
            for alias in node.names:
                if isinstance(text := getattr(module, alias.name, None), str):
                    found[alias.asname or alias.name] = ast.Constant(text)
    return found


def _name(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


@cache
def table() -> list[dict[str, Any]]:
    """The codes with their causes, as `api/error_codes.json` has them."""
    by_code: dict[str, set[Raised]] = defaultdict(set)
    for each in raised():
        if each.code.strip(GAP):
            by_code[each.code].add(each)
    return [_row(code, by_code[code]) for code in sorted(by_code)]


def _row(code: str, ways: set[Raised]) -> dict[str, Any]:
    causes = {(way.detail.strip(f"{GAP} .") and way.detail, way.remedy) for way in ways}
    told = {(detail, remedy) for detail, remedy in causes if detail or remedy.strip(GAP)}
    # The class that has this code, if one has; what it is about, where the sentence is another server's.
    kind = min(
        (way.kind for way in ways), key=lambda kind: (vars(kind).get("code") != code, kind.status, kind.__name__)
    )
    usual = " ".join((kind.__doc__ or "").partition("\n\n")[0].split())
    return {
        "code": code,
        "status": kind.status,
        "retryable": any(way.retryable for way in ways),
        "causes": [
            {"detail": detail or usual, "remedy": remedy.replace(GAP, "") and remedy}
            for detail, remedy in sorted(told or {("", "")})
        ],
    }


def as_json() -> str:
    rows = ",\n".join(json.dumps(row, ensure_ascii=False) for row in table())
    return f"[\n{rows}\n]\n"


def as_markdown() -> str:
    rows = (
        (f"`{error['code']}`", str(error["status"]), "yes" if error["retryable"] else "no", *map(cell, cause.values()))
        for error in table()
        for cause in error["causes"]
    )
    return "\n".join([_HEAD, markdown.table(("Code", "Status", "Retryable", "Cause", "Remedy"), rows), ""])


_HEAD: Final = """\
# Errors

`make reference` writes this page and `api/error_codes.json` from the places that raise errors. The `type` of an answer
is the address of its code's page, `/errors/{code}`. The codes of the command `content-pipeline` are here, too. “…”
stands for what is known only then.
"""
