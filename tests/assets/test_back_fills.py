"""Back-fills from an asset's page: Dagster launches none whose partitions depend on others that do not exist."""

import dagster as dg
import pytest
from dagster._core.asset_graph_view.asset_graph_view import AssetGraphView
from dagster._core.definitions.events import AssetKeyPartitionKey

from content_pipeline.definitions import definitions

GRAPH = definitions.resolve_asset_graph()
PARTITIONED = sorted(key for key in GRAPH.get_all_asset_keys() if GRAPH.get(key).partitions_def)


@pytest.mark.slow
@pytest.mark.parametrize("asset", PARTITIONED, ids=lambda key: key.to_user_string())
def test_each_partitioned_asset_can_be_back_filled_by_itself(asset: dg.AssetKey) -> None:
    node = GRAPH.get(asset)
    keys = node.partitions_def
    instance = dg.DagsterInstance.ephemeral()
    if isinstance(keys, dg.DynamicPartitionsDefinition):
        instance.add_dynamic_partitions(keys.name, ["2026-11-26-studio-1"])
    key = keys.get_partition_keys(dynamic_partitions_store=instance)[-1]
    view = AssetGraphView.for_test(definitions, instance)
    asked = view.get_asset_subset_from_asset_partitions(asset, {AssetKeyPartitionKey(asset, key)})
    missing = [
        parent.to_user_string()
        for parent in node.parent_keys
        if not view.compute_parent_subset_and_required_but_nonexistent_subset(parent, asked)[1].is_empty
    ]
    assert missing == []
