"""S3 client: one bucket, keys prefixed with the workspace id; inbox, portraits, pictures and dataset have their own.

A row that names a file of the bucket beside links to elsewhere keeps its URI, `s3://bucket/key` (`uri`, `key_of_uri`).
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final
from urllib.parse import SplitResult, quote, unquote, urlsplit

import boto3
from boto3.exceptions import S3UploadFailedError
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from content_pipeline.core.errors import NotFound, Unavailable
from content_pipeline.core.infrastructure import disk_space
from content_pipeline.core.infrastructure.clock import now, real_now
from content_pipeline.core.settings import settings

if TYPE_CHECKING:
    from botocore.response import StreamingBody
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectTypeDef
else:
    S3Client = Any

# No threads per transfer: many requests upload at once, and threads for each cost more than they gain on a small
# machine.
_TRANSFER = TransferConfig(use_threads=False)
# Streams, whose size is not known before, are sent in parts of this size. S3 takes 10,000 parts: 320 GB of these, but
# only 80 GB of the usual 8 MB, and an export may be larger. Two are in memory at a time: 64 MB, where parts of 64 MB
# took 138 MB.
_STREAM_TRANSFER = TransferConfig(use_threads=False, multipart_chunksize=32 << 20)

# S3 copies up to 5 GiB at once. SeaweedFS changes only the entry of an object that is copied to itself so.
_WHOLE_COPY = TransferConfig(use_threads=False, multipart_threshold=5 << 30, multipart_chunksize=1 << 30)
_CHUNK_BYTES: Final = 1_000_000
_LINK_REUSE_SECONDS: Final = 300
# Error codes for a missing object and for one that fails If-Match. Numbers for HEAD requests, whose responses have no
# body.
_GONE: Final = ("404", "NoSuchKey", "NoSuchUpload", "412", "PreconditionFailed")


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object from a listing. `etag` (with its quotes) tells it from a later object under the same key; `size` in
    bytes."""

    key: str
    etag: str
    written_at: datetime
    size: int


def _client(endpoint: str) -> S3Client:
    return boto3.client(
        "s3",
        endpoint_url=endpoint or None,
        aws_access_key_id=settings().s3_access_key or None,
        aws_secret_access_key=settings().s3_secret_key.get_secret_value() or None,
        region_name=settings().s3_region,
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "path" if endpoint else "auto"},
            connect_timeout=3,
            read_timeout=30,
            retries={"total_max_attempts": 4, "mode": "standard"},
        ),
    )


@cache
def client() -> S3Client:
    return _client(settings().s3_endpoint)


@cache
def public_client() -> S3Client:
    """Signs URLs for the host that clients and platforms reach; never connects."""
    return _client(settings().s3_public_endpoint or settings().s3_endpoint)


def put(key: str, body: IO[bytes] | Path, *, content_type: str) -> None:
    """Upload a stream or file as `key`. Raises Unavailable."""
    options: Any = {"ContentType": content_type}
    with translated_errors(key):
        if isinstance(body, Path):  # read piece by piece
            client().upload_file(str(body), settings().s3_bucket, key, ExtraArgs=options, Config=_TRANSFER)
        else:
            client().upload_fileobj(body, settings().s3_bucket, key, ExtraArgs=options, Config=_STREAM_TRANSFER)


def fetch(key: str, target: Path) -> None:
    """Download the object to `target`. Raises NotFound, Unavailable."""
    with translated_errors(key), target.open("wb") as stream:
        client().download_fileobj(settings().s3_bucket, key, stream, Config=_TRANSFER)


def fetch_large(key: str, target: Path) -> None:
    """`fetch` an object that may be large. Raises Unavailable `disk_full` where there is no room for it."""
    disk_space.check(target.parent, size(key))
    fetch(key, target)


def fetch_with_type(key: str, target: Path) -> str:
    """Download the object to `target`, and return its content type. Raises NotFound, Unavailable."""
    with translated_errors(key), target.open("wb") as file:
        found = client().get_object(Bucket=settings().s3_bucket, Key=key)
        with found["Body"] as body:
            shutil.copyfileobj(body, file, _CHUNK_BYTES)
    return found.get("ContentType", "")


def load(key: str) -> bytes:
    """The content of a small object. Raises NotFound, Unavailable."""
    with translated_errors(key), client().get_object(Bucket=settings().s3_bucket, Key=key)["Body"] as body:
        return body.read()


def stream(key: str) -> Iterator[bytes]:
    """The content of an object in chunks. Raises NotFound and Unavailable now, and Unavailable while it is read."""
    with translated_errors(key):
        body = client().get_object(Bucket=settings().s3_bucket, Key=key)["Body"]
    return _chunks(key, body)


def _chunks(key: str, body: "StreamingBody") -> Iterator[bytes]:
    with translated_errors(key), body:
        yield from body.iter_chunks(_CHUNK_BYTES)


def size(key: str) -> int:
    """The size of an object in bytes. Raises NotFound, Unavailable."""
    with translated_errors(key):
        return client().head_object(Bucket=settings().s3_bucket, Key=key)["ContentLength"]


def written_at(key: str) -> datetime:
    """When an object was written, by the store's clock. Raises NotFound, Unavailable."""
    with translated_errors(key):
        return client().head_object(Bucket=settings().s3_bucket, Key=key)["LastModified"]


def read(stored: StoredObject, *, most_bytes: int) -> bytes:
    """The first `most_bytes` bytes. Raises NotFound when the object is gone or was replaced, Unavailable."""
    with translated_errors(stored.key):
        answer = client().get_object(Bucket=settings().s3_bucket, Key=stored.key, IfMatch=stored.etag)
        with answer["Body"] as body:
            return body.read(most_bytes)


def exists(key: str) -> bool:
    """Raises Unavailable."""
    try:
        with translated_errors(key):
            client().head_object(Bucket=settings().s3_bucket, Key=key)
    except NotFound:
        return False
    return True


def move(stored: StoredObject, key: str) -> None:
    """Move the object to `key`, idempotently. Raises Unavailable.

    Does nothing when the object is gone or was replaced. S3 and SeaweedFS check that (If-Match); MinIO ignores
    If-Match on DELETE, so there an object written between copy and delete would be lost.
    """
    bucket = settings().s3_bucket
    with suppress(NotFound), translated_errors(stored.key):
        client().copy(
            {"Bucket": bucket, "Key": stored.key},
            bucket,
            key,
            ExtraArgs={"CopySourceIfMatch": stored.etag},
            Config=_TRANSFER,
        )
        client().delete_object(Bucket=bucket, Key=stored.key, IfMatch=stored.etag)


def set_content_type(key: str, content_type: str) -> None:
    """Change what links to an object say of its content. Raises NotFound, Unavailable."""
    bucket = settings().s3_bucket
    with translated_errors(key):
        client().copy(
            {"Bucket": bucket, "Key": key},
            bucket,
            key,
            ExtraArgs={"ContentType": content_type, "MetadataDirective": "REPLACE"},
            Config=_WHOLE_COPY,
        )


def delete(key: str) -> None:
    """Raises Unavailable."""
    with translated_errors(key):
        client().delete_object(Bucket=settings().s3_bucket, Key=key)


def delete_folder(prefix: str) -> None:
    """Delete all objects below `prefix`, which ends with a slash. Raises Unavailable."""
    for key in keys_below(prefix):
        delete(key)


def keys_below(prefix: str) -> Iterator[str]:
    """The keys of all objects below `prefix`. Raises Unavailable."""
    with store_errors("its list of files"):
        for page in client().get_paginator("list_objects_v2").paginate(Bucket=settings().s3_bucket, Prefix=prefix):
            yield from (found["Key"] for found in page.get("Contents", []))


def listing() -> Iterator[StoredObject]:
    """All objects of the bucket. Raises Unavailable."""
    with store_errors("its list of files"):
        for page in client().get_paginator("list_objects_v2").paginate(Bucket=settings().s3_bucket):
            yield from map(_stored_object, page.get("Contents", []))


def listing_since(moment: datetime) -> Iterator[StoredObject]:
    """The objects written since this moment of the store's clock (`store_time`). Raises Unavailable."""
    return (each for each in listing() if each.written_at >= moment)


def store_time() -> datetime:
    """The time by the store's own clock, in full seconds, as the times of its listings are. Raises Unavailable."""
    with store_errors("its time"):
        answer = client().head_bucket(Bucket=settings().s3_bucket)
        return parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])


def list_after(after: str, *, prefix: str, most: int) -> list[StoredObject]:
    """The first `most` objects with `prefix` after the key `after`, which need not exist.

    In the store's own order: SeaweedFS lists `a/x` before `a b/x`. Raises Unavailable.
    """
    with store_errors("its list of files"):
        page = client().list_objects_v2(Bucket=settings().s3_bucket, Prefix=prefix, StartAfter=after, MaxKeys=most)
    return [_stored_object(found) for found in page.get("Contents", [])]


def _stored_object(found: "ObjectTypeDef") -> StoredObject:
    return StoredObject(found["Key"], found["ETag"], found["LastModified"].astimezone(UTC), found["Size"])


def list_folders(prefix: str) -> list[str]:
    """The folders directly below `prefix`, each with its slash, and the keys of objects there. Raises Unavailable."""
    with store_errors("its list of files"):
        paginator = client().get_paginator("list_objects_v2")
        pages = list(paginator.paginate(Bucket=settings().s3_bucket, Prefix=prefix, Delimiter="/"))
    return [
        *(found["Prefix"] for page in pages for found in page.get("CommonPrefixes", [])),
        *(found["Key"] for page in pages for found in page.get("Contents", [])),
    ]


def signed_url(key: str, *, file_name: str | None = None) -> str:
    """A presigned GET URL, valid for `link_seconds` and up to five minutes more: it is the same for so long.

    With a `file_name` browsers save the file under that name.
    """
    disposition = f"inline; filename*=UTF-8''{quote(file_name, safe='')}" if file_name else None
    life = timedelta(seconds=settings().link_seconds + _LINK_REUSE_SECONDS)
    period = real_now().timestamp() // _LINK_REUSE_SECONDS
    return _signed_once(period, public_client(), settings().s3_bucket, key, life, disposition)


def signed_download(key: str, life: timedelta) -> tuple[str, datetime]:
    """A signed URL for browsers to save the file, where they would show a video or JSON, and when it expires."""
    # The signature counts from the full second.
    expires_at = now().replace(microsecond=0) + life
    return new_signed_url(key, life, f'attachment; filename="{key.rpartition("/")[2]}"'), expires_at


def new_signed_url(key: str, life: timedelta, disposition: str | None = None) -> str:
    """A presigned GET URL, valid for `life`, whose answer has this Content-Disposition."""
    return _signed(public_client(), settings().s3_bucket, key, life, disposition)


def _signed(signer: S3Client, bucket: str, key: str, life: timedelta, disposition: str | None) -> str:
    params = {"Bucket": bucket, "Key": key, **({"ResponseContentDisposition": disposition} if disposition else {})}
    return signer.generate_presigned_url("get_object", Params=params, ExpiresIn=int(life.total_seconds()))


# Signing takes 0.14 ms: 14 of the 20 ms of a batch of 100 reels, which clients poll (bench/noisy_neighbor.py).
@lru_cache(maxsize=5_000)
def _signed_once(_period: float, *arguments: Any) -> str:
    """As `_signed`, and the same in each period."""
    return _signed(*arguments)


def uri(key: str) -> str:
    """The URI of an object."""
    return f"s3://{settings().s3_bucket}/{key}"


def key_of_uri(location: str) -> str | None:
    """The key of the object of a URI; None for any other location."""
    prefix = uri("")
    return location.removeprefix(prefix) if location.startswith(prefix) else None


def public_url(location: str) -> str:
    """A URL that other servers can fetch, for a URI or for a URL, which stays as it is."""
    key = key_of_uri(location)
    return signed_url(key) if key else location


def key_of_url(url: str) -> str | None:
    """The key that a URL names at the address of the bucket, as we or as clients reach it; None for any other URL.

    With any signature, expired or not, or with none: the bucket gives nothing out without one, so a link that was cut
    at its `?` would only fail later.
    """
    try:
        parts = urlsplit(url)
        origin = _origin(parts)
    except ValueError:  # a port that is no number, brackets without an address
        return None
    path = unquote(parts.path)
    folders = [folder for own, folder in bucket_urls() if own == origin and path.startswith(folder)]
    return path.removeprefix(folders[0]) if folders else None


@cache
def bucket_urls() -> frozenset[tuple[tuple[str | None, int | None], str]]:
    """The origin and the path below which the bucket's objects are, for us and for clients."""
    name = {"Bucket": settings().s3_bucket, "Key": "key"}
    signed = (urlsplit(each.generate_presigned_url("get_object", Params=name)) for each in (client(), public_client()))
    return frozenset((_origin(url), url.path.removesuffix("key")) for url in signed)


def _origin(url: SplitResult) -> tuple[str | None, int | None]:
    """Host and port. Raises ValueError."""
    return url.hostname, url.port or {"http": 80, "https": 443}.get(url.scheme)


@contextmanager
def translated_errors(key: str) -> Iterator[None]:
    """Translate boto errors about the object `key` to NotFound and Unavailable."""
    with store_errors(key):
        try:
            yield
        except ClientError as error:
            if error.response["Error"]["Code"] in _GONE:
                raise NotFound(
                    f"The stored file {key} is gone.", code="object_gone", remedy="Make it again, or upload it again."
                ) from error
            raise


@contextmanager
def store_errors(subject: str) -> Iterator[None]:
    """Translate every error of boto to Unavailable. `subject` is what was asked for."""
    try:
        yield
    except (BotoCoreError, ClientError, S3UploadFailedError, OSError) as error:
        raise Unavailable(
            f"The object store did not take or give {subject}.",
            code="storage_unavailable",
            remedy="Try again in a moment.",
        ) from error
