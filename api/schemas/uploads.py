"""Schemas of uploads, and of those that are sent in parts."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.schemas.signed_url import SignedUrl
from content_pipeline.core.infrastructure import s3_multipart
from content_pipeline.core.library import multipart_uploads, uploads
from content_pipeline.core.library.multipart_uploads import Part
from content_pipeline.core.models import MultipartUpload, Upload
from content_pipeline.core.models.uploads import UploadKind

# Links of an answer: each has 500 characters, and takes 0.2 to 0.5 ms to sign.
MAX_LINKED_PARTS: Final = 20


class UploadSummary(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID = Field(examples=["0f7c2e3a-6f0e-4a53-9a35-9f8f4a0a4c1d"])
    kind: UploadKind = Field(description="By the bytes of the file; a GIF that moves is a video", examples=["video"])
    file_name: str = Field(examples=["holiday.mp4"])
    content_type: str = Field(description="As found in the file", examples=["video/mp4"])
    size: int = Field(description="Bytes", examples=[48_211_934])
    duration: float | None = Field(description="Seconds; null for a picture", examples=[42.5])
    width: int | None = Field(description="Pixels, as shown; null for sound", examples=[1080])
    height: int | None = Field(examples=[1920])
    created_at: datetime = Field(examples=["2026-04-30T02:12:14Z"])
    expires_at: datetime = Field(
        description="When the file is deleted, unless unfinished work needs it then", examples=["2026-05-30T02:12:14Z"]
    )


class UploadView(UploadSummary):
    url: SignedUrl = Field(description="A link to the file, valid for an hour")

    @classmethod
    def of(cls, upload: Upload) -> "UploadView":
        return cls(**dict(UploadSummary.model_validate(upload)), url=uploads.link(upload))


class MultipartRequest(BaseModel):
    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        json_schema_extra={"examples": [{"file_name": "holiday.mp4", "size": 48_211_934}]},
    )

    file_name: str = Field(min_length=1, max_length=1000)
    size: int = Field(ge=1, description="Bytes of the whole file")


class MultipartSummary(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID = Field(
        description="Also the id of the upload, once it is complete", examples=["0f7c2e3a-6f0e-4a53-9a35-9f8f4a0a4c1d"]
    )
    file_name: str = Field(examples=["holiday.mp4"])
    size: int = Field(description="Bytes of the whole file", examples=[48_211_934])
    part_size: int = Field(description="Bytes of each part but the last", examples=[16_777_216])
    created_at: datetime = Field(examples=["2026-04-30T02:12:14Z"])
    expires_at: datetime = Field(
        description="When the parts are deleted, if it is not complete by then", examples=["2026-05-01T02:12:14Z"]
    )

    @classmethod
    def of(cls, upload: MultipartUpload) -> "MultipartSummary":
        return cls(
            id=upload.id,
            file_name=upload.file_name,
            size=upload.size,
            part_size=upload.part_size,
            created_at=upload.created_at,
            expires_at=multipart_uploads.expires_at(upload),
        )


class PartView(BaseModel):
    number: int = Field(ge=1, examples=[1])
    offset: int = Field(description="Its first byte in the file", examples=[0])
    size: int = Field(description="Bytes. The store refuses another length", examples=[16_777_216])
    url: SignedUrl = Field(
        description="Where to PUT these bytes, without headers of your own; valid for an hour, and no longer than the "
        "upload"
    )


class MultipartView(MultipartSummary):
    missing_bytes: int = Field(description="What has not arrived", examples=[48_211_934])
    missing_parts: list[PartView] = Field(
        description=f"The first {MAX_LINKED_PARTS} parts that have not arrived; empty when it can be completed"
    )

    @classmethod
    def with_links(cls, upload: MultipartUpload, missing: Sequence[Part]) -> "MultipartView":
        return cls(
            **dict(MultipartSummary.of(upload)),
            missing_bytes=sum(part.size for part in missing),
            missing_parts=[
                PartView(
                    number=part.number,
                    offset=part.offset,
                    size=part.size,
                    url=s3_multipart.presign_part(upload.file_key, upload.store_id, part.number, size=part.size),
                )
                for part in missing[:MAX_LINKED_PARTS]
            ],
        )
