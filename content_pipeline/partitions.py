"""The sets of partition keys. A key is the id of a row; the set's name is its job's (core/tasks/dagster_client.py)."""

import dagster as dg

captions = dg.DynamicPartitionsDefinition(name="captions")
burn_ins = dg.DynamicPartitionsDefinition(name="burn_ins")
reels = dg.DynamicPartitionsDefinition(name="reels")
publications = dg.DynamicPartitionsDefinition(name="publications")

SETS = {definition.name: definition for definition in (captions, burn_ins, reels, publications)}
