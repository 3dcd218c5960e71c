"""Document store in SQLite, with media files beside it and a movable clock. It survives a kill -9 of the server."""

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

    `clock_file` holds the offset of the clock from real time, in seconds; processes with the same file share a clock.
    """

    def __init__(self, folder: Path, clock_file: Path | None = None) -> None:
        self._media = folder / "media"
        self._media.mkdir(parents=True, exist_ok=True)
        self._clock_file = clock_file or folder / "clock-offset"
        self._lock = RLock()
        self._depth = 0
        self._database = sqlite3.connect(folder / "world.sqlite", check_same_thread=False, isolation_level=None)
        # With WAL, synchronous = NORMAL loses commits only in a power failure, not when the process is killed.
        self._database.executescript(f"PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; {_SCHEMA}")

    def close(self) -> None:
        self._database.close()

    # ── time ─────────────────────────────────────────────────────────────────────────────────────────────

    def now(self) -> datetime:
        """The current time of the sandbox, an aware UTC datetime."""
        return datetime.now(UTC) + timedelta(seconds=self._offset())  # noqa: TID251 - it has a clock of its own

    def timestamp(self) -> float:
        """The same in seconds since the epoch, as stored in documents."""
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
        """Exclusive transaction, reentrant within a thread; rolls back if the block raises."""
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
        """Insert or replace a document."""
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

    def find(self, kind: str, /, **fields: str | float) -> list[Document]:
        """The documents of a kind with these field values, in order of insertion."""
        condition = "".join(f" AND body ->> '$.{name}' = ?" for name in fields)
        query = f"SELECT body FROM documents WHERE kind = ?{condition} ORDER BY number"  # noqa: S608 - field names come from our code
        with self._lock:
            return [_document(row) for row in self._database.execute(query, (kind, *fields.values()))]

    def delete(self, kind: str, id: str) -> None:
        with self.transaction():
            self._database.execute("DELETE FROM documents WHERE kind = ? AND id = ?", (kind, id))

    def reset(self) -> None:
        """Delete all documents and media. The clock stays, because other processes share it."""
        with self.transaction():
            self._database.execute("DELETE FROM documents")
            shutil.rmtree(self._media)
            self._media.mkdir()

    # ── posts ────────────────────────────────────────────────────────────────────────────────────────────

    def media_path(self, name: str) -> Path:
        """The path of a media file, whether it exists or not."""
        return self._media / name

    def posts(self, **fields: str) -> list[Document]:
        """The posts with these field values, oldest first, without deleted ones."""
        found = [post for post in self.find("post", **fields) if not post.get("deleted_at")]
        return sorted(found, key=lambda post: post["time"])

    def publish_post(
        self,
        *,
        platform: Platform,
        id: str,
        account: str,
        text: str,
        media: str,
        seconds: float | None,
        time: float | None = None,
        **extra: Any,
    ) -> None:
        """Publish a post, now or at `time` in the past. `account` is the account's id on the platform, `media` a file
        name, `seconds` its length; `extra` holds whatever else is visible: title, privacy, captions …"""
        owner = self.get("account", f"{platform}:{account}") or {}
        post = {
            "platform": platform,
            "id": id,
            "account": account,
            "account_name": owner.get("username", account),
            "text": text,
            "media": media,
            "seconds": seconds,
            "time": self.timestamp() if time is None else time,
        }
        self.put("post", f"{platform}:{id}", {**post, **extra})

    def delete_post(self, platform: Platform, id: str) -> bool:
        """Delete a post. False when there is none, or no longer."""
        with self.transaction():
            post = self.get("post", f"{platform}:{id}")
            if post is None or post.get("deleted_at"):
                return False
            self.put("post", f"{platform}:{id}", {**post, "deleted_at": self.timestamp()})
            return True


def _document(row: tuple[str]) -> Document:
    document: Document = json.loads(row[0])
    return document
