"""Links in metadata: to partitions by their keys, and with clients' words that stay words."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import dagster as dg
import pytest
from sqlalchemy.exc import OperationalError

from content_pipeline.assets import links
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.tasks import tasks
from content_pipeline.core.tasks.kinds import BURN_IN, CAPTION
from tests.factories import make_account, make_publication, make_upload


def test_a_title_is_shown_as_it_is_written_and_opens_nothing_else() -> None:
    title = "![x](https://evil.example.com) <img src=x>\n" + "]" * 300
    shown = links.to_row("twins", 1, title).value
    label, _, address = shown.rpartition("](")
    assert address == "/records/twins/1)"
    assert label.startswith(r"[\!\[x\]\(https://evil\.example\.com\) \<img src=x\> \]")
    assert label.endswith(r"\]"), "a cut in front of the closing bracket would take it for a word"


def test_partitions_of_assets_are_linked_to_by_their_keys() -> None:
    assert links.to_partition("daily_metrics", "2026-11-29").value == (
        r"[2026\-11\-29](/assets/daily_metrics?partition=2026-11-29)"
    )


@pytest.mark.slow
def test_captions_whose_task_went_on_with_their_burn_in_are_found_by_their_own_key_until_that_is_retired(
    database: None, workspace_id: UUID
) -> None:
    caption, burned = uuid4(), uuid4()
    with transaction() as session:
        task = tasks.create(session, workspace_id=workspace_id, kind=CAPTION.name, key=str(caption), lane="media")
        before = task.partition_key
        task.subject_kind, task.subject_key = BURN_IN.name, str(burned)
        task.partition_key = tasks.new_partition_key(session, workspace_id, str(burned))
    with dg.DagsterInstance.ephemeral() as instance, transaction() as session:
        instance.add_dynamic_partitions("captions", [before])
        shown = links.to_source(session, instance, CAPTION, caption)
        assert shown == {"captions": links.to_partition("captions", before)}
        instance.delete_dynamic_partition("captions", before)
        shown = links.to_source(session, instance, CAPTION, caption)
        assert shown == {"captions": links.to_row("captions", caption, str(caption))}


def test_a_video_leads_to_its_newest_post_by_platform_and_time(database: None, workspace_id: UUID) -> None:
    with transaction() as session:
        upload = make_upload(session, workspace_id)
        account = make_account(session, workspace_id)
        assert links.to_post(session, upload_id=upload.id) == {}
        moments = [datetime(2026, 11, day, 9, 30, tzinfo=UTC) for day in (1, 3, 2)]
        posts = [make_publication(session, account.id, upload_id=upload.id, created_at=at) for at in moments]
        shown = links.to_post(session, upload_id=upload.id)["publication"].value
    assert shown == rf"[instagram 2026\-11\-03 09:30](/records/publications/{posts[1].id})"


def test_the_words_of_a_video_are_cut_to_what_is_read_of_them() -> None:
    assert links.words("Hello.").value == "Hello."
    shown = links.words("Hello. " * 10_000).value
    assert (len(shown), shown[-1]) == (1001, "…")


def test_a_database_that_restarts_leaves_the_links_out() -> None:
    @links.or_no_links
    def read() -> dict[str, links.Link]:
        raise OperationalError("select 1", {}, Exception())

    assert read() == {}
