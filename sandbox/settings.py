"""Runtime settings of the fake APIs, changed by `POST /_sandbox/settings` with any of these fields."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from sandbox.store import Store


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid")

    instagram_quota: int = Field(50, ge=0, description="Posts of an account in 24 hours")
    instagram_calls_per_hour: int = Field(4800, ge=1, description="Calls of the app, all accounts together")
    instagram_processing_seconds: float = Field(1.0, ge=0, description="From the container to FINISHED")
    instagram_container_error: int | None = Field(None, description="Error subcode with which new containers fail")
    instagram_insights_seconds: float = Field(600.0, ge=0, description="From publishing to the first figures of a Reel")
    instagram_demographics_followers: int = Field(100, ge=0, description="Followers that figures on them require")
    tiktok_audited: bool = Field(True, description="Whether the app may publish posts that others can see")
    tiktok_posts_per_day: int = Field(15, ge=0, description="Posts of a creator in 24 hours")
    tiktok_inits_per_minute: int = Field(6, ge=1, description="Initialized posts of a user per minute")
    tiktok_processing_seconds: float = Field(1.0, ge=0, description="From the last byte to PUBLISH_COMPLETE")
    tiktok_fail_reason: str | None = Field(None, description="Fail reason of new videos")
    tiktok_polls_before_id: int = Field(1, ge=0, description="PUBLISH_COMPLETE responses before the post id appears")
    tiktok_listing_seconds: float = Field(60.0, ge=0, description="From publishing to the list of videos")
    linkedin_refresh_tokens: bool = Field(False, description="Whether the app is approved for refresh tokens")
    linkedin_posts_per_day: int = Field(150, ge=0, description="Posts of a member in a UTC day")
    linkedin_processing_seconds: float = Field(1.0, ge=0, description="From finalizeUpload to AVAILABLE")
    linkedin_duplicate_seconds: float = Field(600.0, ge=0, description="How long an identical post is rejected")
    youtube_audited: bool = Field(True, description="Whether the project's uploads may be public")
    youtube_inserts_per_day: int = Field(100, ge=0, description="Uploads of the project in a Pacific day")
    youtube_units_per_day: int = Field(10_000, ge=0, description="Quota units of other calls in a Pacific day")
    youtube_uploads_per_day: int = Field(50, ge=0, description="Videos of a channel in 24 hours")
    youtube_processing_seconds: float = Field(1.0, ge=0, description="From the last byte to processed")
    youtube_lag_days: float = Field(2.0, ge=0, description="From the end of a Pacific day to its rows in Analytics")
    youtube_correction_days: float = Field(2.0, ge=0, description="How long these rows are too low after that")
    youtube_demographics_views: int = Field(50, ge=0, description="Views that a report on age and gender requires")
    spam_removal: bool = Field(False, description="Whether views and likes of robots are removed, so that totals fall")
    heygen_wallet_usd: float = Field(100.0, ge=0, description="Balance before the first video")
    heygen_honors_idempotency: bool = Field(False, description="Whether a repeated Idempotency-Key makes no new video")
    heygen_failure_code: str | None = Field(None, description="Code with which new videos fail")
    heygen_watermarks_failures: bool = Field(
        False, description="Whether these complete, with a watermark, all the same"
    )
    heygen_url_lag_seconds: float = Field(0.0, ge=0, description="From `completed` to the video's URL")
    heygen_webhooks: Literal["good", "bad_signature", "old_timestamp", "doubled", "swapped", "none"] = Field(
        "good", description="How webhooks are delivered; `swapped`: the newest event first"
    )


def read_settings(store: Store) -> Settings:
    return Settings.model_validate(store.get("settings", "") or {})


def update_settings(store: Store, changes: dict[str, object]) -> Settings:
    """Change some fields; returns all settings. Raises pydantic's ValidationError."""
    with store.transaction():
        changed = Settings.model_validate({**read_settings(store).model_dump(), **changes})
        store.put("settings", "", changed.model_dump())
        return changed
