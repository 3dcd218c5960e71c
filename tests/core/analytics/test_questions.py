"""The questions of examples/, and the lines of the guide, find what is known to be true of the data."""

import os
import runpy
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from uuid import UUID

import pandas as pd
import pytest
from sqlalchemy import create_engine, text

from content_pipeline.cli.stack_config import ROOT
from content_pipeline.core.analytics import dataset
from content_pipeline.core.infrastructure.database import engine, transaction
from content_pipeline.core.models import Workspace
from examples.questions import QUESTIONS
from tests import analyst_history, analyst_roles, questions
from tests.factories import make_workspace

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def answers(database: None) -> Iterator[Mapping[str, pd.DataFrame]]:
    """What each question answers, by its heading; asked once, by an analyst."""
    with transaction() as session:
        workspace_id = make_workspace(session)
        analyst_history.fill(session, workspace_id)
    with analyst_roles.analyst(workspace_id) as url:
        analyst = create_engine(url)
        found = {heading: pd.read_sql(text(query), analyst) for heading, query in questions.in_sql().items()}
        found |= {heading: ask(analyst) for heading, ask in QUESTIONS.items()}
        found["columns"] = pd.read_sql(text(questions.block("sql", "## For analysts")), analyst)
        analyst.dispose()
        yield found


def answer(answers: Mapping[str, pd.DataFrame], number: int) -> pd.DataFrame:
    (found,) = (found for heading, found in answers.items() if heading.startswith(f"{number}. "))
    return found


def test_twelve_questions_are_asked(answers: Mapping[str, pd.DataFrame]) -> None:
    numbers = [int(number) for heading in answers if (number := heading.partition(". ")[0]).isdigit()]
    assert sorted(numbers) == list(range(1, 13))


def test_the_columns_are_listed_with_their_meaning(answers: Mapping[str, pd.DataFrame]) -> None:
    columns = answers["columns"]
    assert len(columns) > 100
    assert columns.notna().all(axis=None)


def test_evening_is_the_best_time(answers: Mapping[str, pd.DataFrame]) -> None:
    hours = answer(answers, 1).set_index("published_hour")["times_usual"]
    assert set(hours.index[:2]) == {18, 19}
    assert hours.iloc[1] > 1.3 > 1 > hours.iloc[2]


def test_short_captions_reach_more(answers: Mapping[str, pd.DataFrame]) -> None:
    found = answer(answers, 2).set_index(["platform", "caption_style"])["reach_percent_of_views"]
    assert found.to_dict() == {
        ("instagram", "short"): 90,
        ("instagram", "long"): 60,
        ("linkedin", "short"): 90,
        ("linkedin", "long"): 60,
    }


def test_hooks_that_ask_hold(answers: Mapping[str, pd.DataFrame]) -> None:
    hooks = answer(answers, 3)["hook"]
    assert [hook.endswith("?") for hook in hooks] == [True] * 2 + [False] * 4


def test_a_longer_script_is_watched_for_a_smaller_share(answers: Mapping[str, pd.DataFrame]) -> None:
    lengths = answer(answers, 4)
    assert lengths["words_from"].tolist() == [0, 25, 50, 75]
    assert lengths["held"].is_monotonic_decreasing


def test_a_post_brings_followers(answers: Mapping[str, pd.DataFrame]) -> None:
    gained = answer(answers, 5).pivot_table(values="followers_gained", index="platform", columns="with_post")
    assert gained.shape == (4, 2)
    assert gained[True].between(18, 20).all()
    assert gained[False].between(0.8, 2).all()


def test_tiktok_grows(answers: Mapping[str, pd.DataFrame]) -> None:
    weeks = answer(answers, 6).pivot_table(values="views", index="week_start", columns="platform")
    assert len(weeks) == analyst_history.DAYS / 7
    grown = weeks[-4:].mean() / weeks[1:5].mean()
    assert grown.idxmax() == "tiktok"
    assert grown["tiktok"] > 1.5


def test_recipes_are_saved(answers: Mapping[str, pd.DataFrame]) -> None:
    saves = answer(answers, 7)["median"]
    assert {hook for hook in saves.index if hook.startswith("How to")} == set(saves.index[:2])
    assert saves.round().tolist() == [80, 80, 20, 20, 20, 20]


def test_mara_does_better_than_leo(answers: Mapping[str, pd.DataFrame]) -> None:
    twins = answer(answers, 8).set_index("twin_name")
    assert twins["at_least"]["Mara"] > 1 > twins["at_most"]["Leo"]


def test_reels_do_better_than_avatars(answers: Mapping[str, pd.DataFrame]) -> None:
    formats = answer(answers, 9)
    assert len(formats) == 4
    assert (formats["reel"] > formats["avatar"]).all()


def test_a_fifth_was_made_elsewhere_and_three_posts_vanished(answers: Mapping[str, pd.DataFrame]) -> None:
    platforms = answer(answers, 10).set_index("platform")
    assert set(platforms["made_elsewhere"]) == {analyst_history.POSTS // 5}
    assert platforms["percent_of_views"].between(5, 20).all()
    assert platforms["vanished"].to_dict() == {"instagram": 0, "linkedin": 0, "tiktok": 3, "youtube": 0}


def test_days_without_a_reading_are_estimated_and_told_ones_named(answers: Mapping[str, pd.DataFrame]) -> None:
    days = answer(answers, 11).groupby("platform")[["days", "estimated", "reported", "stated"]].sum()
    # The days at both ends of the gap have one measured border each.
    assert days["estimated"].to_dict() == {"instagram": 0, "linkedin": 7, "tiktok": 0, "youtube": 0}
    assert days["reported"].to_dict() == {"instagram": analyst_history.DAYS, "linkedin": 0, "tiktok": 0, "youtube": 0}
    assert days["stated"].to_dict() == {"instagram": 0, "linkedin": 0, "tiktok": 7, "youtube": 0}


def test_the_audience_is_shown_by_group(answers: Mapping[str, pd.DataFrame]) -> None:
    assert answer(answers, 12)["instagram"][("country", "DE")] == 0.6


def test_the_session_runs_as_it_stands(workspace_id: UUID, tmp_path: Path) -> None:
    with transaction() as session:
        session.get_one(Workspace, workspace_id).name = "demo"
        analyst_history.fill(session, workspace_id)
    script = questions.block("sh", "### A session")
    pasted = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script.replace(".venv/bin/", f"{Path(sys.executable).parent}/")],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert pasted.returncode == 0, pasted.stderr
    assert [heading for heading in QUESTIONS if f"{heading}\n" not in pasted.stdout] == []
    assert pasted.stdout.splitlines()[-1] == "Dropped."
    assert len(list((tmp_path / "charts").glob("*.png"))) == 4


def test_the_dataset_is_read_by_the_example_and_agrees_with_the_views(
    workspace_id: UUID, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with transaction() as session:
        analyst_history.fill(session, workspace_id)
    days = [analyst_history.at(day).date() for day in range(7)]
    for day in days:
        dataset.write_day(day, tmp_path)
    names = runpy.run_path(str(ROOT / "examples" / "dataset.py"))
    assert "caption_style" in capsys.readouterr().out
    columns = "platform, handle, twin_name, external, format, caption_style, hook, views, estimated"
    names["asked"] = f"select date, {columns} from daily_posts where workspace_id = '{workspace_id}'"
    from_bucket = eval("duckdb.sql(asked).fetchall()", names)
    with engine().connect() as connection:
        connection.execute(text("set local search_path = analytics"))
        joined = "daily_post_metrics join (select social_post_id, hook from posts) as hooks using (social_post_id)"
        query = text(f"select day, {columns} from {joined} where day <= :last")
        from_views = [tuple(row) for row in connection.execute(query, {"last": days[-1]})]
    assert len(from_views) > 50
    assert Counter(from_bucket) == Counter(from_views)
