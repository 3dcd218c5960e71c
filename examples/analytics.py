"""Draws four charts of accounts and posts, read as an analyst: `python -m examples.analytics --output charts`.

The database is that of `--url` or $ANALYTICS_URL, which `content-pipeline analysts create` prints. Without either it is
the stack of this folder, read by an analyst that is dropped afterwards.
"""

import argparse
import calendar
import os
import secrets
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import TwoSlopeNorm
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager
from matplotlib.ticker import FuncFormatter, PercentFormatter
from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import ArgumentError, OperationalError

COLORS = {"instagram": "#c2347a", "tiktok": "#2b2d33", "linkedin": "#2f6fb3", "youtube": "#d9822b"}
NAMES = {"instagram": "Instagram", "tiktok": "TikTok", "linkedin": "LinkedIn", "youtube": "YouTube"}
WEEKDAYS = list(calendar.day_name)
INK, PALE = "#22252b", "#8b919c"
STYLE = {
    "font.family": ["Manrope", "DejaVu Sans"],
    "font.size": 11,
    "text.color": INK,
    "axes.labelcolor": PALE,
    "axes.edgecolor": "#c9cdd4",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.axisbelow": True,
    "grid.color": "#e6e8ec",
    "xtick.color": PALE,
    "ytick.color": PALE,
    "ytick.major.size": 0,
    "legend.frameon": False,
    "text.parse_math": False,
    "savefig.dpi": 160,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m examples.analytics", description="Draw four charts as PNG files.")
    parser.add_argument("--url", default=os.environ.get("ANALYTICS_URL"), help="the database [default: $ANALYTICS_URL]")
    parser.add_argument("--output", type=Path, default=Path("charts"), help="folder of the pictures [default: charts]")
    parser.add_argument("--days", type=int, default=90, help="how far to look back [default: 90]")
    given = parser.parse_args()
    for weight in ("Regular", "Bold"):
        fontManager.addfont(files("font_manrope") / "files" / f"Manrope-{weight}.ttf")
    try:
        with as_analyst(given.url) as engine, mpl.rc_context(STYLE):
            drawn = draw_all(engine, given.output, given.days)
    except (ArgumentError, OperationalError):
        sys.exit("The database does not answer. Start the stack (`make up`), or name a database with --url.")
    sys.exit(0 if drawn else 1)


def draw_all(engine: Engine, folder: Path, days: int) -> int:
    """Draw what there are figures for. Returns the number of pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = 0
    for draw in (views_by_day, best_hours, watch_through, followers):
        path = folder / f"{draw.__name__.replace('_', '-')}.png"
        try:
            draw(engine, days).savefig(path)
        except NoFigures:
            print(f"{path}: there are no figures for it yet; accounts are read every six hours", file=sys.stderr)
        else:
            print(path)
            drawn += 1
    return drawn


@contextmanager
def as_analyst(url: str | None) -> Iterator[Engine]:
    """Connections to the database at this URL, or to that of the stack of this folder."""
    if url:
        engine = create_engine(url)
        yield engine
        engine.dispose()
        return
    from content_pipeline.core.analytics import analysts
    from content_pipeline.core.infrastructure.database import transaction

    name = f"charts_{secrets.token_hex(4)}"
    with transaction() as session:
        url = analysts.create(session, name)
    try:
        with as_analyst(url) as engine:
            yield engine
    finally:
        with transaction() as session:
            analysts.drop(session, name)


class NoFigures(Exception):
    """There is nothing to draw."""


def read(engine: Engine, query: str, days: int) -> pd.DataFrame:
    """The rows of a query, whose `%(days)s` are the days to look back from the last one that has figures."""
    found = pd.read_sql(query, engine, params={"days": days})
    if found.empty:
        raise NoFigures
    return found


def views_by_day(engine: Engine, days: int) -> Figure:
    rows = read(
        engine,
        """
        select day, platform, sum(views)::float as views
        from daily_account_metrics
        where day > (select max(day) from days) - %(days)s and views is not null
        group by day, platform
        """,
        days,
    )
    table = rows.pivot_table(values="views", index="day", columns="platform", aggfunc="sum")
    table.index = pd.to_datetime(table.index)
    table = table.asfreq("D").fillna(0).clip(lower=0)
    table = table[table.sum().sort_values(ascending=False).index]
    figure, axes = chart(
        f"{compact(table.to_numpy().sum())} views in {len(table)} days",
        f"Views by day and platform, and the mean of seven days, {period(table.index)}",
    )
    axes.stackplot(
        table.index,
        table.to_numpy().T,
        colors=[COLORS[name] for name in table],
        labels=[NAMES[name] for name in table],
        alpha=0.85,
        linewidth=0,
    )
    axes.plot(table.sum(axis=1).rolling(7, center=True).mean(), color=INK, linewidth=1.8)
    axes.legend(loc="upper left", ncols=4, handlelength=0.8, handleheight=0.8, columnspacing=1.4)
    axes.set_ylim(0, table.sum(axis=1).max() * 1.15)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: compact(value)))
    by_day(axes, table.index)
    return figure


def best_hours(engine: Engine, days: int) -> Figure:
    rows = read(
        engine,
        """
        select published_weekday as weekday, published_hour as hour,
               ln(views + 1) - avg(ln(views + 1)) over (partition by account_id) as score
        from posts
        where views is not null and read_at > published_at + interval '2 days'
          and published_day > (select max(day) from days) - %(days)s
        """,
        days,
    )
    cells = rows.groupby(["weekday", "hour"])["score"]
    # Two posts that did as usual are added to each cell, so that one lucky post does not shine.
    index = np.exp(cells.sum() / (cells.count() + 2)).unstack().reindex(index=range(7), columns=range(24))
    best = index.stack().idxmax()
    figure, axes = chart(
        f"{WEEKDAYS[best[0]]}s at {best[1]}:00 UTC do best",
        "Views of a post against its account's usual, by weekday and hour of publishing; dots are posts",
    )
    shown = axes.imshow(
        index,
        cmap="PuOr_r",
        norm=TwoSlopeNorm(1, vmin=min(0.5, index.min().min()), vmax=max(2, index.max().max())),
        aspect="auto",
    )
    for (weekday, hour), count in cells.count().items():
        axes.text(
            hour, weekday + 0.3, "•" * min(count, 4), ha="center", va="center", fontsize=5.5, color=INK, alpha=0.75
        )
    axes.set_xticks(range(0, 24, 2), [f"{hour}:00" for hour in range(0, 24, 2)])
    axes.set_yticks(range(7), [name[:3] for name in WEEKDAYS])
    axes.set_xticks(np.arange(-0.5, 24), minor=True)
    axes.set_yticks(np.arange(-0.5, 7), minor=True)
    axes.grid(visible=False)
    axes.grid(which="minor", axis="both", color="white", linewidth=2)
    axes.set_facecolor("#f3f4f6")
    axes.tick_params(which="both", length=0)
    axes.spines[:].set_visible(False)
    bar = figure.colorbar(
        shown, ax=axes, shrink=0.6, aspect=14, pad=0.02, format=FuncFormatter(lambda value, _: f"{value:g}×")
    )
    bar.outline.set_visible(False)
    return figure


def watch_through(engine: Engine, days: int) -> Figure:
    rows = read(
        engine,
        """
        select platform, hook, views, duration_seconds as seconds,
               coalesce(average_view_seconds, watch_seconds / nullif(views, 0)) / duration_seconds as held
        from posts
        where duration_seconds > 0 and views > 0 and coalesce(average_view_seconds, watch_seconds) is not null
          and published_day > (select max(day) from days) - %(days)s
        """,
        days,
    )
    if rows["seconds"].nunique() < 3:
        raise NoFigures
    slope, start = np.polyfit(rows["seconds"], rows["held"], 1)
    figure, axes = chart(
        f"Every ten seconds more {'cost' if slope < 0 else 'bring'} {abs(1000 * slope):.0f} points of watch-through",
        "Share of the video that one view lasts, by its length; a dot is a post, its size the views",
    )
    for platform, part in rows.groupby("platform"):
        axes.scatter(
            part["seconds"],
            part["held"],
            s=15 + 180 * part["views"] / rows["views"].max(),
            color=COLORS[platform],
            alpha=0.55,
            linewidth=0,
            label=NAMES[platform],
        )
    span = np.array([rows["seconds"].min(), rows["seconds"].max()])
    axes.plot(span, start + slope * span, color=INK, linewidth=1.4, linestyle=(0, (4, 3)))
    hooks = rows.groupby("hook").agg(held=("held", "median"), posts=("held", "size")).query("posts >= 2")
    best = hooks.sort_values("held", ascending=False).head(3)
    notes = [
        f"{held:.0%}\n{textwrap.fill(hook, 22, max_lines=3, placeholder=' …')}" for hook, held in best["held"].items()
    ]
    if notes:
        beside = {"transform": axes.transAxes, "va": "top", "linespacing": 1.15}
        axes.text(1.03, 1, "Hooks that hold", weight="bold", **beside)
        axes.text(1.03, 0.91, "\n\n".join(notes), **beside)
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.set_ylim(0, max(1.0, rows["held"].max() * 1.05))
    axes.set_xlabel("seconds")
    axes.legend(loc="lower left", ncols=4, handletextpad=0.2, columnspacing=1.2)
    return figure


def followers(engine: Engine, days: int) -> Figure:
    rows = read(
        engine,
        """
        select day, account_id, platform, handle, followers::float as followers
        from daily_account_metrics
        where day > (select max(day) from days) - %(days)s and followers is not null
        order by day
        """,
        days,
    )
    rows["day"] = pd.to_datetime(rows["day"])
    accounts = [part for _, part in rows.groupby("account_id")]
    gained = sum(part["followers"].iloc[-1] - part["followers"].iloc[0] for part in accounts)
    figure, axes = chart(f"{gained:+,.0f} followers", f"Followers of each account, {period(rows['day'])}")
    ends = spread([part["followers"].iloc[-1] for part in accounts], rows["followers"])
    axes.set_ylim(top=max(ends) + 0.03 * np.ptp(rows["followers"]) + 1)
    for part, end in zip(accounts, ends, strict=True):
        last = part.iloc[-1]
        color = COLORS[last["platform"]]
        axes.plot(part["day"], part["followers"], color=color, linewidth=2.2, solid_capstyle="round")
        label = f"  {NAMES[last['platform']]} {last['followers']:,.0f}"
        axes.text(rows["day"].max(), end, label, color=color, va="center", weight="bold")
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: compact(value)))
    by_day(axes, rows["day"])
    return figure


def spread(values: list[float], scale: pd.Series) -> list[float]:
    """Heights for labels at these values, moved apart so that none covers another."""
    gap = 0.055 * max(scale.max() - scale.min(), 1)
    heights = dict.fromkeys(range(len(values)), 0.0)
    below = -np.inf
    for number in sorted(heights, key=lambda number: values[number]):
        below = heights[number] = max(values[number], below + gap)
    return list(heights.values())


def chart(title: str, subtitle: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(10, 5.6), layout="constrained")
    figure.get_layout_engine().set(rect=(0.02, 0.02, 0.96, 0.83))
    figure.text(0.03, 0.93, title, fontsize=19, weight="bold", va="center")
    figure.text(0.03, 0.872, subtitle, fontsize=11, color=PALE, va="center")
    axes = figure.subplots()
    axes.grid(axis="y")
    return figure, axes


def by_day(axes: Axes, days: pd.Series | pd.Index) -> None:
    if days.min() == days.max():  # a curve has at least two points
        raise NoFigures
    axes.set_xlim(days.min(), days.max())
    locator = AutoDateLocator(maxticks=9)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, show_offset=False))


def period(days: pd.Series | pd.Index) -> str:
    return f"{days.min():%-d %B} to {days.max():%-d %B %Y}"


def compact(value: float) -> str:
    """1234567 as 1.2M."""
    for size, unit in ((1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.1f}".removesuffix(".0") + unit
    return f"{value:.0f}"


if __name__ == "__main__":
    main()
