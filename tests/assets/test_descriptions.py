"""What Dagster's pages say of every asset: its description, owner, source, columns, and the version of its code."""

import dagster as dg
import pytest

from content_pipeline.assets.code_versions import version_of
from content_pipeline.definitions import definitions

GRAPH = definitions.resolve_asset_graph()
NAMES = {key.to_user_string(): GRAPH.get(key) for key in GRAPH.get_all_asset_keys()}
MADE_OF_CODE = (
    "transcript", "captions", "burned_in_video", "narration", "reel_video", "avatar_submission", "avatar_video",
    "publication_upload", "publication",
)  # fmt: skip
TABLES = {
    "content_calendar": "scheduled_at",
    "metric_snapshots/tiktok": "metric_snapshots.taken_at",
    "stated_figures": "source",
    "daily_metrics": "daily_post_metrics.views",
    "metrics_dataset": "daily_posts.hook",
    "analytics_export": "by_post.views",
}


def test_every_asset_says_what_it_is_and_who_looks_after_it() -> None:
    assert [name for name, node in NAMES.items() if not node.description or not node.owners] == []


def test_every_asset_that_a_run_makes_leads_to_its_source() -> None:
    unlinked = [
        name
        for name, node in NAMES.items()
        if node.is_materializable and "dagster/code_references" not in node.metadata
    ]
    assert unlinked == []


@pytest.mark.parametrize("name", MADE_OF_CODE)
def test_what_renders_or_posts_has_the_version_of_its_code(name: str) -> None:
    assert NAMES[name].code_version


@pytest.mark.parametrize("name", TABLES)
def test_tables_have_their_columns(name: str) -> None:
    schema = NAMES[name].metadata["dagster/column_schema"]
    assert isinstance(schema, dg.TableSchema)
    assert TABLES[name] in {column.name for column in schema.columns}


def test_a_code_version_is_that_of_its_files() -> None:
    assert version_of("core/media") == version_of("core/media")
    assert version_of("core/media") != version_of("core/media", "core/reels/narrations.py")
    with pytest.raises(FileNotFoundError):
        version_of("core/nowhere")
