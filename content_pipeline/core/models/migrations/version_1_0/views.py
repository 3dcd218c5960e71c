"""Views for analysts, in the schema `analytics`: made from one list, so that no column is without a comment."""

from collections.abc import Iterator

from alembic import op

# Name, expression and meaning.
Column = tuple[str, str, str]

# The workspaces that the session's role may see. `current_user` is the role that runs the query, also in a view; only
# the owner of the tables, and roles that have its rights, see all without a row in `analysts`.
VISIBLE = """
    select id as workspace_id, name as workspace
    from public.workspaces
    where exists (
        select from public.analysts
        where analysts.role = current_user::text
          and (analysts.workspace_id is null or analysts.workspace_id = workspaces.id)
    ) or pg_has_role(current_user, (select relowner from pg_class where oid = 'public.analysts'::regclass), 'usage')
"""

# The first line or sentence. Full-width marks end one wherever they stand, others only before a blank, and not after a
# title. Quotes and brackets that close it belong to it.
HOOK = r"""nullif(left(substring(
        btrim(coalesce({script}, {text}), E' \t\r\n')
        from '^[^\n]*?(?:(?<!\m(?:Mrs?|Ms|Dr|Prof|St))[.!?…؟۔।]+[]"''”’»)]*(?=\s|$)'
            || '|[。！？]+[]"''”’」』）】]*(?![。！？"''”’」』）】])|(?=\n)|$)'
    ), 200), '')"""

# What a row is joined to, for its workspace and for what a post is.
VISIBLE_ONLY = "join public.visible_workspaces on visible_workspaces.workspace_id = accounts.workspace_id"
ACCOUNT = "join public.accounts on accounts.id = {source}.account_id " + VISIBLE_ONLY
PUBLISHED_AS = """left join public.twins on twins.id = social_posts.twin_id
    left join public.publications on publications.id = social_posts.publication_id"""
VIDEO = """left join public.reels on reels.id = publications.reel_id
    left join public.avatar_videos on avatar_videos.id = publications.avatar_video_id"""

SCRIPT = "coalesce(publications.script, reels.script, avatar_videos.script)"
FORMAT = """case when publications.reel_id is not null then 'reel'
         when publications.avatar_video_id is not null then 'avatar'
         when publications.id is not null then 'video' end"""
DURATION = """coalesce(social_posts.seconds,
             (coalesce(reels.media, avatar_videos.media) ->> 'seconds')::double precision)"""

WORKSPACE = ("workspace", "visible_workspaces.workspace", "The name of the workspace that it belongs to.")
PLATFORM = ("platform", "accounts.platform", "instagram, tiktok, linkedin or youtube.")
ACCOUNT_ID = ("account_id", "accounts.id", "The account: key of accounts.")
HANDLE = ("handle", "accounts.handle", "The name of the account in its address, as the platform writes it.")
POST_KEY = ("social_post_id", "social_posts.id", "The post: key of posts.")
TWIN = [
    ("twin_id", "social_posts.twin_id", "The twin that it was published as: key of twins. Null: none."),
    ("twin_name", "twins.name", "The name of that twin."),
]
KIND = [
    ("external", "social_posts.publication_id is null", "True for a post that was not published here."),
    ("format", FORMAT, "What its video is: reel or avatar, made here, or video, a file of the client. Null: external."),
    (
        "caption_style",
        "publications.options ->> 'caption_style'",
        "The caption style that was asked for. Null: that of the platform, a text of the client, or an external post.",
    ),
]
PUBLISHED = ("published_at", "social_posts.published_at", "When it was published.")

# Each with its meaning as a total, and as the growth of a day.
COUNTED = {
    "views": ("Plays of the video since it was published.", "Plays on this day."),
    "impressions": ("Times that it was shown.", "Times that it was shown on this day."),
    "reach": ("Different people who saw it.", "Different people on this day; of several days, do not add it up."),
    "likes": ("Likes and other reactions.", "Likes and other reactions on this day, less those taken back."),
    "comments": ("Comments.", "Comments on this day, less those deleted."),
    "shares": ("Shares and reposts.", "Shares and reposts on this day."),
    "saves": ("Times that it was saved.", "Times that it was saved on this day."),
    "clicks": ("Clicks on its link.", "Clicks on its link on this day."),
    "watch_seconds": ("Seconds watched, of all views together.", "Seconds watched on this day, of all views together."),
    "average_view_seconds": (
        "Seconds watched in one view, as the platform says.",
        "Seconds watched in one view on this day, as the platform says.",
    ),
}
UNKNOWN = " Null: the platform does not say."
GAINED = ("followers_gained", "New followers less those who left, {}.")


def totals(source: str) -> list[Column]:
    return [(metric, f"{source}.{metric}", text + UNKNOWN) for metric, (text, _) in COUNTED.items()]


def growth(source: str) -> list[Column]:
    return [(metric, f"{source}.{metric}", text + UNKNOWN) for metric, (_, text) in COUNTED.items()]


ESTIMATED = "True where no reading lies at both borders of the day: its figures are a share of the growth over a gap."

# Name, what a row is, the columns, and what follows the columns.
VIEWS: list[tuple[str, str, list[Column], str]] = [
    (
        "accounts",
        "Dimension: one row for each account that is or was connected.",
        [
            ACCOUNT_ID,
            WORKSPACE,
            PLATFORM,
            HANDLE,
            ("account_name", "accounts.name", "The name that the account shows."),
            (
                "status",
                "accounts.status",
                "connected, needs_reconnect or disconnected; figures come only while connected.",
            ),
            ("connected_at", "accounts.connected_at", "When it was last connected."),
            ("followers", "latest.followers", "Followers, as last known. Null: never known."),
        ],
        f"""
    from public.accounts {VISIBLE_ONLY}
    left join lateral (
        select followers from public.daily_metrics
        where account_id = accounts.id and followers is not null order by day desc limit 1
    ) as latest on true
    """,  # noqa: S608 - all of it is of this file
    ),
    (
        "twins",
        "Dimension: one row for each twin, the persona that a post is published as.",
        [
            ("twin_id", "twins.id", "The twin: key of this view."),
            WORKSPACE,
            ("twin_name", "twins.name", "The name of the twin."),
            ("voice_id", "twins.voice_id", "The voice of its videos."),
            ("style_tags", "twins.style_tags", "The tags that choose the look of its reels."),
            ("makes", "twins.make", "What is made of its scripts: reel or avatar."),
            ("created_at", "twins.created_at", "When it was made."),
            ("deleted_at", "twins.deleted_at", "When it was deleted. Null: it is in use."),
        ],
        "from public.twins join public.visible_workspaces using (workspace_id)",
    ),
    (
        "posts",
        "Dimension: one row for each post, made here or elsewhere, with its totals as of its last reading.",
        [
            POST_KEY,
            WORKSPACE,
            PLATFORM,
            ACCOUNT_ID,
            HANDLE,
            ("post_id", "social_posts.post_id", "The id of the post on its platform."),
            ("post_url", "social_posts.url", "Its address. Null: the platform does not say."),
            ("text", "social_posts.text", "The text of the post, with its hashtags."),
            ("script", SCRIPT, "What is spoken in the video. Null: not known here."),
            (
                "hook",
                HOOK.format(script=SCRIPT, text="social_posts.text"),
                "The first sentence of the script, or of the text where there is no script; at most 200 characters.",
            ),
            (
                "script_words",
                rf"cardinality(regexp_split_to_array(btrim({SCRIPT}, E' \t\r\n'), '\s+'))",
                "Words of the script, as blanks divide it. Null: without a script.",
            ),
            ("duration_seconds", DURATION, "Length of the video. Null: not known."),
            *TWIN,
            *KIND,
            PUBLISHED,
            ("published_day", "(social_posts.published_at at time zone 'UTC')::date", "The UTC day: key of days."),
            (
                "published_weekday",
                "(extract(isodow from social_posts.published_at at time zone 'UTC') - 1)::int",
                "The weekday in UTC: 0 is Monday, 6 is Sunday.",
            ),
            (
                "published_hour",
                "extract(hour from social_posts.published_at at time zone 'UTC')::int",
                "The hour in UTC, 0 to 23. For another zone: extract(hour from published_at at time zone name).",
            ),
            ("read_at", "social_posts.read_at", "When its totals were last read. Null: not yet."),
            (
                "vanished_at",
                "social_posts.vanished_at",
                "The first reading at which the platform no longer had it. Null: it is there.",
            ),
            *totals("latest"),
            (GAINED[0], f"latest.{GAINED[0]}", GAINED[1].format("by this post") + UNKNOWN),
        ],
        f"""
    from public.social_posts
    {ACCOUNT.format(source="social_posts")}
    {PUBLISHED_AS}
    {VIDEO}
    left join lateral (
        select * from public.metric_snapshots
        where account_id = social_posts.account_id and social_post_id = social_posts.id order by taken_at desc limit 1
    ) as latest on true
    """,  # noqa: S608 - all of it is of this file
    ),
    (
        "daily_account_metrics",
        "Fact: the figures of one account on one UTC day.",
        [
            (
                "day",
                "daily_metrics.day",
                "The UTC day: key of days. Of what platforms report, their own day of this date.",
            ),
            ACCOUNT_ID,
            WORKSPACE,
            PLATFORM,
            HANDLE,
            *growth("daily_metrics"),
            ("followers", "daily_metrics.followers", "Followers at the end of the day. Null: not known."),
            (GAINED[0], f"daily_metrics.{GAINED[0]}", GAINED[1].format("on this day") + UNKNOWN),
            ("estimated", "daily_metrics.estimated", ESTIMATED),
            (
                "reported",
                """exists (
            select from public.reported_days
            where account_id = daily_metrics.account_id and day = daily_metrics.day and source = 'platform'
        )""",
                "True where the platform itself has told figures of this day; the others are derived from totals.",
            ),
            (
                "stated",
                """exists (
            select from public.reported_days
            where account_id = daily_metrics.account_id and day = daily_metrics.day and source = 'external'
        )""",
                "True where an operator has sent figures of this day; those of the platform come before them.",
            ),
        ],
        f"from public.daily_metrics {ACCOUNT.format(source='daily_metrics')}",
    ),
    (
        "daily_post_metrics",
        "Fact: the figures of one post on one UTC day, the growth since the day before.",
        [
            ("day", "daily_post_metrics.day", "The UTC day: key of days."),
            POST_KEY,
            ACCOUNT_ID,
            WORKSPACE,
            PLATFORM,
            HANDLE,
            *TWIN,
            *KIND,
            PUBLISHED,
            (
                "age_days",
                "daily_post_metrics.day - (social_posts.published_at at time zone 'UTC')::date",
                "Days since it was published: 0 on that day.",
            ),
            *growth("daily_post_metrics"),
            (GAINED[0], f"daily_post_metrics.{GAINED[0]}", GAINED[1].format("by this post on this day") + UNKNOWN),
            ("estimated", "daily_post_metrics.estimated", ESTIMATED),
        ],
        f"""
    from public.daily_post_metrics
    join public.social_posts on social_posts.id = daily_post_metrics.social_post_id
    {ACCOUNT.format(source="daily_post_metrics")}
    {PUBLISHED_AS}
    """,
    ),
    (
        "snapshots",
        "Fact: one reading of a post or an account: its totals at that moment, as the platform gave them.",
        [
            ("taken_at", "metric_snapshots.taken_at", "When it was read."),
            ACCOUNT_ID,
            WORKSPACE,
            PLATFORM,
            HANDLE,
            (
                "social_post_id",
                "metric_snapshots.social_post_id",
                "The post: key of posts. Null: a reading of the account.",
            ),
            (
                "age_hours",
                "extract(epoch from metric_snapshots.taken_at - social_posts.published_at)::double precision / 3600",
                "Hours since the post was published. Null: a reading of the account.",
            ),
            *totals("metric_snapshots"),
            ("followers", "metric_snapshots.followers", "Followers of the account at that moment. Null: not read."),
            (GAINED[0], f"metric_snapshots.{GAINED[0]}", GAINED[1].format("by this post") + UNKNOWN),
        ],
        f"""
    from public.metric_snapshots
    {ACCOUNT.format(source="metric_snapshots")}
    left join public.social_posts on social_posts.id = metric_snapshots.social_post_id
    """,
    ),
    (
        "audience",
        "Fact: the share of one group among the followers or viewers of an account, as of one day.",
        [
            ("day", "audience_shares.day", "The UTC day on which it was read."),
            ACCOUNT_ID,
            WORKSPACE,
            PLATFORM,
            HANDLE,
            ("dimension", "audience_shares.dimension", "age, country or gender."),
            (
                "value",
                "audience_shares.value",
                "The group: an age group like 25-34, a country by ISO 3166-1 code, or female, male, other.",
            ),
            ("share", "audience_shares.share", "The share from 0 to 1 of the groups that the platform tells."),
        ],
        f"from public.audience_shares {ACCOUNT.format(source='audience_shares')}",
    ),
    # After daily_account_metrics, on which it stands.
    (
        "days",
        "Dimension: one row for each UTC day, from the first to the last that has figures.",
        [
            ("day", "day", "The UTC day: key of this view."),
            ("weekday", "(extract(isodow from day) - 1)::int", "0 is Monday, 6 is Sunday."),
            ("weekday_name", "to_char(day, 'FMDay')", "The weekday in English."),
            ("is_weekend", "extract(isodow from day) >= 6", "True on Saturday and Sunday."),
            ("iso_week", """to_char(day, 'IYYY-"W"IW')""", "The week by ISO 8601, like 2026-W48."),
            ("week_start", "date_trunc('week', day)::date", "The Monday of that week."),
            ("month", "to_char(day, 'YYYY-MM')", "The month, like 2026-11."),
            ("month_start", "date_trunc('month', day)::date", "The first day of that month."),
            ("quarter", """to_char(day, 'YYYY-"Q"Q')""", "The quarter, like 2026-Q4."),
            ("year", "extract(year from day)::int", "The year."),
        ],
        """
    from (
        select generate_series(min(day)::timestamp, max(day)::timestamp, interval '1 day')::date as day
        from analytics.daily_account_metrics
    ) as calendar
    """,
    ),
]


def create() -> None:
    """Create the schema and its views; the tables that they read have to be there."""
    statements = [
        f"create view public.visible_workspaces as {VISIBLE}",
        "create schema analytics",
        "comment on schema analytics is 'Figures of accounts and posts as a star, for analysts.'",
        *(statement for view in VIEWS for statement in _statements(*view)),
    ]
    for statement in statements:
        # As it is: `op.execute` takes the colons of a regular expression for parameters.
        op.get_bind().exec_driver_sql(statement)


def _statements(view: str, meaning: str, columns: list[Column], source: str) -> Iterator[str]:
    chosen = ", ".join(f"{expression} as {name}" for name, expression, _ in columns)
    yield f"create view analytics.{view} with (security_barrier) as select {chosen} {source}"
    yield f"comment on view analytics.{view} is {_quoted(meaning)}"
    for name, _, text in columns:
        yield f"comment on column analytics.{view}.{name} is {_quoted(text)}"
    # The schema itself is open to analysts only, and the rows by `visible_workspaces`.
    yield f"grant select on analytics.{view} to public"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
