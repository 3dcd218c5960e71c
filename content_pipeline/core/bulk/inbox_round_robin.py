"""Round-robin scheduling of the CSV inbox: one file of each workspace in turn, with a stored position.

A `Position` is stored before a file is taken: whatever the file does to the process, the next one goes on behind it.
Nothing is lost by that, as a file stays in the inbox until it has an outcome, and its turn comes again.
"""

from collections import deque
from collections.abc import Iterator
from typing import Final

from pydantic import BaseModel

from content_pipeline.core.bulk import csv_inbox
from content_pipeline.core.infrastructure import storage
from content_pipeline.core.infrastructure.storage import StoredObject

# A file whose attempts never end, because they end the process or take longer than a tick may.
MAX_ATTEMPTS: Final = 3


class Position(BaseModel):
    """`folder` is that of the last file, `after` the last file of each folder, by key. `attempts` counts, by upload,
    those that have begun and not ended."""

    folder: str = ""
    after: dict[str, str] = {}
    attempts: dict[str, int] = {}

    def begin(self, file: StoredObject) -> None:
        upload = csv_inbox.upload(file)
        self.attempts[upload] = self.attempts.get(upload, 0) + 1

    def is_hopeless(self, file: StoredObject) -> bool:
        """Whether a file that was begun is better rejected than tried."""
        return self.attempts[csv_inbox.upload(file)] > MAX_ATTEMPTS

    def end(self, file: StoredObject) -> None:
        del self.attempts[csv_inbox.upload(file)]


def files(position: Position) -> Iterator[StoredObject]:
    """The files behind `position`, one of each workspace in turn; moves it to each. None comes twice."""
    folders = sorted(storage.list_folders(csv_inbox.INBOX))
    position.after = {folder: key for folder, key in position.after.items() if folder in folders}
    position.attempts = {name: number for name, number in position.attempts.items() if name.startswith(tuple(folders))}
    turns = deque([folder for folder in folders if folder > position.folder])
    turns.extend(folder for folder in folders if folder <= position.folder)
    while turns:
        folder = turns.popleft()
        found = storage.list_after(position.after.get(folder, csv_inbox.INBOX), prefix=folder, most=1)
        if not found:
            position.after.pop(folder, None)  # the next time from the first one
            continue
        position.folder, position.after[folder] = folder, found[0].key
        turns.append(folder)
        yield found[0]
