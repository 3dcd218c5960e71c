"""Schemas of audit events."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from content_pipeline.core.models.audit import ActorKind, Outcome


class AuditEventView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    at: datetime = Field(examples=["2026-04-30T02:12:14Z"])
    actor: ActorKind = Field(
        description="An API `key`, the `operator` on the server, or the `service`, which posts when it is time"
    )
    actor_name: str = Field(description="The name of the key at that time", examples=["Newsletter bot"])
    api_key_id: UUID | None = Field(description="With an account that was connected: the key that asked for it")
    address: str | None = Field(description="IP address of the client", examples=["203.0.113.7"])
    request_id: str | None = Field(description="`X-Request-Id` of the answer")
    action: str = Field(description="Stable, machine-readable", examples=["captions.create"])
    object_type: str = Field(examples=["caption"])
    object_id: str | None = Field(
        description="null where there is no single object", examples=["5bc41d91-867a-4ccb-821a-2b9544c45719"]
    )
    outcome: Outcome = Field(description="`denied`: the key lacked the scope, and nothing was done")
