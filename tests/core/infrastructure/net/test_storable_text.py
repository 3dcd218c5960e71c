"""Cleaning of text of other servers, tried on PostgreSQL."""

import pytest
from sqlalchemy import cast, literal, select
from sqlalchemy.dialects.postgresql import JSONB

from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.infrastructure.net.storable_text import storable


@pytest.mark.parametrize(
    ("said", "stored"),
    [
        ("Bread \0and butter", "Bread and butter"),
        ("Bread \ud83c", "Bread ?"),
        ("\udf5e\ud83c", "??"),
        ("Brot 🥖\x01", "Brot 🥖\x01"),
    ],
)
def test_what_is_left_of_a_text_can_be_stored(database: None, said: str, stored: str) -> None:
    with transaction() as session:
        columns = session.execute(select(literal(storable(said)), cast({"said": storable(said)}, JSONB))).one()
    assert tuple(columns) == (stored, {"said": stored})
