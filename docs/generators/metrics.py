"""The page of the metrics of `/metrics`, collected from the calls that make them.

They are read as syntax: to scrape them takes a database, and shows only what it has rows of.
"""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from api import request_metrics
from api.routes import metrics
from content_pipeline.core.operations.monitoring import families
from content_pipeline.core.operations.monitoring.families import PREFIX
from docs.generators.markdown import cell, table

_HEAD: Final = """\
# Metrics

`make reference` writes this page from the places that make the metrics of `/metrics`. [Monitoring](../monitoring.md)
says how they are read.
"""
# The functions that make a metric, and what the name of its samples ends with.
_SUFFIX: Final = {"gauge": "", "counter": "_total", "Counter": "_total", "Histogram": ""}


def as_markdown() -> str:
    return "\n".join([_HEAD, table(("Metric", "Labels", "Is"), _rows()), ""])


def _rows() -> Iterator[tuple[str, str, str]]:
    modules = sorted(Path(families.__file__).parent.glob("*.py"))
    for path in (*modules, Path(metrics.__file__), Path(request_metrics.__file__)):
        nodes = list(ast.walk(ast.parse(path.read_text())))
        lists = {ast.unparse(node.targets[0]): node.value for node in nodes if isinstance(node, ast.Assign)}
        calls = (node for node in nodes if isinstance(node, ast.Call) and ast.unparse(node.func) in _SUFFIX)
        for call in sorted(calls, key=lambda call: call.lineno):
            name, meaning, *others = (lists.get(ast.unparse(each), each) for each in call.args)
            labels = next((_texts(each) for each in others if _texts(each)), [])
            full = f"{PREFIX}{ast.literal_eval(name).removeprefix(PREFIX)}{_SUFFIX[ast.unparse(call.func)]}"
            yield f"`{full}`", ", ".join(f"`{label}`" for label in labels), cell(ast.literal_eval(meaning))


def _texts(node: ast.expr) -> list[str]:
    """The texts of a list; none of what is not a list of texts."""
    return [each.value for each in getattr(node, "elts", ()) if isinstance(getattr(each, "value", None), str)]
