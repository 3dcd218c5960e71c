"""OAuth flow: the person confirms the account before it is connected."""

from uuid import UUID

import httpx
import pytest
from sqlalchemy import func, select

from content_pipeline.core.errors import Invalid
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Account, ConnectState
from content_pipeline.core.platforms.accounts import oauth_flow
from content_pipeline.core.platforms.registry import PLATFORMS
from content_pipeline.core.settings import settings
from tests.accounts import REDIRECT, begin, come_back
from tests.sandbox_server import Sandbox


def asked(platforms: Sandbox, workspace_id: UUID, platform: str = "instagram") -> oauth_flow.Question:
    """What a person who comes back from the platform is asked."""
    question = come_back(platform, platforms.decide(begin(workspace_id, platform, "tab-1")))
    assert isinstance(question, oauth_flow.Question)
    return question


def account_count(workspace_id: UUID) -> int:
    with transaction() as session:
        return session.scalars(select(func.count()).where(Account.workspace_id == workspace_id)).one()


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_person_is_asked_before_anything_is_stored(platforms: Sandbox, workspace_id: UUID, platform: str) -> None:
    question = asked(platforms, workspace_id, platform)
    assert question.handle == ("Mara Bakes" if platform == "linkedin" else "@mara.bakes")
    assert (question.platform, question.application) == (PLATFORMS[platform].label, "app.example.com")
    assert account_count(workspace_id) == 0
    with transaction() as session:
        (pending,) = session.scalars(select(ConnectState).where(ConnectState.workspace_id == workspace_id))
        assert (pending.verifier, pending.client_state) == (b"", "tab-1")
        assert question.token.partition(".")[0].encode() not in pending.sha256


def test_without_an_application_none_is_named(platforms: Sandbox, workspace_id: UUID) -> None:
    with transaction() as session:
        url = oauth_flow.begin(session, workspace_id, "instagram", None).authorize_url
    question = come_back("instagram", platforms.decide(url))
    assert isinstance(question, oauth_flow.Question)
    assert question.application is None


def test_a_refusal_connects_nothing_and_is_final(platforms: Sandbox, workspace_id: UUID) -> None:
    question = asked(platforms, workspace_id)
    params = httpx.URL(oauth_flow.answer("instagram", token=question.token, accept=False)).params
    assert (params["error"], params["state"]) == ("access_denied", "tab-1")
    with pytest.raises(Invalid) as caught:
        oauth_flow.answer("instagram", token=question.token, accept=True)
    assert caught.value.code == "state_invalid"
    assert account_count(workspace_id) == 0


def test_an_acceptance_counts_once(platforms: Sandbox, workspace_id: UUID) -> None:
    question = asked(platforms, workspace_id)
    assert "account_id" in oauth_flow.answer("instagram", token=question.token, accept=True)
    with pytest.raises(Invalid):
        oauth_flow.answer("instagram", token=question.token, accept=True)
    assert account_count(workspace_id) == 1


def test_no_answer_within_ten_minutes_is_a_refusal(platforms: Sandbox, workspace_id: UUID) -> None:
    question = asked(platforms, workspace_id)
    platforms.advance(oauth_flow.STATE_LIFETIME.total_seconds() + 1)
    with pytest.raises(Invalid) as caught:
        oauth_flow.answer("instagram", token=question.token, accept=True)
    assert caught.value.code == "state_invalid"
    assert account_count(workspace_id) == 0


def test_an_answer_is_for_its_own_question(platforms: Sandbox, workspace_id: UUID) -> None:
    """Not for another platform, nor with what was sealed for another question, nor as a state."""
    mine, other = asked(platforms, workspace_id), asked(platforms, workspace_id)
    key, _, _ = mine.token.partition(".")
    with pytest.raises(Invalid):
        oauth_flow.answer("tiktok", token=mine.token, accept=True)
    with pytest.raises(Invalid):
        oauth_flow.finish("instagram", state=key, code="code", error=None)
    mixed = f"{key}.{other.token.partition('.')[2]}"
    assert "account_id" not in oauth_flow.answer("instagram", token=mixed, accept=True)
    assert account_count(workspace_id) == 0


@pytest.mark.parametrize("sealed", ["", ".", "AAAA", "x", "ä"])
def test_an_altered_form_connects_nothing(platforms: Sandbox, workspace_id: UUID, sealed: str) -> None:
    key = asked(platforms, workspace_id).token.partition(".")[0]
    assert "error" in httpx.URL(oauth_flow.answer("instagram", token=f"{key}.{sealed}", accept=True)).params
    assert account_count(workspace_id) == 0


def test_a_state_is_no_answer(platforms: Sandbox, workspace_id: UUID) -> None:
    state = httpx.URL(begin(workspace_id, "instagram")).params["state"]
    with pytest.raises(Invalid):
        oauth_flow.answer("instagram", token=state, accept=True)


def test_an_application_that_asks_by_itself_gets_the_account_at_once(
    platforms: Sandbox, workspace_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "confirming_redirect_uris", [REDIRECT])
    sent_to = come_back("instagram", platforms.decide(begin(workspace_id, "instagram")))
    assert isinstance(sent_to, str)
    assert "account_id" in httpx.URL(sent_to).params
