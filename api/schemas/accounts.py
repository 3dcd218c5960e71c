"""Schemas of platform accounts and of the OAuth flow that connects them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.schemas.tasks import TaskError
from content_pipeline.core.models.accounts import Status
from content_pipeline.core.platforms.pydantic_types import Platform

RedirectUri = Annotated[
    str,
    Field(
        max_length=2000,
        description="Where the browser returns to; one that `keys create --redirect-uri` allowed",
        examples=["https://yourapp.com/callback"],
    ),
]
ClientState = Annotated[
    str | None, Field(max_length=1000, description="An opaque value, returned unchanged to `redirect_uri`")
]


class ConnectRequest(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{}]})

    redirect_uri: RedirectUri | None = Field(
        None, description="Where the browser returns to, as for GET; a page of this service if left out"
    )
    state: ClientState = None


class ConnectView(BaseModel):
    authorize_url: str = Field(description="Where to send the browser")
    expires_at: datetime = Field(description="When the URL expires", examples=["2026-04-30T02:22:14Z"])


class AccountView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID = Field(examples=["0b7c9d1e-6a5f-4c3b-9d2e-1f0a8b7c6d5e"])
    platform: Platform = Field(examples=["instagram"])
    handle: str = Field(examples=["@mycreator"])
    name: str = Field(examples=["My Creator"])
    status: Status = Field(examples=["connected"])
    reason: TaskError | None = Field(description="Why it needs to be reconnected")
    scopes: list[str] = Field(
        description="OAuth scopes that the owner granted", examples=[["instagram_business_basic"]]
    )
    connected_at: datetime = Field(examples=["2026-04-30T02:12:14Z"])
    expires_at: datetime | None = Field(
        description="When the owner's consent expires unless it is renewed; null if the platform does not say"
    )
