"""Manages analysts: read-only PostgreSQL roles for the schema `analytics`, restricted to a workspace or not.

The views show a role the workspaces that its row in `analysts` names; see docs/decisions/0024-analysts-are-roles.md.
"""

import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final, LiteralString

import psycopg
from psycopg import sql
from sqlalchemy import make_url, select, text
from sqlalchemy.orm import Session

from content_pipeline.core.errors import Conflict, Invalid, NotFound
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import driver_cursor
from content_pipeline.core.models import Analyst, Workspace
from content_pipeline.core.settings import settings
from content_pipeline.core.workspaces import workspaces

CONNECTIONS: Final = 5
# What a session of an analyst begins with. All but the connections it may change: what it may read and write does not
# depend on them.
_SESSION: Final = {
    "search_path": "analytics",
    "timezone": "UTC",
    "default_transaction_read_only": "on",
    "statement_timeout": "5min",
    # An open transaction keeps PostgreSQL from removing old rows.
    "idle_in_transaction_session_timeout": "10min",
}
# Of each role that exists.
_SESSIONS: Final = text(
    "select rolname, count(pid) as sessions from pg_roles"
    " left join pg_stat_activity on usesysid = pg_roles.oid group by rolname"
)
_NAME: Final = re.compile(r"(?!pg_|public$|none$)[a-z][a-z0-9_]{0,62}")


@dataclass(frozen=True, slots=True)
class AnalystView:
    """`workspace` is None for an analyst of all. `sessions` are open; None when the role no longer exists."""

    name: str
    workspace: str | None
    created_at: datetime
    sessions: int | None


def create(session: Session, name: str, workspace: str | None = None) -> str:
    """Create a role that sees the rows of a workspace, or of all, and return its connection URL with the password.

    The password is not stored, and PostgreSQL gets only its SCRAM verifier, so that no log has it. Raises Invalid for a
    name that no role may have, for a database that others may write to, and without the right to create roles;
    Conflict for a role that exists; NotFound for an unknown workspace.
    """
    _lock(session)
    _check_name(session, name)
    owner = workspaces.named(session, workspace) if workspace is not None else None
    session.add(Analyst(role=name, workspace_id=owner and owner.id, created_at=now()))
    session.flush()
    _create_role(session, name)
    return _new_password(session, name)


def rotate(session: Session, name: str) -> str:
    """Give an analyst a new password, end its sessions, and return its connection URL. Raises NotFound.

    One whose role is missing, as after the restore of a backup on another server, gets one, as `create` makes it.
    """
    _lock(session)
    _get(session, name)
    if _role_exists(session, name):
        _grant(session, name)
    else:
        _create_role(session, name)
    with _allowed():
        url = _new_password(session, name)
        _end_sessions(session, name)
    return url


def drop(session: Session, name: str) -> None:
    """End an analyst's sessions, and drop its role. Raises NotFound, and Conflict when it has rights elsewhere."""
    _lock(session)
    session.delete(_get(session, name))
    if not _role_exists(session, name):
        return
    role = sql.Identifier(name)
    with _allowed():
        _end_sessions(session, name)
        _run(session, "revoke usage on schema analytics from {}", role)
        _run(session, "revoke connect on database {} from {}", _database(session), role)
        try:
            _run(session, "drop role {}", role)
        except psycopg.errors.DependentObjectsStillExist as error:
            raise Conflict(
                f"The role {name} has been given more than an analyst has: {error.diag.message_detail}.",
                code="role_in_use",
                remedy="Take that away from it (REVOKE, DROP OWNED BY), then drop it again.",
            ) from error


def list_all(session: Session) -> Sequence[AnalystView]:
    """All analysts by name."""
    rows = session.execute(
        select(Analyst.role, Workspace.name, Analyst.created_at)
        .outerjoin(Workspace, Workspace.id == Analyst.workspace_id)
        .order_by(Analyst.role)
    ).all()
    sessions = {row.rolname: row.sessions for row in session.execute(_SESSIONS)}
    return [AnalystView(*row, sessions=sessions.get(row.role)) for row in rows]


def open_views(session: Session) -> None:
    """Grant what the migrations do, and a dump of the database leaves out (cli/database_dumps.py)."""
    _run(session, "grant select on all tables in schema analytics to public")


def _create_role(session: Session, name: str) -> None:
    """Create a role without a password. Raises Invalid."""
    role = sql.Identifier(name)
    with _allowed():
        _run(session, "create role {} login connection limit {}", role, sql.Literal(CONNECTIONS))
        for setting, value in _SESSION.items():
            _run(session, "alter role {} set {} = {}", role, sql.Identifier(setting), sql.Literal(value))
    _grant(session, name)


def _grant(session: Session, name: str) -> None:
    """Let a role read the views, and nothing else. Raises Invalid."""
    role, database = sql.Identifier(name), _database(session)
    with _allowed():
        _run(session, "revoke temporary on database {} from public", database)
        _run(session, "grant connect on database {} to {}", database, role)
        _run(session, "revoke all on schema public from public")
        _run(session, "grant usage on schema analytics to {}", role)
    _check_is_confined(session, name)


def _get(session: Session, name: str) -> Analyst:
    found = session.get(Analyst, name)
    if found is None:
        raise NotFound(
            f"There is no analyst {name}.", code="analyst_not_found", remedy="`analysts list` shows all of them."
        )
    return found


def _new_password(session: Session, name: str) -> str:
    password = secrets.token_urlsafe(32)
    with driver_cursor(session) as opened:
        verifier = opened.connection.pgconn.encrypt_password(password.encode(), name.encode(), b"scram-sha-256")
    _run(session, "alter role {} password {}", sql.Identifier(name), sql.Literal(verifier.decode()))
    ours = make_url(settings().database_url.get_secret_value())
    # Of the options only those that say where the server is, and how it is trusted.
    query = {option: value for option, value in ours.query.items() if option in ("host", "port", "sslmode")}
    url = ours.set(drivername="postgresql", username=name, password=password, query=query)
    return url.render_as_string(hide_password=False)


def _end_sessions(session: Session, name: str) -> None:
    """Who creates a role may grant it to itself, and so end its sessions."""
    _run(session, "grant {} to current_user", role := sql.Identifier(name))
    ended = text("select pg_terminate_backend(pid) from pg_stat_activity where usename = :name")
    session.execute(ended, {"name": name})
    _run(session, "revoke {} from current_user", role)


def _check_name(session: Session, name: str) -> None:
    if not _NAME.fullmatch(name):
        raise Invalid(
            f"{name!r} cannot be the name of an analyst.",
            code="analyst_name_invalid",
            remedy="Use up to 63 lower-case letters, digits and _, a letter first, and no pg_ before it.",
        )
    if session.get(Analyst, name):
        raise Conflict(
            f"There is an analyst {name}.",
            code="analyst_exists",
            remedy=f"`analysts rotate {name}` gives it a new password; `analysts drop {name}` removes it.",
        )
    if _role_exists(session, name):
        raise Conflict(
            f"This PostgreSQL server has a role {name} that is not an analyst.",
            code="role_exists",
            remedy="Choose another name.",
        )


def _check_is_confined(session: Session, name: str) -> None:
    """Raises Invalid when everybody may do more in this database than an analyst may."""
    is_open = text(
        "select has_schema_privilege(:name, 'public', 'usage') or has_schema_privilege(:name, 'public', 'create')"
        " or has_database_privilege(:name, current_database(), 'temporary, create')"
    )
    if session.scalar(is_open, {"name": name}):
        database = session.scalar(text("select current_database()"))
        raise Invalid(
            f"In the database {database}, every role may use the schema public or create tables.",
            code="database_open",
            remedy="As the owner of both, run: REVOKE ALL ON SCHEMA public FROM PUBLIC;"
            f' REVOKE TEMPORARY, CREATE ON DATABASE "{database}" FROM PUBLIC;'
            " (and grant to the role of CONTENT_PIPELINE_DATABASE_URL what it had from PUBLIC only).",
        )


def _lock(session: Session) -> None:
    """One change at a time: PostgreSQL refuses two grants on one database at once ("tuple concurrently updated")."""
    session.execute(text("lock table analysts in share row exclusive mode"))


def _role_exists(session: Session, name: str) -> bool:
    return bool(session.scalar(text("select exists (select from pg_roles where rolname = :name)"), {"name": name}))


def _database(session: Session) -> sql.Identifier:
    return sql.Identifier(str(session.scalar(text("select current_database()"))))


def _run(session: Session, statement: LiteralString, *parts: sql.Composable) -> None:
    with driver_cursor(session) as opened:
        opened.execute(sql.SQL(statement).format(*parts))


@contextmanager
def _allowed() -> Iterator[None]:
    try:
        yield
    except psycopg.errors.InsufficientPrivilege as error:
        role = make_url(settings().database_url.get_secret_value()).username
        raise Invalid(
            f"PostgreSQL does not let the role {role} manage roles: {error.diag.message_primary}.",
            code="createrole_missing",
            remedy=f'As a superuser of the server, run: ALTER ROLE "{role}" CREATEROLE;',
        ) from error
