"""Schemas of the workspace."""

from pydantic import BaseModel, ConfigDict, Field


class WorkspaceExportRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    files: bool = Field(True, description="With the files themselves; otherwise with links to them")
