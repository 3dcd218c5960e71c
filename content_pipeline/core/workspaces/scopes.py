"""Scopes of API keys: what a key may do. None includes another one."""

from collections.abc import Collection
from enum import StrEnum
from typing import Final


class Scope(StrEnum):
    """`READ`: look at what the workspace has. `CREATE`: make and change content.

    `PUBLISH`: what is posted, or will be: posts and the calendar. `ADMIN`: keys, the audit log, webhooks, and which
    accounts are connected.
    """

    READ = "read"
    CREATE = "create"
    PUBLISH = "publish"
    ADMIN = "admin"


ALL: Final = frozenset(Scope)


def ordered(scopes: Collection[Scope]) -> list[Scope]:
    """Scopes in the order in which they are declared."""
    return [scope for scope in Scope if scope in scopes]
