"""Draws charts of metrics as PNG images with matplotlib.

Import it where a chart is drawn: matplotlib takes 30 MB, in every process.
"""

import io
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Patch
from matplotlib.ticker import EngFormatter, MaxNLocator

from content_pipeline.core.analytics.figures import DayFigures
from content_pipeline.core.platforms.registry import PLATFORMS

_FONTS: Final = Path(str(files("font_manrope"))) / "files"
_TEXT: Final = FontProperties(fname=_FONTS / "Manrope-Medium.ttf", size=9)
_BOLD: Final = FontProperties(fname=_FONTS / "Manrope-Bold.ttf", size=14)
_Counts = np.ndarray[Any, np.dtype[np.float64]]

_INK, _FAINT, _GRID = "#1f2430", "#697083", "#e6e8ee"
# In the order of the registry, told apart by people who are color-blind (Okabe and Ito).
_COLORS: Final = ("#cc79a7", "#1b1f27", "#0072b2", "#d55e00", "#009e73", "#e69f00", "#56b4e9")
_DAY_SHARE: Final = 0.82  # of a day's width, that its bar takes
_LEAST_DAYS, _MOST_DATES = 7, 9  # fewer days would be blocks, more dates would touch
_INCHES: Final = (9.0, 4.2)


def views_by_day(rows: Sequence[DayFigures], title: str, *, width: int = 1080) -> bytes:
    """A PNG (1080 × 504 pixels): the views of each day as bars, the platforms above each other in colors of their own.

    `rows` as `figures.list_days` gives them, in any order. A platform without a known view on a day has no bar there;
    a day on which more views were taken back than gained goes below zero. Without any view, the chart says so.
    """
    days = _days(rows)
    platforms = [name for name in PLATFORMS if any(row.platform == name for row in rows)]
    figure = Figure(figsize=_INCHES, dpi=width / _INCHES[0], facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.07, 0.11, 0.905, 0.66))
    views = {name: _views(rows, name, days) for name in platforms}
    figure.text(0.025, 0.925, title, fontproperties=_BOLD, color=_INK, va="center", parse_math=False)
    figure.text(0.025, 0.855, _summary(days, views), fontproperties=_TEXT, color=_FAINT, va="center")
    if any(np.isfinite(counts).any() for counts in views.values()):
        _draw_bars(axes, days, views)
        _style(axes)
        _draw_legend(figure, views)
    else:
        axes.set_axis_off()
        axes.text(0.5, 0.5, "No views are known yet.", color=_FAINT, ha="center", fontproperties=_TEXT)
    png = io.BytesIO()
    figure.savefig(png, format="png")
    return png.getvalue()


def _days(rows: Sequence[DayFigures]) -> Sequence[date]:
    known = {row.day for row in rows}
    return [min(known) + timedelta(number) for number in range((max(known) - min(known)).days + 1)] if known else []


def _views(rows: Sequence[DayFigures], platform: str, days: Sequence[date]) -> _Counts:
    """The views of each of these days, NaN where they are not known."""
    known = {row.day: row.figures.get("views") for row in rows if row.platform == platform}
    return np.array([known.get(day) for day in days], dtype=float)


def _draw_bars(axes: Axes, days: Sequence[date], views: Mapping[str, _Counts]) -> None:
    at = np.arange(len(days))
    gained, lost = np.zeros(len(days)), np.zeros(len(days))
    for platform, counts in views.items():
        counts = np.nan_to_num(counts)
        color = _color(platform)
        axes.bar(at, counts, _DAY_SHARE, bottom=np.where(counts < 0, lost, gained), color=color, linewidth=0)
        gained += np.maximum(counts, 0)
        lost += np.minimum(counts, 0)
    margin = max(0.6, (_LEAST_DAYS - len(days)) / 2)
    axes.set_xlim(at[0] - margin, at[-1] + margin)
    named = slice(None, None, -(-len(days) // _MOST_DATES))
    axes.set_xticks(at[::-1][named], [f"{day:%-d %b}" for day in days[::-1][named]])


def _style(axes: Axes) -> None:
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(_GRID)
    axes.grid(axis="y", color=_GRID, linewidth=0.8)
    axes.axhline(0, color=_FAINT, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(length=0, colors=_FAINT)
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.yaxis.set_major_formatter(EngFormatter(sep=""))
    for label in (*axes.get_xticklabels(), *axes.get_yticklabels()):
        label.set_fontproperties(_TEXT)


def _draw_legend(figure: Figure, views: Mapping[str, _Counts]) -> None:
    patches = [
        Patch(color=_color(name), label=f"{PLATFORMS[name].label}  {_total(counts)}") for name, counts in views.items()
    ]
    legend = figure.legend(
        handles=patches,
        loc="center right",
        bbox_to_anchor=(0.985, 0.855),
        ncols=len(patches),
        prop=_TEXT,
        frameon=False,
        handlelength=0.9,
        handleheight=0.9,
        columnspacing=1.6,
    )
    for text in legend.get_texts():
        text.set_color(_INK)


def _summary(days: Sequence[date], views: Mapping[str, _Counts]) -> str:
    if not days:
        return ""
    total = sum(float(np.nansum(counts)) for counts in views.values())
    return f"{total:,.0f} views · {days[0]:%-d %b %Y} – {days[-1]:%-d %b %Y} (UTC)"


def _total(counts: _Counts) -> str:
    known = counts[np.isfinite(counts)]
    if not known.size:
        return "–"
    return EngFormatter(places=1 if abs(known.sum()) >= 1000 else 0, sep="")(known.sum())


def _color(platform: str) -> str:
    return _COLORS[list(PLATFORMS).index(platform) % len(_COLORS)]
