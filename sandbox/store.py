"""What the stand-ins remember: documents in one SQLite file, and media files beside it. It survives a kill -9 of the
server, because a real platform does not forget either."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import RLock
from typing import Any, Final, Literal

Document = dict[str, Any]
Platform = Literal["instagram", "tiktok", "linkedin", "youtube"]

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS documents (
    number INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL,
    UNIQUE (kind, id)
)
"""


class Store:
    """All state of one sandbox. Times in documents are seconds since the epoch, by `now()`.

    `clock_file` holds the seconds by which its clock differs from the real one; whoever else reads that file lives in
    the same time.
    """

    def __init__(self, folder: Path, clock_file: Path | None = None) -> None:
        self._media = folder / "media"
        self._media.mkdir(parents=True, exist_ok=True)
        self._clock_file = clock_file or folder / "clock-offset"
        self._lock = RLock()
        self._depth = 0
        self._database = sqlite3.connect(folder / "world.sqlite", check_same_thread=False, isolation_level=None)
        # What was committed survives the process; only a power cut could take it.
        self._database.executescript(f"PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; {_SCHEMA}")

    # ── time ─────────────────────────────────────────────────────────────────────────────────────────────

    def now(self) -> datetime:
        """The sandbox's present, an aware UTC datetime."""
        return datetime.now(UTC) + timedelta(seconds=self._offset())  # noqa: TID251 - it has a clock of its own

    def seconds(self) -> float:
        """The same as seconds since the epoch, as documents keep it."""
        return self.now().timestamp()

    def advance(self, seconds: float) -> None:
        with self._lock:
            part = self._clock_file.with_name(f"{self._clock_file.name}.part")
            part.write_text(str(self._offset() + seconds))
            part.replace(self._clock_file)

    def _offset(self) -> float:
        try:
            return float(self._clock_file.read_text() or 0)
        except FileNotFoundError:
            return 0.0

    # ── documents ────────────────────────────────────────────────────────────────────────────────────────

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Nobody else reads or writes while the block runs; what it wrote is undone when it raises."""
        with self._lock:
            outermost = self._depth == 0
            if outermost:
                self._database.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth -= 1
                if outermost:
                    self._database.execute("ROLLBACK")
                raise
            self._depth -= 1
            if outermost:
                self._database.execute("COMMIT")

    def put(self, kind: str, id: str, document: Document) -> None:
        """Keep the document, in place of an older one of that id."""
        with self.transaction():
            self._database.execute(
                "INSERT INTO documents (kind, id, body) VALUES (?, ?, ?)"
                " ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body",
                (kind, id, json.dumps(document)),
            )

    def get(self, kind: str, id: str) -> Document | None:
        with self._lock:
            row = self._database.execute("SELECT body FROM documents WHERE kind = ? AND id = ?", (kind, id)).fetchone()
        return _document(row) if row else None

    def all(self, kind: str, /, **fields: str | float) -> list[Document]:
        """The documents of a kind whose fields have these values, in the order in which they were first put."""
        condition = "".join(f" AND body ->> '$.{name}' = ?" for name in fields)
        query = f"SELECT body FROM documents WHERE kind = ?{condition} ORDER BY number"  # noqa: S608 - names of ours
        with self._lock:
            return [_document(row) for row in self._database.execute(query, (kind, *fields.values()))]

    def delete(self, kind: str, id: str) -> None:
        with self.transaction():
            self._database.execute("DELETE FROM documents WHERE kind = ? AND id = ?", (kind, id))

    def reset(self) -> None:
        """Forget everything but the time, which others share."""
        with self.transaction():
            self._database.execute("DELETE FROM documents")
            shutil.rmtree(self._media)
            self._media.mkdir()

    # ── what is live ─────────────────────────────────────────────────────────────────────────────────────

    def media(self, name: str) -> Path:
        """Where the media file of that name lies, or is to be put."""
        return self._media / name

    def post(self, *, platform: Platform, id: str, account: str, text: str, media: str, **extra: Any) -> None:
        """Make a post live. `account` is the account's id at the platform, `media` the name of its file; `extra` is
        what else there is to see: title, privacy, captions …"""
        owner = self.get("account", f"{platform}:{account}") or {}
        post = {
            "platform": platform,
            "id": id,
            "account": account,
            "account_name": owner.get("username", account),
            "text": text,
            "media": media,
            "time": self.seconds(),
        }
        self.put("post", f"{platform}:{id}", {**post, **extra})


def _document(row: tuple[str]) -> Document:
    document: Document = json.loads(row[0])
    return document
