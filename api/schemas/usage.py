"""Schemas of usage."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from content_pipeline.core.tasks.usage import Usage


class CreditsView(BaseModel):
    """Totals since the workspace was created: `available` is `granted` less `held` less `charged`."""

    model_config = ConfigDict(from_attributes=True)

    granted: int = Field(ge=0, examples=[1_000_000], description="By the plan, month by month, and by the operator")
    held: int = Field(ge=0, examples=[150], description="For renders that are not finished")
    charged: int = Field(ge=0, examples=[120], description="For finished renders")
    available: int = Field(examples=[999_730], description="Below 0 when a render came out longer than was held for it")


class LimitsView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    requests_per_minute: int = Field(examples=[1200], description="Per API key")
    upload_bytes: int = Field(examples=[2_000_000_000], description="Size of an upload")
    media_seconds: int = Field(examples=[14_400], description="Duration of a recording")
    rows_per_batch: int = Field(examples=[100], description="Rows of a CSV")
    export_rows: int = Field(examples=[5_000_000], description="Rows of an export of figures")
    workspace_export_days: int = Field(examples=[7], description="Days for which an export of the workspace is kept")
    open_items: int = Field(examples=[10_000], description="Items of the calendar that are not published yet")
    accounts: int = Field(examples=[100], description="Connected accounts")
    credits: int = Field(examples=[1_000_000], description="Granted every calendar month")
    interactive_runs: int = Field(examples=[4], description="Short captions and burn-ins at the same time")
    concurrent_runs: int = Field(examples=[1000], description="Renders at the same time")
    upload_storage_bytes: int = Field(examples=[100_000_000_000], description="Size of all uploads together")
    upload_days: int = Field(examples=[365], description="Days for which an upload is kept")
    api_keys: int = Field(examples=[50], description="API keys that are valid")
    audit_days: int = Field(examples=[365], description="Days that audit events are kept")


class PeriodView(BaseModel):
    start: datetime = Field(examples=["2026-04-01T00:00:00Z"])
    end: datetime = Field(examples=["2026-05-01T00:00:00Z"], description="Exclusive")
    credits_charged: int = Field(ge=0, examples=[120])
    tasks: dict[str, int] = Field(examples=[{"caption": 12, "reel": 50}], description="Tasks created, by kind")


class UsageView(BaseModel):
    plan: str = Field(examples=["studio"])
    credits: CreditsView
    limits: LimitsView
    period: PeriodView = Field(description="The present calendar month in UTC")

    @classmethod
    def of(cls, usage: Usage) -> "UsageView":
        return cls(
            plan=usage.plan.name,
            credits=CreditsView.model_validate(usage.balance),
            limits=LimitsView.model_validate(usage.plan),
            period=PeriodView(start=usage.start, end=usage.end, credits_charged=usage.charged, tasks=dict(usage.tasks)),
        )
