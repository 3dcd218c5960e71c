"""Four of twelve questions of an analyst, with pandas and DuckDB; the others are in questions.sql.

The database is that of $ANALYTICS_URL, which `content-pipeline analysts create` prints: `python -m examples.questions`.
"""

import os
from collections.abc import Callable

import duckdb
import pandas as pd
from sqlalchemy import Engine, create_engine


def main() -> None:
    engine = create_engine(os.environ["ANALYTICS_URL"])
    for question, answer in QUESTIONS.items():
        print(question, answer(engine), sep="\n", end="\n\n")


def length_and_watch_time(engine: Engine) -> pd.DataFrame:
    """DuckDB queries data frames in SQL, as it does Parquet files."""
    tables = duckdb.connect()
    tables.register("posts", _posts(engine))
    return tables.sql("""
        select 25 * floor(script_words / 25) as words_from, count(*) as posts,
               round(median(average_view_seconds), 1) as seconds_watched,
               round(median(average_view_seconds / duration_seconds), 2) as held
        from posts
        where script_words is not null and average_view_seconds is not null and duration_seconds > 0
        group by all
        order by words_from
    """).df()


def saves(engine: Engine) -> pd.DataFrame:
    posts = _posts(engine)
    saved = posts[posts["reach"] > 0].assign(saves_per_1000=lambda post: 1000 * post["saves"] / post["reach"])
    by_hook = saved.groupby("hook")["saves_per_1000"].agg(["count", "median"])
    return by_hook.sort_values("median", ascending=False).head(10)


def reels_and_avatars(engine: Engine) -> pd.DataFrame:
    """Views in a post's first week, so that an old post has no lead."""
    first_week = pd.read_sql(
        """
        select platform, format, social_post_id, sum(views) as views
        from daily_post_metrics
        where age_days < 7 and format is not null
        group by platform, format, social_post_id
        """,
        engine,
    )
    return first_week.pivot_table(values="views", index="platform", columns="format", aggfunc="median").round()


def audience(engine: Engine) -> pd.DataFrame:
    newest = pd.read_sql("select * from audience where day = (select max(day) from audience)", engine)
    return newest.pivot_table(values="share", index=["dimension", "value"], columns="platform").round(2)


QUESTIONS: dict[str, Callable[[Engine], pd.DataFrame]] = {
    "4. What does a script's length do to the watch time?": length_and_watch_time,
    "7. Which posts are worth saving?": saves,
    "9. Reels, or avatars?": reels_and_avatars,
    "12. Who is watching?": audience,
}


def _posts(engine: Engine) -> pd.DataFrame:
    return pd.read_sql("select * from posts where vanished_at is null", engine)


if __name__ == "__main__":
    main()
