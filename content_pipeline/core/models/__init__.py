"""SQLAlchemy models, one file per domain, without logic. Importing this package registers all tables."""

from content_pipeline.core.models.accounts import Account, ConnectState, RedirectUri
from content_pipeline.core.models.alerts import FailureCount
from content_pipeline.core.models.analysts import Analyst
from content_pipeline.core.models.analytics import (
    AccountSync,
    AnalyticsExport,
    AudienceShare,
    DailyMetric,
    DailyPostMetric,
    MetricSnapshot,
    PendingDerivation,
    ReportedDay,
    SocialPost,
)
from content_pipeline.core.models.audit import AuditEvent
from content_pipeline.core.models.avatars import AvatarVideo
from content_pipeline.core.models.calendar import CalendarItem
from content_pipeline.core.models.captions import BurnIn, Caption
from content_pipeline.core.models.credits import CreditEntry
from content_pipeline.core.models.made_video import MadeVideo
from content_pipeline.core.models.memory import Memory
from content_pipeline.core.models.monitoring import EndedTaskCount, Measurement
from content_pipeline.core.models.providers import ProviderBalance
from content_pipeline.core.models.publications import Publication
from content_pipeline.core.models.reels import Batch, Reel
from content_pipeline.core.models.requests import IdempotencyKey, RateLimit, ReceivedEvent
from content_pipeline.core.models.tasks import Execution, Task
from content_pipeline.core.models.twins import Twin
from content_pipeline.core.models.uploads import MultipartUpload, Upload
from content_pipeline.core.models.webhooks import WebhookDelivery, WebhookEndpoint, WebhookEvent
from content_pipeline.core.models.workspace_exports import WorkspaceExport
from content_pipeline.core.models.workspaces import ApiKey, Plan, Workspace

__all__ = [
    "Account",
    "AccountSync",
    "Analyst",
    "AnalyticsExport",
    "ApiKey",
    "AudienceShare",
    "AuditEvent",
    "AvatarVideo",
    "Batch",
    "BurnIn",
    "CalendarItem",
    "Caption",
    "ConnectState",
    "CreditEntry",
    "DailyMetric",
    "DailyPostMetric",
    "EndedTaskCount",
    "Execution",
    "FailureCount",
    "IdempotencyKey",
    "MadeVideo",
    "Measurement",
    "Memory",
    "MetricSnapshot",
    "MultipartUpload",
    "PendingDerivation",
    "Plan",
    "ProviderBalance",
    "Publication",
    "RateLimit",
    "ReceivedEvent",
    "RedirectUri",
    "Reel",
    "ReportedDay",
    "SocialPost",
    "Task",
    "Twin",
    "Upload",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookEvent",
    "Workspace",
    "WorkspaceExport",
]
