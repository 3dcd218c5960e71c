"""Dagster assets and their checks."""

import warnings

import dagster as dg

# Parameters of the pinned release that are beta or a preview there, such as policies of back-fills and checks of
# partitions: every command and every worker printed so at its start. What to check at an upgrade is in
# docs/dagster-insides.md.
for category in (dg.BetaWarning, dg.PreviewWarning):
    warnings.filterwarnings("ignore", category=category)
