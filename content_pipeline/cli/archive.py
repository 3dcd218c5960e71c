"""Archive of a backup: a tar of a manifest, the objects of the bucket, the dumps of both databases, and an end.

It is written and read from front to back without a list of its members: a bucket may have millions of objects. A key is
a name in the archive only, and never that of a file.
"""

import hashlib
import io
import os
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from shutil import copyfileobj
from typing import IO, Final

from pydantic import BaseModel, ValidationError

from content_pipeline.core.errors import Conflict, Invalid
from content_pipeline.core.infrastructure.storage import StoredObject

_MANIFEST: Final = "manifest.json"
_OBJECTS: Final = "objects/"
_DUMPS: Final = "databases/"
_END: Final = "end.json"
# Extended headers of an object's member.
_CONTENT_TYPE: Final = "CONTENT_PIPELINE.content_type"
_ETAG: Final = "CONTENT_PIPELINE.etag"
_WRITTEN_AT: Final = "CONTENT_PIPELINE.written_at"
# Backups of releases before 2026-11-30 do not have this header.
_SHA256: Final = "CONTENT_PIPELINE.sha256"
_BUFFER_BYTES: Final = 1 << 20


class Manifest(BaseModel):
    """What a backup is of. `revision` is that of the product's tables, `key_check` a text that the encryption key of
    the backed-up stack encrypted; None where it had none."""

    made_at: datetime
    bucket: str
    revision: str
    key_check: str | None


class _End(BaseModel):
    """The last member. `dumps` are the SHA-256 of the dumps by the name of their database."""

    objects: int
    dumps: dict[str, str]


@dataclass(frozen=True)
class ArchivedObject:
    """An object as it was `stored` in the bucket that was backed up."""

    stored: StoredObject
    content_type: str
    body: IO[bytes]


class Writer:
    """Adds members to an archive. An object that is added twice counts twice, and the later one is valid."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self._end = _End(objects=0, dumps={})

    def add_object(self, stored: StoredObject, file: Path, content_type: str) -> None:
        about = {_CONTENT_TYPE: content_type, _ETAG: stored.etag, _WRITTEN_AT: stored.written_at.isoformat()}
        self._add_file(f"{_OBJECTS}{stored.key}", file, {**about, _SHA256: _digest_of(file)})
        self._end.objects += 1

    def add_dump(self, name: str, file: Path) -> None:
        self._end.dumps[name] = _digest_of(file)
        self._add_file(f"{_DUMPS}{name}", file, {})

    def add_end(self) -> None:
        self.add_json(_END, self._end)

    def add_json(self, name: str, content: BaseModel) -> None:
        body = content.model_dump_json().encode()
        self._add(name, io.BytesIO(body), len(body), {})

    def _add_file(self, name: str, file: Path, headers: dict[str, str]) -> None:
        with file.open("rb") as stream:
            self._add(name, stream, os.fstat(stream.fileno()).st_size, headers)

    def _add(self, name: str, stream: IO[bytes], size: int, headers: dict[str, str]) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.pax_headers = size, headers
        self._tar.addfile(member, stream)
        _forget_members(self._tar)


@contextmanager
def writing(path: Path, manifest: Manifest) -> Iterator[Writer]:
    """A new archive, which has its name when the block has ended. Raises Conflict when there is one, Invalid when the
    file cannot be written."""
    if path.exists():
        raise Conflict(f"There is a file {path}.", code="backup_exists", remedy="Give another name.")
    part = path.with_name(f"{path.name}.{os.getpid()}.part")  # another backup may be about to have the same name
    try:
        # It holds all data of all workspaces.
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError as error:
        raise Invalid(
            f"The file {part} cannot be written: {error.strerror}.",
            code="backup_not_writable",
            remedy="Name a file in a folder that the owner of the state folder may write to.",
        ) from error
    try:
        with os.fdopen(descriptor, "wb") as file:
            with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
                writer = Writer(tar)
                writer.add_json(_MANIFEST, manifest)
                yield writer
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise


class Reader:
    """Reads an archive once, from its manifest to its end. Raises Invalid for one that is damaged or incomplete."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        member = self._next()
        if member is None or member.name != _MANIFEST:
            raise _unusable("It does not begin like a backup")
        self.manifest = Manifest.model_validate_json(self._body(member).read())

    def objects(self, dumps: Path) -> Iterator[ArchivedObject]:
        """Each object, whose body is read before the next one is asked for; the dumps go to files of this folder."""
        found = _End(objects=0, dumps={})
        while (member := self._next()) is not None:
            kind, _, name = member.name.partition("/")
            if member.name == _END:
                if _End.model_validate_json(self._body(member).read()) != found:
                    raise _unusable("Parts of it are missing or damaged")
                return
            if kind == _DUMPS.rstrip("/") and name.isalpha():
                found.dumps[name] = self._copy(member, dumps / name)
            elif kind == _OBJECTS.rstrip("/") and is_key(name):
                found.objects += 1
                yield self._object(name, member)
            else:
                raise _unusable(f"It has a member that no backup has, {member.name!r}")
        raise _unusable("It ends too soon")

    def _next(self) -> tarfile.TarInfo | None:
        member = self._tar.next()
        _forget_members(self._tar)
        if member and not member.isreg():
            raise _unusable(f"It has a member that is not a file, {member.name!r}")
        return member

    def _object(self, key: str, member: tarfile.TarInfo) -> ArchivedObject:
        about = member.pax_headers
        try:
            stored = StoredObject(key, about[_ETAG], datetime.fromisoformat(about[_WRITTEN_AT]), member.size)
            found = ArchivedObject(stored, about[_CONTENT_TYPE], self._body(member))
        except (KeyError, ValueError) as error:
            raise _unusable(f"Nothing is said of {key!r}") from error
        # The object is verified before it is uploaded: otherwise a flipped bit would be noticed only by people who play
        # the video.
        if _SHA256 in about and _digest(found.body) != about[_SHA256]:
            raise _unusable(f"The object {key!r} is damaged")
        found.body.seek(0)
        return found

    def _body(self, member: tarfile.TarInfo) -> IO[bytes]:
        body = self._tar.extractfile(member)
        assert body is not None, "only directories and devices have no body"
        return body

    def _copy(self, member: tarfile.TarInfo, target: Path) -> str:
        """Copy a member to a new file. Returns its SHA-256."""
        with target.open("xb") as file:
            copyfileobj(self._body(member), file, _BUFFER_BYTES)
        return _digest_of(target)


@contextmanager
def reading(path: Path) -> Iterator[Reader]:
    """The archive of this file. Raises Invalid when it is not one, also during the block."""
    try:
        file = path.open("rb")
    except FileNotFoundError as error:
        raise Invalid(f"There is no file {path}.", code="backup_missing", remedy="Check its name.") from error
    try:
        # The file is not read as a stream ("r|"), because the upload of an object has to know its size.
        with file, tarfile.open(fileobj=file, mode="r:") as tar:
            yield Reader(tar)
    except (tarfile.TarError, EOFError, ValidationError, FileExistsError) as error:
        raise _unusable(f"It cannot be read ({type(error).__name__})") from error


def is_key(name: str) -> bool:
    """Whether an object of this key is archived.

    SeaweedFS takes keys for paths, and `..` would lead out of the bucket. A slash at the end, which is that of a folder
    without content, does not survive in a tar.
    """
    return bool(name) and not name.startswith("/") and not name.endswith("/") and not {".", ".."} & set(name.split("/"))


def _forget_members(tar: tarfile.TarFile) -> None:
    """tarfile keeps each member that it has written or read."""
    tar.members.clear()  # type: ignore[attr-defined]  # typeshed does not have it


def _digest(stream: IO[bytes]) -> str:
    return hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]


def _digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return _digest(file)


def _unusable(reason: str) -> Invalid:
    return Invalid(f"This is not a complete backup: {reason}.", code="backup_unusable", remedy="Take another backup.")
