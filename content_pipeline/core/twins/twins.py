"""Twins: personas with a voice, a style and defaults per platform."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.net import safe_fetch
from content_pipeline.core.infrastructure.pagination import newest_first
from content_pipeline.core.media.glossary import GlossaryEntry
from content_pipeline.core.models import Caption, Twin
from content_pipeline.core.platforms.accounts import accounts
from content_pipeline.core.platforms.options import PostOptions
from content_pipeline.core.platforms.registry import PLATFORMS
from content_pipeline.core.settings import settings
from content_pipeline.core.speech import voice_selection
from content_pipeline.core.workspaces.ownership import owned


def create(session: Session, workspace_id: UUID, fields: Mapping[str, Any]) -> Twin:
    """Create a twin from the fields that a client sets.

    Raises Invalid for an unknown voice, a pronunciation that no voice can say, and a picture or cover that may not be
    fetched, NotFound for unknown captions, and what `accounts.choose` does for accounts that cannot be posted to.
    """
    unset: dict[str, Any] = {"platform_defaults": {}, "accounts": {}, "glossary": ()}
    twin = Twin(id=uuid4(), workspace_id=workspace_id, created_at=now(), **(unset | dict(fields)))
    _check(session, twin, fields)
    session.add(twin)
    session.flush()
    return twin


def get(session: Session, workspace_id: UUID, twin_id: UUID, *, lock: bool = False, even_deleted: bool = False) -> Twin:
    """Raises NotFound. A locked twin is not edited or deleted before the transaction ends."""
    return owned(session, Twin, workspace_id, twin_id, lock="share" if lock else None, even_deleted=even_deleted)


def list_page(
    session: Session, workspace_id: UUID, *, limit: int, cursor: str | None = None
) -> tuple[list[Twin], str | None]:
    """A page of the twins, newest first, each without its glossary until that is asked for: it has up to 90 kB."""
    query = select(Twin).where(Twin.workspace_id == workspace_id, Twin.deleted_at.is_(None))
    return newest_first(session, query.options(defer(Twin.glossary)), Twin, limit=limit, cursor=cursor)


def edit(session: Session, twin: Twin, changes: Mapping[str, Any]) -> None:
    """Change fields; finished content stays unchanged. Raises as `create` does."""
    for name, value in changes.items():
        setattr(twin, name, value)
    _check(session, twin, changes)


def delete(twin: Twin) -> None:
    """Soft-delete the twin; its content stays."""
    twin.deleted_at = now()


def post_defaults(twin: Twin, platform: str) -> PostOptions:
    """The default options of the twin's posts on a platform."""
    return PLATFORMS[platform].options.model_validate(twin.platform_defaults.get(platform, {}))


def _check(session: Session, twin: Twin, changes: Mapping[str, Any]) -> None:
    voice_selection.check_voice_id(twin.voice_id)
    _check_pronunciations(changes.get("glossary", ()))
    # Checked only when set: a twin whose account was disconnected later can still be renamed.
    accounts.check_defaults(session, twin.workspace_id, changes.get("accounts", {}))
    defaults = [post_defaults(twin, platform) for platform in changes.get("platform_defaults", {})]
    for url in filter(None, [twin.picture_url, *(options.cover for options in defaults)]):
        safe_fetch.check_url(url)
    for caption_id in filter(None, (options.subtitles for options in defaults)):
        owned(session, Caption, twin.workspace_id, caption_id, lock="share")  # against their deletion


def _check_pronunciations(entries: Sequence[GlossaryEntry]) -> None:
    """Raises Invalid `character_unspoken`. HeyGen's voices speak nearly all languages, and are not asked."""
    unusual = [entry.pronunciation for entry in entries if entry.pronunciation and not entry.pronunciation.isascii()]
    if not unusual or settings().avatar_provider == "heygen":
        return
    installed = voice_selection.installed_voices()
    for pronunciation in unusual:
        voice_selection.check_pronunciation(pronunciation, installed)
