"""Schemas of API keys."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from api.schemas.one_line import one_line
from api.schemas.secret_answer import SecretAnswer
from api.schemas.times import UtcDatetime
from content_pipeline.core.workspaces.scopes import Scope

Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=100),
    AfterValidator(one_line),
    Field(description="What the key is for", examples=["Newsletter bot"]),
]
_SCOPES = (
    "`read`: look at everything else. `create`: make and change content. `publish`: publish posts, plan them in the "
    "calendar, and take them back from their platforms. `admin`: keys, the audit log, webhooks, which accounts are "
    "connected, and the export of the workspace. None includes another one"
)


class KeyRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"name": "Newsletter bot", "scopes": ["read", "create"]}]}
    )

    name: Name
    scopes: set[Scope] = Field(
        min_length=1, max_length=len(Scope), description=f"{_SCOPES}. You can give those that your own key has"
    )
    expires_at: UtcDatetime | None = Field(
        None, description="When the key ends by itself; by default when yours does, or never"
    )


class KeyView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID = Field(examples=["7d1f3c1e-3d0b-4c86-9a4c-2f5d0f0c8a11"])
    name: str = Field(examples=["Newsletter bot"])
    hint: str = Field(description="The last characters of the key", examples=["3f9a"])
    scopes: list[Scope] = Field(description=_SCOPES, examples=[["read", "create"]])
    created_at: datetime = Field(examples=["2026-04-30T02:12:14Z"])
    created_by: UUID | None = Field(description="The key that made it; null for the operator")
    expires_at: datetime | None = Field(description="null: never")
    last_used_at: datetime | None = Field(
        description="At most a minute behind; null: never used", examples=["2026-04-30T09:41:00Z"]
    )
    revoked_at: datetime | None = Field(description="Since when it is refused")


class KeyCreated(KeyView, SecretAnswer):
    key: str = Field(
        description="Send it as `X-API-Key`. Shown only now",
        examples=["sk_BkW4vN0c2cX7kVbQ3f8s1yJpTzR6hLmE9aUoGdIxKwM3f9a0c12"],
    )
