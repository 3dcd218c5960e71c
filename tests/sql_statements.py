"""The SQL statements that a function executes."""

from collections.abc import Callable

from sqlalchemy import Engine, event


def statements(act: Callable[[], object]) -> list[str]:
    """The statements that `act` executes, on any connection."""
    heard: list[str] = []

    def hear(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        heard.append(statement)

    event.listen(Engine, "before_cursor_execute", hear)
    try:
        act()
    finally:
        event.remove(Engine, "before_cursor_execute", hear)
    return heard
