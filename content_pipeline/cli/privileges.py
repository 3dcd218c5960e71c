"""Drop root's privileges: run a command as the owner of the state folder, through setpriv, as pg_ctlcluster does."""

import os
import pwd
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

from content_pipeline.cli import processes
from content_pipeline.cli.messages import fit
from content_pipeline.cli.stack_config import ROOT
from content_pipeline.core.errors import Conflict, Invalid

# A state folder may have these entries before the first start: a render without a stack leaves its cache there.
_BEFORE_FIRST_START: Final = {"cache", "lock", "logs"}
# This capability opens folders and files that other users cannot open (below /root), and lets nothing be written.
# Without the bit, access(2), by which shutil.which and PostgreSQL look for programs, ignores the capabilities of every
# user but root.
_READ_ALL: Final = [
    "--securebits=+no_setuid_fixup",
    *("--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search"),
]
_PRINT_FIRST_CLOSED: Final = """
for path; do
  if [ -d "$path" ]; then [ -x "$path" ]; else [ -r "$path" ]; fi || exec echo "$path"
done
"""


@dataclass(frozen=True)
class _User:
    uid: int
    gid: int
    name: str
    folder: Path
    groups: str

    @classmethod
    def of(cls, uid: int, gid: int) -> "_User":
        try:
            known = pwd.getpwuid(uid)
        except KeyError:  # the owner of a volume that a container shares with its host
            return cls(uid, gid, str(uid), Path("/nonexistent"), "--clear-groups")
        return cls(uid, known.pw_gid, known.pw_name, Path(known.pw_dir), "--init-groups")


def hand_over(folder: Path, like: Path | None = None) -> None:
    """Give a folder of root's, with what root has in it, to the owner of `like`; without that to `nobody`."""
    if folder.stat().st_uid != 0:
        return
    user = _owner(like or folder)
    os.chown(folder, user.uid, user.gid)
    # The walk uses descriptors and follows no links, because other users may write to folders in it meanwhile.
    for _, folders, files, descriptor in os.fwalk(folder):
        for name in (*folders, *files):
            if os.stat(name, dir_fd=descriptor, follow_symlinks=False).st_uid == 0:
                os.chown(name, user.uid, user.gid, dir_fd=descriptor, follow_symlinks=False)


def check_state_folder(home: Path) -> None:
    """Raises Conflict while a stack of root's runs in the folder, Invalid if it is root's and no state folder."""
    if home.stat().st_uid != 0:
        return
    names = {path.name for path in home.iterdir()}
    if "stack.json" not in names and not names <= _BEFORE_FIRST_START:
        raise Invalid(
            f"The folder {home} belongs to root, and holds other things than the state of a stack.",
            code="root_refused",
            remedy="Set CONTENT_PIPELINE_HOME to a folder of its own, which is then given to nobody.",
        )
    if running := processes.supervisor(home) or next(iter(processes.find(home)), None):
        raise Conflict(
            f"A stack that an earlier version started as root is running in {home}.",
            code="already_running",
            remedy=f"Stop it with `kill {running.pid}`, and start again: its state is then given to nobody.",
        )


def restart_as_owner(home: Path, *, explain: bool) -> NoReturn:
    """Replace this process of root's by the same command as the owner of `home`. Raises Invalid where that fails.

    With `explain` it says what has to be opened, where a capability is needed.
    """
    user = _owner(home)
    prefix, closed = _prefix(user, home)
    if closed and explain:
        remedy = f"chmod o+x {closed}" if closed.is_dir() else f"chown {user.name} {closed}"
        explanation = (
            f"The stack runs as {user.name}, who cannot open {closed}. So it may read all files of this host"
            f" (CAP_DAC_READ_SEARCH). To do without: {remedy}"
        )
        print(fit(explanation), file=sys.stderr, flush=True)
    # Libraries keep caches in the user's folder, and `nobody` has none.
    os.environ["HOME"] = str(user.folder if user.folder.is_dir() else home)
    os.execvp(prefix[0], [*prefix, sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - no shell is wanted


def command_prefix(home: Path) -> list[str]:
    """What makes a command of root's run as the owner of `home`; empty for other users. Raises Invalid."""
    return _prefix(_owner(home), home)[0] if os.geteuid() == 0 else []


def _owner(home: Path) -> _User:
    found = home.stat() if home.exists() else None
    if found is None or found.st_uid == 0:
        nobody = pwd.getpwnam("nobody")
        return _User.of(nobody.pw_uid, nobody.pw_gid)
    return _User.of(found.st_uid, found.st_gid)


def _prefix(user: _User, home: Path) -> tuple[list[str], Path | None]:
    """The setpriv command with no more capabilities than are needed, and what was closed without them."""
    paths = list(_needed(home))
    plain = ["setpriv", f"--reuid={user.uid}", f"--regid={user.gid}", user.groups, "--no-new-privs"]
    closed: Path | None = None
    for prefix in ([*plain, "--inh-caps=-all"], [*plain, *_READ_ALL]):
        try:
            tried = subprocess.run(
                [*prefix, "sh", "-c", _PRINT_FIRST_CLOSED, "sh", *map(str, paths)], capture_output=True, text=True
            )
        except FileNotFoundError:
            break
        if tried.returncode == 0 and not tried.stdout:
            return prefix, closed
        closed = closed or (Path(tried.stdout.strip()) if tried.stdout else None)
    raise Invalid(
        f"Nothing of the stack runs as root, and {user.name} cannot open {closed}."
        if closed
        else f"Nothing of the stack runs as root, and this system does not let it run as {user.name} (setpriv).",
        code="root_refused",
        remedy="Start the stack as a normal user, in folders that this user can open.",
    )


def _needed(home: Path) -> Iterable[Path]:
    """The folders and files that the owner has to open, each after those that it is in."""
    leaves = [Path.cwd(), ROOT, Path(sys.prefix), Path(sys.base_prefix), home, Path.cwd() / ".env"]
    return dict.fromkeys(path for leaf in leaves for path in (*reversed(leaf.parents), leaf) if path.exists())
