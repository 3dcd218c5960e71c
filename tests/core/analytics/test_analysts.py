"""Analysts: what a role sees of the schema analytics, and that nothing else is in its reach."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any, LiteralString
from uuid import UUID

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url, text

from content_pipeline.core.analytics import analysts
from content_pipeline.core.errors import Conflict, Error, Invalid, NotFound
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import Base, engine, transaction
from content_pipeline.core.settings import settings
from tests import analyst_roles
from tests.analyst_roles import as_superuser, connect, new_name
from tests.factories import make_workspace
from tests.metric_history import History, at

VIEWS = [
    "accounts",
    "audience",
    "daily_account_metrics",
    "daily_post_metrics",
    "days",
    "posts",
    "snapshots",
    "twins",
]
SECRET = "only for the other workspace"


@pytest.fixture
def own(workspace_id: UUID) -> History:
    return _history(workspace_id, "7")


@pytest.fixture
def foreign(database: None) -> History:
    with transaction() as session:
        other = make_workspace(session)
    return _history(other, SECRET)


@pytest.fixture
def session(own: History, foreign: History) -> Iterator[psycopg.Connection]:
    """An analyst of the first of two workspaces."""
    with analyst_roles.analyst(own.workspace_id) as url, connect(url) as connection:
        yield connection


def _history(workspace_id: UUID, text: str) -> History:
    history = History(workspace_id)
    post = history.post(at(0), text=text)
    for hours in (1, 23, 25, 40):
        history.read(at(0, hours), post, views=10 * hours)
        history.read(at(0, hours), followers=100 + hours)
    history.derive(0, 1)
    return history


def rows(connection: psycopg.Connection, query: LiteralString) -> list[Any]:
    return connection.execute(query).fetchall()


@pytest.mark.slow
def test_an_analyst_of_a_workspace_sees_its_rows_in_every_view(session: psycopg.Connection, own: History) -> None:
    accounts = rows(session, "select account_id from accounts")
    assert accounts == [(own.account_id,)]
    for view in ("posts", "daily_account_metrics", "daily_post_metrics", "snapshots"):
        found = session.execute(sql.SQL("select distinct account_id from {}").format(sql.Identifier(view))).fetchall()
        assert found == accounts, view
    assert rows(session, "select day from days") == [(at(0).date(),), (at(1).date(),)]


@pytest.mark.slow
def test_an_analyst_of_all_workspaces_sees_all_rows(own: History, foreign: History) -> None:
    with analyst_roles.analyst() as url, connect(url) as connection:
        found = {account for (account,) in rows(connection, "select account_id from posts")}
    assert found == {own.account_id, foreign.account_id}


@pytest.mark.slow
def test_the_owner_of_the_tables_sees_all_rows_without_being_an_analyst(own: History, foreign: History) -> None:
    with engine().connect() as connection:
        assert connection.scalar(text("select count(*) from analytics.posts")) == 2


@pytest.mark.slow
def test_a_role_that_is_no_analyst_any_more_sees_nothing(session: psycopg.Connection) -> None:
    with transaction() as ours:
        ours.execute(text("delete from analysts"))
    assert rows(session, "select * from posts") == []


@pytest.mark.slow
def test_no_table_can_be_read(session: psycopg.Connection) -> None:
    for table in [*Base.metadata.tables, "visible_workspaces", "alembic_version"]:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            session.execute(sql.SQL("select * from public.{}").format(sql.Identifier(table)))
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            session.execute("select query_to_xml('select * from public.' || %s, true, true, '')", [table])


@pytest.mark.slow
def test_an_analyst_cannot_get_more_rights(session: psycopg.Connection) -> None:
    """Not even with what only a session's settings say."""
    session.execute("set default_transaction_read_only = off")
    attempts: list[LiteralString] = [
        "set role content_pipeline",
        "set role postgres",
        "set session authorization postgres",
        "select set_config('role', 'content_pipeline', false)",
        "select set_config('session_authorization', 'postgres', false)",
        "grant content_pipeline to current_user",
        "alter role current_user createrole",
        "alter role current_user connection limit 100",
        "create role another",
        "create schema mine",
        "create table analytics.mine (id int)",
        "create table public.mine (id int)",
        "create temporary table mine (id int)",
        "create view analytics.mine as select 1 as one",
        "create or replace view analytics.posts as select 1 as one",
        "alter view analytics.posts set (security_barrier = false)",
        "create function pg_temp.shown(text) returns bool language plpgsql cost 0.0001 as "
        "$$ begin raise notice '%', $1; return true; end $$",
        "create function analytics.shown() returns int language sql as 'select 1'",
        "insert into public.analysts values (current_user, null, now())",
        "update accounts set handle = 'mine'",
        "delete from audience",
        "copy (select * from public.accounts) to stdout",
        "copy (select 1) to program 'true'",
        "select pg_read_file('/etc/passwd')",
        "select lo_create(0)",
        "select pg_advisory_lock(1)",
        "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'content_pipeline'",
        "do language plpython3u 'pass'",
        "create extension dblink",
    ]
    # No permission, no such language, no view that takes changes.
    refusals = (
        psycopg.errors.InsufficientPrivilege,
        psycopg.errors.UndefinedObject,
        psycopg.errors.ObjectNotInPrerequisiteState,
    )
    for attempt in attempts:
        with pytest.raises(refusals):
            session.execute(attempt)


@pytest.mark.slow
def test_a_condition_that_tells_what_it_meets_meets_no_foreign_row(session: psycopg.Connection) -> None:
    conditions: list[LiteralString] = [
        "text::int > 0",
        "text || '' <> '' and text::int = 7",
        "1 / (case when text like '%other%' then 0 else 1 end) = 1",
        "set_config('seen.text', text, false) <> ''",
    ]
    for condition in conditions:
        found = session.execute(sql.SQL("select text from posts where {}").format(sql.SQL(condition))).fetchall()
        assert found == [("7",)], condition
    assert rows(session, "select current_setting('seen.text')") == [("7",)]


@pytest.mark.slow
def test_the_catalog_tells_nothing_of_the_contents(session: psycopg.Connection) -> None:
    with engine().begin() as ours:
        ours.execute(text("analyze social_posts, accounts"))
    assert rows(session, "select * from pg_stats where schemaname = 'public'") == []
    assert (
        rows(session, "select query from pg_stat_activity where usename = 'content_pipeline' and query ~* 'from'") == []
    )
    for secret in ("pg_authid", "pg_statistic", "pg_user_mapping", "pg_largeobject"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            session.execute(sql.SQL("select * from {}").format(sql.Identifier(secret)))


def test_an_analyst_cannot_enter_another_database(workspace_id: UUID) -> None:
    with analyst_roles.analyst(workspace_id) as url:
        for other in ("dagster", "postgres", "template1"):
            with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
                connect(make_url(url).set(database=other).render_as_string(hide_password=False))


def test_the_views_take_no_secret_column_of_the_tables(database: None) -> None:
    used = """
        select distinct pg_class.relname, pg_attribute.attname, pg_type.typname from pg_rewrite
        join pg_depend on pg_depend.objid = pg_rewrite.oid and classid = 'pg_rewrite'::regclass
        join pg_class on pg_class.oid = refobjid join pg_attribute on attrelid = refobjid and attnum = refobjsubid
        join pg_type on pg_type.oid = atttypid
        where ev_class in (select oid from pg_class where relnamespace = 'analytics'::regnamespace)
        and refclassid = 'pg_class'::regclass and pg_class.relnamespace = 'public'::regnamespace"""
    with engine().connect() as connection:
        found = {(table, column): type for table, column, type in connection.execute(text(used))}
    assert {table for table, _ in found} == {
        "accounts",
        "audience_shares",
        "avatar_videos",
        "daily_metrics",
        "daily_post_metrics",
        "metric_snapshots",
        "publications",
        "reels",
        "reported_days",
        "social_posts",
        "twins",
        "visible_workspaces",
    }
    assert "bytea" not in found.values()
    assert {column for table, column in found if table == "accounts"} == {
        "id",
        "workspace_id",
        "platform",
        "handle",
        "name",
        "status",
        "connected_at",
    }


def test_every_view_and_every_column_has_a_comment_and_every_view_is_a_barrier(database: None) -> None:
    columns = """
        select relname, attname, col_description(pg_class.oid, attnum), obj_description(pg_class.oid),
               'security_barrier=true' = any (reloptions) or 'security_barrier' = any (reloptions)
        from pg_class join pg_attribute on attrelid = pg_class.oid and attnum > 0
        where relnamespace = 'analytics'::regnamespace"""
    with engine().connect() as connection:
        found = connection.execute(text(columns)).all()
    assert sorted({view for view, *_ in found}) == VIEWS
    assert [row for row in found if not all(row)] == []


def test_an_analyst_has_a_few_connections_and_sessions_that_read_for_a_while(workspace_id: UUID) -> None:
    with analyst_roles.analyst(workspace_id) as url, ExitStack() as opened:
        for _ in range(analysts.CONNECTIONS):
            connection = opened.enter_context(connect(url))
        shown = {
            name: rows(connection, f"show {name}")[0][0] for name in ("statement_timeout", "search_path", "timezone")
        }  # type: ignore[arg-type]
        assert shown == {"statement_timeout": "5min", "search_path": "analytics", "timezone": "UTC"}
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute("create table analytics.mine (id int)")
        with pytest.raises(psycopg.OperationalError, match="too many connections"):
            connect(url)


def test_a_second_create_says_how_to_get_a_new_password(workspace_id: UUID) -> None:
    with analyst_roles.analyst(workspace_id) as url:
        name = make_url(url).username
        assert name
        with pytest.raises(Conflict) as refused, transaction() as session:
            analysts.create(session, name)
        assert (refused.value.code, f"analysts rotate {name}" in refused.value.remedy) == ("analyst_exists", True)
        with connect(url) as before:
            with transaction() as session:
                fresh = analysts.rotate(session, name)
            with pytest.raises(psycopg.OperationalError):
                before.execute("select 1")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            connect(url)
        connect(fresh).close()


def test_of_creations_at_the_same_moment_one_wins_each_name(database: None) -> None:
    names = [new_name(), new_name()]

    def create(name: str) -> str:
        with transaction() as session:
            return analysts.create(session, name)

    with ThreadPoolExecutor() as pool:
        attempts = [pool.submit(create, name) for name in names * 3]
    errors = [attempt.exception() for attempt in attempts]
    assert sorted(getattr(error, "code", "") for error in errors) == ["", "", *["analyst_exists"] * 4]
    for name in names:
        analyst_roles.remove(name)


def test_dropping_ends_the_sessions_and_leaves_nothing(workspace_id: UUID) -> None:
    name = new_name()
    with transaction() as session:
        url = analysts.create(session, name)
    with connect(url) as open_session:
        with transaction() as session:
            (listed,) = analysts.list_all(session)
            assert (listed.name, listed.workspace, listed.sessions) == (name, None, 1)
            analysts.drop(session, name)
        with pytest.raises(psycopg.OperationalError):
            open_session.execute("select 1")
    with transaction() as session:
        assert analysts.list_all(session) == []
        assert session.scalar(text("select count(*) from pg_roles where rolname = :name"), {"name": name}) == 0
    with pytest.raises(NotFound), transaction() as session:
        analysts.drop(session, name)


def test_an_analyst_whose_role_is_gone_is_listed_as_such_and_can_be_dropped(database: None) -> None:
    with transaction() as session:
        session.execute(text("insert into analysts values ('gone', null, :now)"), {"now": now()})
        assert [listed.sessions for listed in analysts.list_all(session)] == [None]
        analysts.drop(session, "gone")
        assert analysts.list_all(session) == []


def test_after_a_restore_rotate_makes_the_role_and_the_views_are_open_again(own: History) -> None:
    """A dump has neither roles nor rights."""
    with analyst_roles.analyst(own.workspace_id) as url:
        name = make_url(url).username
        assert name
        with transaction() as session:
            analysts.drop(session, name)
        with transaction() as session:
            row = {"name": name, "id": own.workspace_id, "now": now()}
            session.execute(text("insert into analysts values (:name, :id, :now)"), row)
            session.execute(text("revoke select on all tables in schema analytics from public"))
            analysts.open_views(session)
            fresh = analysts.rotate(session, name)
        with connect(fresh) as connection:
            assert len(rows(connection, "select * from accounts")) == 1


def test_a_role_that_has_been_given_more_is_not_dropped(database: None) -> None:
    with analyst_roles.analyst() as url:
        name = sql.Identifier(make_url(url).username or "")
        ours = settings().database_url.get_secret_value().replace("+psycopg", "")
        with connect(ours) as owner:
            owner.execute(sql.SQL("grant select on public.plans to {}").format(name))
            with pytest.raises(Conflict) as refused, transaction() as session:
                analysts.drop(session, name.as_string().strip('"'))
            assert "privileges for table plans" in refused.value.detail
            owner.execute(sql.SQL("revoke select on public.plans from {}").format(name))


def test_a_name_that_is_none_for_a_role_is_refused(database: None) -> None:
    unusual = ["", "Maria", "maria smith", 'x"; drop table accounts; --', "pg_maria", "public", "none", "ä", "9lives"]
    assert {_refused(name).code for name in [*unusual, "m" * 64]} == {"analyst_name_invalid"}


def test_a_role_that_is_no_analyst_is_left_alone(database: None) -> None:
    assert {_refused(name).code for name in ("postgres", "content_pipeline")} == {"role_exists"}


def test_a_reserved_word_can_be_a_name(database: None) -> None:
    with transaction() as session:
        url = analysts.create(session, "user")
    connect(url).close()
    analyst_roles.remove("user")


def test_an_unknown_workspace_has_no_analysts(database: None) -> None:
    assert _refused(new_name(), "nobody").code == "workspace_not_found"


def test_without_the_right_to_create_roles_the_remedy_is_named(workspace_id: UUID) -> None:
    name = new_name()
    as_superuser("alter role content_pipeline nocreaterole")
    try:
        refused = _refused(name)
    finally:
        as_superuser("alter role content_pipeline createrole")
    assert (refused.code, refused.remedy) == (
        "createrole_missing",
        'As a superuser of the server, run: ALTER ROLE "content_pipeline" CREATEROLE;',
    )


def test_a_database_that_everybody_may_write_to_has_no_analysts(database: None) -> None:
    as_superuser("grant create on database content to public")
    try:
        assert _refused(new_name()).code == "database_open"
    finally:
        as_superuser("revoke create on database content from public")


def test_the_server_is_never_told_the_password(workspace_id: UUID, tmp_path: Path) -> None:
    name, sent = new_name(), tmp_path / "protocol"
    with sent.open("w") as file, transaction() as session:
        driver: Any = session.connection().connection.driver_connection
        driver.pgconn.trace(file.fileno())
        urls = [analysts.create(session, name), analysts.rotate(session, name)]
        driver.pgconn.untrace()
    analyst_roles.remove(name)
    assert sent.read_text().count("SCRAM-SHA-256$") == 2
    for url in urls:
        password = make_url(url).password
        assert isinstance(password, str)
        assert len(password) == 43
        assert password not in sent.read_text()


def _refused(name: str, workspace: str | None = None) -> Error:
    """The error for which no analyst is created, and no trace of it is left."""
    with pytest.raises((Invalid, Conflict, NotFound)) as refused, transaction() as session:
        analysts.create(session, name, workspace)
    with transaction() as session:
        assert analysts.list_all(session) == []
    return refused.value
