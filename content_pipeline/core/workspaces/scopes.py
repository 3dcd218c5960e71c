"""Scopes of API keys: what a key may do. None includes another one."""

from collections.abc import Collection
from enum import StrEnum
from typing import Final


class Scope(StrEnum):
    """`READ`: look at what the workspace has. `CREATE`: make and change content.

    `PUBLISH`: what is posted, will be, or is taken back: posts and the calendar. `ADMIN`: keys, the audit log,
    webhooks, which accounts are connected, and the export of the workspace.
    """

    READ = "read"
    CREATE = "create"
    PUBLISH = "publish"
    ADMIN = "admin"


ALL: Final = frozenset(Scope)


def ordered(scopes: Collection[Scope]) -> list[Scope]:
    """Scopes in the order in which they are declared."""
    return [scope for scope in Scope if scope in scopes]
