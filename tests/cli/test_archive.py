"""Archives of backups: what is written is read again, and nothing else is taken for one."""

import io
import tarfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from content_pipeline.cli import archive
from content_pipeline.cli.archive import Manifest
from content_pipeline.core.errors import Conflict, Invalid
from content_pipeline.core.infrastructure.storage import StoredObject

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
MANIFEST = Manifest(made_at=NOW, bucket="content-pipeline", revision="0031", key_check=None)
KEY = "5bc41d91/a b/ä.mp4"


def write(path: Path, *keys: str, end: bool = True) -> Path:
    body = path.with_name("body")
    body.write_bytes(b"film" * 1000)
    with archive.writing(path, MANIFEST) as writer:
        for key in keys:
            writer.add_object(StoredObject(key, '"etag"', NOW, size=4000), body, "video/mp4")
        writer.add_dump("content", body)
        if end:
            writer.add_end()
    return path


def read(path: Path, dumps: Path) -> list[tuple[StoredObject, str, bytes]]:
    dumps.mkdir()
    with archive.reading(path) as reader:
        return [(found.stored, found.content_type, found.body.read()) for found in reader.objects(dumps)]


def refused(path: Path, dumps: Path) -> str:
    with pytest.raises(Invalid) as error:
        read(path, dumps)
    assert error.value.code == "backup_unusable"
    return error.value.detail


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    path = write(tmp_path / "backup.tar", KEY, "other")
    assert path.stat().st_mode & 0o777 == 0o600
    found = read(path, tmp_path / "dumps")
    assert found[0] == (StoredObject(KEY, '"etag"', NOW, size=4000), "video/mp4", b"film" * 1000)
    assert [stored.key for stored, _, _ in found] == [KEY, "other"]
    assert (tmp_path / "dumps" / "content").read_bytes() == b"film" * 1000


def test_an_archive_is_never_overwritten(tmp_path: Path) -> None:
    path = write(tmp_path / "backup.tar")
    with pytest.raises(Conflict):
        write(path)


def test_a_backup_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), archive.writing(tmp_path / "backup.tar", MANIFEST):
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_an_archive_that_was_cut_is_refused_wherever_it_was_cut(tmp_path: Path) -> None:
    whole = write(tmp_path / "backup.tar", KEY).read_bytes()
    end = whole.rindex(b"end.json")
    for number, length in enumerate(range(0, end, 700)):
        (tmp_path / "cut.tar").write_bytes(whole[:length])
        refused(tmp_path / "cut.tar", tmp_path / f"dumps{number}")


def test_an_archive_without_an_end_is_refused(tmp_path: Path) -> None:
    assert "ends too soon" in refused(write(tmp_path / "backup.tar", KEY, end=False), tmp_path / "dumps")


def test_a_damaged_object_is_found_before_it_is_restored(tmp_path: Path) -> None:
    path = write(tmp_path / "backup.tar", KEY)
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"filmfilm", b"filmfilk", 1))
    assert KEY in refused(path, tmp_path / "dumps")


def test_a_damaged_dump_is_found_by_its_hash(tmp_path: Path) -> None:
    path = write(tmp_path / "backup.tar")
    path.write_bytes(path.read_bytes().replace(b"filmfilm", b"filmFilm", 1))
    assert "damaged" in refused(path, tmp_path / "dumps")


def forged(path: Path, change: Callable[[tarfile.TarInfo], None]) -> Path:
    """An archive whose first object's member was changed."""
    write(path, KEY)
    copy = path.with_name("forged.tar")
    with tarfile.open(path) as old, tarfile.open(copy, "w", format=tarfile.PAX_FORMAT) as new:
        for member in old:
            body = old.extractfile(member)
            assert body
            content = body.read()
            if member.name.startswith("objects/"):
                change(member)
            new.addfile(member, io.BytesIO(content) if member.isreg() else None)
    return copy


@pytest.mark.parametrize(
    "name",
    [
        "../evil",
        "/etc/evil",
        "objects/../evil",
        "objects//etc/evil",
        "objects/a/../../b",
        "objects/a/.",
        "objects/a/",
        "databases/../evil",
        "x",
    ],
)
def test_a_name_that_leads_elsewhere_is_refused(name: str, tmp_path: Path) -> None:
    def rename(member: tarfile.TarInfo) -> None:
        member.name = name
        member.pax_headers.pop("path", None)

    assert "no backup has" in refused(forged(tmp_path / "backup.tar", rename), tmp_path / "dumps")
    assert not list(tmp_path.rglob("evil"))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.CHRTYPE])
def test_anything_but_a_file_is_refused(kind: bytes, tmp_path: Path) -> None:
    def make(member: tarfile.TarInfo) -> None:
        member.type, member.linkname = kind, "/etc/passwd"

    assert "not a file" in refused(forged(tmp_path / "backup.tar", make), tmp_path / "dumps")


@pytest.mark.parametrize("content", [b"", b"no archive at all", b"\0" * 20_000])
def test_another_file_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(content)
    refused(tmp_path / "file", tmp_path / "dumps")
