"""Commands that work on the database."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select, update

from content_pipeline.cli.main import cli
from content_pipeline.core.errors import Invalid, NotFound, Unauthorized
from content_pipeline.core.infrastructure import encryption
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Account, CreditEntry, Publication, RedirectUri
from content_pipeline.core.platforms.accounts import accounts
from content_pipeline.core.settings import settings
from content_pipeline.core.workspaces import workspaces
from content_pipeline.core.workspaces.scopes import Scope
from tests.accounts import connect, encryption_key, read_account
from tests.sandbox_server import Sandbox


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


def test_a_key_is_created_with_redirect_uris(database: None) -> None:
    uris = ["https://app.example.com/one", "https://app.example.com/two"]
    done = run("keys", "create", "--workspace", str(uuid4()), *(f"--redirect-uri={uri}" for uri in uris))
    assert done.exit_code == 0, done.output
    with transaction() as session:
        owner = workspaces.authenticate(session, done.output.strip()).workspace_id
        assert set(session.scalars(select(RedirectUri.uri).where(RedirectUri.workspace_id == owner))) == set(uris)


def test_a_redirect_uri_without_a_host_is_refused(database: None) -> None:
    done = run("keys", "create", "--workspace", str(uuid4()), "--redirect-uri", "callback")
    assert isinstance(done.exception, Invalid)
    assert done.exception.code == "redirect_uri_invalid"


def test_keys_are_listed_and_revoked_by_their_ids(database: None) -> None:
    workspace = str(uuid4())
    old, new = (run("keys", "create", "--workspace", workspace).output.strip() for _ in range(2))
    newest, _, oldest, _ = run("keys", "list", "--workspace", workspace).output.splitlines()
    assert (newest.split()[1], oldest.split()[1]) == (f"…{new[-4:]}", f"…{old[-4:]}")
    done = run("keys", "revoke", oldest.split()[0])
    assert done.exit_code == 0, done.output
    _, times_of_newest, _, times_of_oldest = run("keys", "list", "--workspace", workspace).output.splitlines()
    assert ["revoked" in times for times in (times_of_newest, times_of_oldest)] == [False, True]
    with transaction() as session:
        workspaces.authenticate(session, new)
        with pytest.raises(Unauthorized):
            workspaces.authenticate(session, old)


def test_a_key_is_created_with_a_name_scopes_and_an_expiry(database: None) -> None:
    workspace = str(uuid4())
    options = ("--name", "Bot", "--scopes", "publish, read", "--expires", "90d")
    key = run("keys", "create", "--workspace", workspace, *options).output.strip()
    with transaction() as session:
        caller = workspaces.authenticate(session, key)
    assert (caller.key_name, caller.scopes) == ("Bot", {Scope.READ, Scope.PUBLISH})
    assert caller.expires_at
    assert timedelta(days=89) < caller.expires_at - now() <= timedelta(days=90)
    shown, times = run("keys", "list", "--workspace", workspace).output.splitlines()
    assert shown.endswith("Bot  read,publish")
    assert "expires" in times


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("--scopes", "read,write", "There are read, create, publish, admin."),
        ("--expires", "soon", "such as 90d"),
        ("--expires", "2099-01-31T12:00", "such as 90d"),
    ],
)
def test_scopes_and_expiries_that_do_not_exist_are_told_with_those_that_do(
    database: None, option: str, value: str, told: str
) -> None:
    done = run("keys", "create", "--workspace", str(uuid4()), option, value)
    assert done.exit_code == 2
    assert told in " ".join(done.output.split())


def test_listing_the_keys_of_an_unknown_workspace_fails(database: None) -> None:
    assert isinstance(run("keys", "list", "--workspace", str(uuid4())).exception, NotFound)


def test_granted_credits_are_in_the_usage_of_the_workspace(database: None) -> None:
    workspace = str(uuid4())
    run("keys", "create", "--workspace", workspace, "--plan", "starter")
    done = run("workspaces", "grant", workspace, "2500", "--note", "invoice 7")
    assert (done.exit_code, done.output) == (0, "Granted 2,500 credits; 3,500 are available.\n")
    with transaction() as session:
        assert session.scalars(select(CreditEntry.amount).where(CreditEntry.note == "invoice 7")).all() == [2500]
    shown = dict(line.split(maxsplit=1) for line in run("workspaces", "usage", workspace).output.splitlines())
    assert shown["plan"] == "starter, 1,000 credits a month"
    assert (shown["granted"], shown["held"], shown["available"]) == ("3,500", "0", "3,500")
    assert shown["charged"] == f"0, of them 0 in {now():%B %Y}"
    assert shown["tasks"] == "none"


def test_only_a_positive_amount_can_be_granted(database: None) -> None:
    assert run("workspaces", "grant", "anybody", "0").exit_code == 2


@pytest.mark.parametrize("command", [("grant", "nobody", "10"), ("usage", "nobody")])
def test_an_unknown_workspace_has_no_credits(database: None, command: tuple[str, ...]) -> None:
    refused = run("workspaces", *command).exception
    assert isinstance(refused, NotFound)
    assert refused.code == "workspace_not_found"


@pytest.mark.slow
def test_all_tokens_are_re_encrypted(platforms: Sandbox, workspace_id: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    with transaction() as session:
        session.execute(
            update(Account).values(access_token=None, refresh_token=None)
        )  # encrypted with other tests' keys
        session.execute(update(Publication).values(prepared=None))
    account = connect(platforms, workspace_id, "youtube")
    before = accounts.decrypt_tokens(account)
    monkeypatch.setattr(settings(), "encryption_keys", [encryption_key(2), encryption_key(1)])
    done = run("reencrypt")
    assert (done.exit_code, done.output) == (0, "Rows re-encrypted: 1.\n")
    found = read_account(account.id)
    assert found.access_token
    assert encryption.is_current(found.access_token)
    assert accounts.decrypt_tokens(found) == before
    assert run("reencrypt").output == "Rows re-encrypted: 0.\n"
    monkeypatch.setattr(settings(), "encryption_keys", [encryption_key(3)])
    failed = run("reencrypt")
    assert failed.exit_code == 1
    assert "Rows that could not be decrypted: 1." in failed.stderr
    assert f"accounts {account.id}: The key that this was encrypted with is not configured." in failed.stderr
