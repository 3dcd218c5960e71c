"""The object store: one bucket, keys that begin with the workspace they belong to."""

from collections.abc import Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from content_pipeline.core.errors import NotFound, Unavailable
from content_pipeline.core.settings import settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
else:
    S3Client = Any

# One part at a time: uploads come from many requests at once, and threads of their own for each of them
# cost more than they bring on a small machine.
_TRANSFER = TransferConfig(use_threads=False)


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
def _public_client() -> S3Client:
    """Signs for the host that clients and platforms reach; never connects."""
    return _client(settings().s3_public_endpoint or settings().s3_endpoint)


def put(key: str, body: IO[bytes] | Path, *, content_type: str) -> None:
    """Store a stream or file under `key`. Raises Unavailable when the store does not take it."""
    try:
        if isinstance(body, Path):
            with body.open("rb") as stream:
                put(key, stream, content_type=content_type)
        else:
            client().upload_fileobj(
                body, settings().s3_bucket, key, ExtraArgs={"ContentType": content_type}, Config=_TRANSFER
            )
    except (BotoCoreError, ClientError, OSError) as error:
        raise _unavailable(key) from error


def fetch(key: str, target: Path) -> None:
    """Copy the object into `target`. Raises NotFound, Unavailable."""
    try:
        with target.open("wb") as stream:
            client().download_fileobj(settings().s3_bucket, key, stream, Config=_TRANSFER)
    except ClientError as error:
        if error.response["Error"]["Code"] in ("404", "NoSuchKey"):
            raise NotFound(f"The stored file {key} is gone.", code="object_gone") from error
        raise _unavailable(key) from error
    except (BotoCoreError, OSError) as error:
        raise _unavailable(key) from error


def delete(key: str) -> None:
    try:
        client().delete_object(Bucket=settings().s3_bucket, Key=key)
    except (BotoCoreError, ClientError) as error:
        raise _unavailable(key) from error


def listing(*, older_than: datetime) -> Iterator[str]:
    """The keys of all objects last written before then."""
    try:
        for page in client().get_paginator("list_objects_v2").paginate(Bucket=settings().s3_bucket):
            yield from (found["Key"] for found in page.get("Contents", []) if found["LastModified"] < older_than)
    except (BotoCoreError, ClientError) as error:
        raise _unavailable("its list of files") from error


def link(key: str, *, filename: str | None = None) -> str:
    """A signed GET link, good for `link_seconds`; with `filename`, one that a browser saves under that name."""
    params = {"Bucket": settings().s3_bucket, "Key": key}
    if filename:
        params["ResponseContentDisposition"] = f'attachment; filename="{filename}"'
    return _public_client().generate_presigned_url("get_object", Params=params, ExpiresIn=settings().link_seconds)


def _unavailable(key: str) -> Unavailable:
    return Unavailable(
        f"The object store did not take or give {key}.", code="storage_unavailable", remedy="Try again in a moment."
    )
