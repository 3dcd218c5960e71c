"""Dagster assets and their checks."""

import warnings

import dagster as dg

# Parameters of the pinned release that are beta there, such as policies of back-fills: every command and every worker
# printed so at its start. What to check at an upgrade is in docs/dagster-private-imports.md.
warnings.filterwarnings("ignore", category=dg.BetaWarning)
