"""S3 multipart uploads: create, presign and list parts, complete and abort."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from content_pipeline.core.errors import NotFound
from content_pipeline.core.infrastructure.storage import client, public_client, store_errors, translated_errors
from content_pipeline.core.settings import settings


@dataclass(frozen=True, slots=True)
class StoredPart:
    """A part of an upload that is not completed; `size` in bytes."""

    number: int
    size: int
    etag: str


def create(key: str) -> str:
    """Begin an object that arrives in parts. Returns the store's id for it. Raises Unavailable."""
    with translated_errors(key):
        return client().create_multipart_upload(Bucket=settings().s3_bucket, Key=key)["UploadId"]


def presign_part(key: str, multipart_id: str, number: int, *, size: int) -> str:
    """A presigned PUT URL for one part, valid for `link_seconds`. The store refuses another length than `size`."""
    params = {
        "Bucket": settings().s3_bucket,
        "Key": key,
        "UploadId": multipart_id,
        "PartNumber": number,
        "ContentLength": size,
    }
    return public_client().generate_presigned_url("upload_part", Params=params, ExpiresIn=settings().link_seconds)


def list_parts(key: str, multipart_id: str) -> list[StoredPart]:
    """The parts that have arrived, by number. Raises NotFound when the upload was completed or aborted, Unavailable."""
    with translated_errors(key):
        paginator = client().get_paginator("list_parts")
        pages = paginator.paginate(Bucket=settings().s3_bucket, Key=key, UploadId=multipart_id)
        # Parts are collected by number, because SeaweedFS lists a part twice that was sent twice.
        found = {part["PartNumber"]: part for page in pages for part in page.get("Parts", [])}
    return [StoredPart(number, part["Size"], part["ETag"]) for number, part in sorted(found.items())]


def complete(key: str, multipart_id: str, parts: Iterable[StoredPart]) -> None:
    """Make the object of its parts. Raises NotFound when this was done, or the upload was aborted, Unavailable."""
    listed: Any = [{"PartNumber": part.number, "ETag": part.etag} for part in parts]
    with translated_errors(key):
        client().complete_multipart_upload(
            Bucket=settings().s3_bucket, Key=key, UploadId=multipart_id, MultipartUpload={"Parts": listed}
        )


def abort(key: str, multipart_id: str) -> None:
    """Delete the parts; nothing happens if they are gone already. Raises Unavailable."""
    with suppress(NotFound), translated_errors(key):
        client().abort_multipart_upload(Bucket=settings().s3_bucket, Key=key, UploadId=multipart_id)


def list_unfinished(prefix: str = "", *, older_than: datetime | None = None) -> Iterator[tuple[str, str]]:
    """Key and id of the uploads below `prefix` that were neither completed nor aborted. Raises Unavailable.

    Those begun before `older_than`; None: all.
    """
    listing = client().get_paginator("list_multipart_uploads")
    with store_errors("its list of parts"):
        for page in listing.paginate(Bucket=settings().s3_bucket, Prefix=prefix):
            yield from (
                (found["Key"], found["UploadId"])
                for found in page.get("Uploads", [])
                if older_than is None or found["Initiated"] < older_than
            )
