"""PostgreSQL notifications: LISTEN on one asynchronous connection, which is opened again when it is lost."""

import asyncio
from collections.abc import Callable
from typing import Final

import psycopg
import structlog
from psycopg.sql import SQL, Identifier

from content_pipeline.core.infrastructure.database import connect_arguments

log = structlog.get_logger()

FIRST_PAUSE: Final = 0.1
MAX_PAUSE: Final = 5.0


async def listen(channel: str, on_listening: Callable[[], None], on_notification: Callable[[str], None]) -> None:
    """Call `on_notification` with the payload of each notification, until canceled.

    Notifications are lost while there is no connection, so `on_listening`, called after each LISTEN, has to look for
    what changed in the meantime.
    """
    pause = FIRST_PAUSE
    while True:
        try:
            async with await psycopg.AsyncConnection.connect(**connect_arguments(), autocommit=True) as connection:
                await connection.execute(SQL("listen {}").format(Identifier(channel)))
                pause = FIRST_PAUSE
                on_listening()
                async for notification in connection.notifies():
                    on_notification(notification.payload)
        except psycopg.Error as error:
            log.warning("notifications_interrupted", reason=type(error).__name__)
        await asyncio.sleep(pause)
        pause = min(pause * 2, MAX_PAUSE)
