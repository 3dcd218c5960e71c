"""What can be set about the stand-ins: `POST /_sandbox/settings` with any of these fields."""

from pydantic import BaseModel, ConfigDict, Field

from sandbox.store import Store


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid")

    instagram_quota: int = Field(50, ge=0, description="Posts of an account in 24 hours")
    instagram_calls_per_hour: int = Field(4800, ge=1, description="Calls of the app, all accounts together")
    instagram_processing_seconds: float = Field(1.0, ge=0, description="From the container to FINISHED")
    instagram_container_error: int | None = Field(None, description="Subcode that new containers end with")
    tiktok_audited: bool = Field(True, description="Whether the app may post for others than the creator alone")
    tiktok_posts_per_day: int = Field(15, ge=0, description="Posts of a creator in 24 hours")
    tiktok_inits_per_minute: int = Field(6, ge=1, description="Begun posts of a user in a minute")
    tiktok_processing_seconds: float = Field(1.0, ge=0, description="From the last byte to PUBLISH_COMPLETE")
    tiktok_fail_reason: str | None = Field(None, description="What new videos fail with")
    tiktok_polls_before_id: int = Field(1, ge=0, description="Answers of PUBLISH_COMPLETE without the id of the post")
    linkedin_refresh_tokens: bool = Field(False, description="Whether the app is approved for refresh tokens")
    linkedin_posts_per_day: int = Field(150, ge=0, description="Posts of a member in a UTC day")
    linkedin_processing_seconds: float = Field(1.0, ge=0, description="From finalizeUpload to AVAILABLE")
    linkedin_duplicate_seconds: float = Field(600.0, ge=0, description="For how long the same post is refused")
    youtube_audited: bool = Field(True, description="Whether the project's uploads may be seen by others")
    youtube_inserts_per_day: int = Field(100, ge=0, description="Uploads of the project in a Pacific day")
    youtube_units_per_day: int = Field(10_000, ge=0, description="What its other calls may cost in a Pacific day")
    youtube_uploads_per_day: int = Field(50, ge=0, description="Videos of a channel in 24 hours")
    youtube_processing_seconds: float = Field(1.0, ge=0, description="From the last byte to processed")


def read_settings(world: Store) -> Settings:
    return Settings.model_validate(world.get("settings", "") or {})


def update_settings(world: Store, changes: dict[str, object]) -> Settings:
    """Set some of them. Raises pydantic's ValidationError."""
    with world.transaction():
        changed = Settings.model_validate({**read_settings(world).model_dump(), **changes})
        world.put("settings", "", changed.model_dump())
        return changed
