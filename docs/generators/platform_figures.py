"""The page of what each platform calls our metrics, as its reader of figures says."""

from typing import Final, get_args

from content_pipeline.core.platforms.insights import Metric
from content_pipeline.core.platforms.registry import PLATFORMS
from docs.generators.markdown import table

_HEAD: Final = """\
# Figures of the platforms

`make reference` writes this page from `content_pipeline/core/platforms/<name>/insights.py`: our name of each metric,
and the platform's. A metric that a platform does not give (–) is missing in every answer, never zero.
"""


def as_markdown() -> str:
    rows = (
        [f"`{metric}`", *(_name(spec.insights.names.get(metric)) for spec in PLATFORMS.values())]
        for metric in get_args(Metric)
    )
    return "\n".join([_HEAD, table(("Metric", *(spec.label for spec in PLATFORMS.values())), rows), ""])


def _name(name: str | None) -> str:
    return f"`{name}`" if name else "–"
